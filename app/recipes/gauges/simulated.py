"""The pressure gauge of the simulated cover, taught as a person would teach it: by one picture."""

from dataclasses import replace
from math import cos, sin
from typing import Final

from inspection.cameras.simulated import DIAL_NAME
from inspection.gauges.dial.teaching import taught
from inspection.instruments.dial import DialDescription, Needle
from inspection.instruments.place import Mark
from inspection.recipe import GaugeSpec
from inspection.simulation import Variation, cover, draw_part, render
from inspection.simulation.cover import DIAL_CENTER, DIAL_RADIUS
from inspection.simulation.dial import needle_angle
from inspection.simulation.spec import DIAL_MAX_BAR, Pose

_RING: Final = 0.81
"""Of the bezel's radius: where the scale's lines end."""
_LIMITS_BAR: Final = (3.0, 5.0)
_AS_TAUGHT: Final = Pose(dx=0.0, dy=0.0, angle=0.0)


def pressure_gauge(*, seed: int, part_id: int) -> GaugeSpec:
    """The gauge on the cover, 3 to 5 bar, taught by a good part that lies as it should.

    Args:
        seed: The world of parts.
        part_id: Which part of it teaches; best one that the line does not show.
    """
    variation = Variation(defect_rate=0.0)
    spec = draw_part(seed=seed, part_id=part_id, variation=variation, places=cover(variation.label).places)
    x, y = DIAL_CENTER
    angles = [(float(bar), needle_angle(bar)) for bar in range(0, round(DIAL_MAX_BAR) + 1, 2)]
    reach = _RING * DIAL_RADIUS
    dial = DialDescription(
        center=DIAL_CENTER,
        marks=tuple(Mark(x=x + reach * cos(a), y=y + reach * sin(a), value=bar) for bar, a in angles),
        direction="cw",
        unit="bar",
        needle=Needle(color="black"),
    )
    known = taught(render(replace(spec, pose=_AS_TAUGHT)).picture, dial)
    assert known.reference is not None
    low, high = _LIMITS_BAR
    return GaugeSpec(
        name=DIAL_NAME, region=known.reference.box, unit=known.unit, low=low, high=high, reads=known
    )
