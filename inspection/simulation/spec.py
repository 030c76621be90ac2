"""What one simulated part is: its defects, its dial, its light and its pose, drawn from a seed and a part id.

A spec holds numbers only; :func:`inspection.simulation.render` turns it into a picture. Part coordinates are
pixels of the nominal picture (640x480), before the part's small displacement under the camera.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from inspection.decision import Severity

WIDTH, HEIGHT = 640, 480
"""Size of a rendered picture in pixels."""

MM_PER_PIXEL = 0.2
"""Scale of a rendered picture in the part's plane."""

DIAL_MAX_BAR = 10.0
"""The dial goes from 0 to this."""


class DefectType(StrEnum):
    """What can be wrong with a simulated part."""

    SCRATCH = "scratch"
    DENT = "dent"
    STAIN = "stain"
    CRACK = "crack"


MIN_CONTRAST = 0.15
"""Faintest defect that is drawn: 15 % change of brightness at its peak, some four times the brushed grain.
Below that no inspector could tell it from the grain, so its truth would be a matter of opinion."""

_SIZE_MM = {
    DefectType.SCRATCH: (5.0, 26.0),
    DefectType.DENT: (3.0, 8.0),
    DefectType.STAIN: (4.0, 14.0),
    DefectType.CRACK: (5.0, 18.0),
}

_SEVERITY_FROM_MM = {
    DefectType.SCRATCH: (8.0, 18.0),
    DefectType.DENT: (4.0, 6.5),
    DefectType.STAIN: (8.0, float("inf")),
    DefectType.CRACK: (0.0, 8.0),
}


def severity_of(kind: DefectType, length_mm: float) -> Severity:
    """The simulated product's own rule: from how many mm a defect is major, and from how many critical.

    A crack is never minor; a stain is never critical.
    """
    major, critical = _SEVERITY_FROM_MM[kind]
    if length_mm >= critical:
        return Severity.CRITICAL
    return Severity.MAJOR if length_mm >= major else Severity.MINOR


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectSpec:
    """One defect to be drawn. The drawn mask, not ``size_mm``, is the truth about its extent."""

    type: DefectType
    center: tuple[float, float]
    """x, y in pixels of the picture that it is drawn into."""
    angle: float
    """Direction of its longest extent, radians, clockwise from the x axis."""
    size_mm: float
    """Longest extent aimed at."""
    contrast: float
    """Change of brightness at its peak relative to the surface around, before lens and noise; 0 to 1."""
    seed: int
    """Draws the details of its shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """How the part is lit."""

    level: float
    """1 is nominal."""
    gradient: tuple[float, float]
    """Relative change of the level from the centre to the right and to the lower edge."""
    direction: tuple[float, float]
    """Displacement of the lamp to the right and downwards, as a share of its height."""
    band_x: float
    """Where the bright band lies that brushed metal shows across its grain, pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """The part's displacement under the camera, about the picture's centre."""

    dx: float
    """Pixels to the right."""
    dy: float
    """Pixels downwards."""
    angle: float
    """Radians, clockwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartSpec:
    """One part under the camera, all of it."""

    defects: tuple[DefectSpec, ...]
    dial_bar: float
    """The dial's true reading, 0 to ``DIAL_MAX_BAR``."""
    light: Light
    pose: Pose
    motion_blur_px: float
    """Path of the part along the belt (x) during the exposure."""
    texture_seed: int
    """Draws the brushed grain and the sensor's noise."""
    label: str
    """The second line of the engraving; any script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """From what parts are drawn. A curriculum makes it harder step by step."""

    defect_rate: float = 0.1
    """Share of parts with defects: one in three quarters of them, two in the others."""
    contrast: tuple[float, float] = (MIN_CONTRAST, 0.6)
    """Least and greatest contrast of a defect; not below ``MIN_CONTRAST``."""
    size: tuple[float, float] = (0.0, 1.0)
    """Which stretch of each type's range of sizes is used; (0, 1) is all of it."""
    motion_blur_px: tuple[float, float] = (0.0, 1.0)
    light: float = 1.0
    """How much the light changes from part to part: 0 not at all, 1 as in a shaded station, 2 twice that."""
    dial_bar: tuple[float, float] = (3.2, 4.8)
    label: str = "泵盖 C-204"

    def __post_init__(self) -> None:
        if not 0.0 <= self.defect_rate <= 1.0:
            raise ValueError(f"defect_rate {self.defect_rate} is not within 0 to 1")
        if not MIN_CONTRAST <= self.contrast[0] <= self.contrast[1] <= 1.0:
            raise ValueError(f"contrast {self.contrast} does not rise within {MIN_CONTRAST} to 1")
        if not 0.0 <= self.light <= 4.0:
            raise ValueError(f"light {self.light} is not within 0 to 4")
        if not 0.0 <= self.dial_bar[0] <= self.dial_bar[1] <= DIAL_MAX_BAR:
            raise ValueError(f"dial_bar {self.dial_bar} does not rise within 0 to {DIAL_MAX_BAR}")


def draw_part(
    *,
    seed: int,
    part_id: int,
    variation: Variation,
    places: NDArray[np.float32],
) -> PartSpec:
    """Draw the part that ``seed`` and ``part_id`` stand for: the same whenever and wherever it is asked for.

    Args:
        seed: Which world; not negative.
        part_id: Which part; not negative.
        variation: From what it is drawn.
        places: Where a defect may lie: its centres, (n, 2) as x, y.
    """
    rng = np.random.default_rng([seed, part_id])
    gradient, direction, band = (share * variation.light for share in (0.08, 0.12, 0.15))
    light = Light(
        level=float(rng.uniform(1.0 - 0.12 * variation.light, 1.0 + 0.1 * variation.light)),
        gradient=(float(rng.uniform(-gradient, gradient)), float(rng.uniform(-gradient, gradient))),
        direction=(float(rng.uniform(-direction, direction)), float(rng.uniform(-direction, direction))),
        band_x=float(rng.uniform(0.45 - band, 0.45 + band) * WIDTH),
    )
    pose = Pose(
        dx=float(rng.uniform(-3, 3)), dy=float(rng.uniform(-3, 3)), angle=float(rng.uniform(-0.008, 0.008))
    )
    dial_bar = float(rng.uniform(*variation.dial_bar))
    motion_blur_px = float(rng.uniform(*variation.motion_blur_px))
    texture_seed = int(rng.integers(2**63))
    # Defects are drawn last: another defect rate changes neither light nor pose of a part.
    count = 0
    if rng.random() < variation.defect_rate:
        count = 1 if rng.random() < 0.75 else 2
    return PartSpec(
        defects=tuple(draw_defect_at(rng, variation, places) for _ in range(count)),
        dial_bar=dial_bar,
        light=light,
        pose=pose,
        motion_blur_px=motion_blur_px,
        texture_seed=texture_seed,
        label=variation.label,
    )


def draw_defect_at(
    rng: np.random.Generator,
    variation: Variation,
    places: NDArray[np.float32],
) -> DefectSpec:
    """Draw one defect at one of ``places``, (n, 2) as x, y; ``variation`` tells size and contrast."""
    kind = list(DefectType)[int(rng.integers(len(DefectType)))]
    least, most = _SIZE_MM[kind]
    share = float(rng.uniform(*variation.size))
    x, y = places[int(rng.integers(len(places)))]
    return DefectSpec(
        type=kind,
        center=(float(x), float(y)),
        angle=float(rng.uniform(0.0, 2.0 * np.pi)),
        size_mm=least + share * (most - least),
        contrast=float(rng.uniform(*variation.contrast)),
        seed=int(rng.integers(2**63)),
    )
