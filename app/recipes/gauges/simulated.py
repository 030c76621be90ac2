"""What is read of the simulated cover: its pressure gauge, taught as a person would teach it, and a label."""

from dataclasses import replace
from math import cos, sin
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from inspection.cameras.simulated import DIAL_NAME
from inspection.files.atomic import atomic_write
from inspection.gauges.dial.teaching import taught
from inspection.instruments.code import CodeDescription
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
LABEL: Final = "label"
"""Name of the simulated label, of its view and of the camera that takes it."""
_LABELS: Final = 50
_MODULE_PX: Final = 6
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


def label_gauge(folder: Path) -> GaugeSpec:
    """A code that tells each part's serial, in a view of its own; its pictures are written into ``folder``.

    Args:
        folder: A new one, for a folder camera that begins anew after the last label.
    """
    folder.mkdir()
    side = 0
    for number in range(_LABELS):
        code = cv2.QRCodeEncoder.create().encode(f"SN{number:04d}")
        label = np.pad(np.kron(code, np.ones((_MODULE_PX, _MODULE_PX), np.uint8)), 40, constant_values=255)
        with atomic_write(folder / f"{number:04d}.png") as unfinished:
            unfinished.write_bytes(cv2.imencode(".png", label)[1].tobytes())
        side = len(label)
    reads = CodeDescription(formats=("QRCode",), field="serial", pattern="SN[0-9]{4}")
    return GaugeSpec(name=LABEL, view=LABEL, region=(0, 0, side, side), reads=reads)
