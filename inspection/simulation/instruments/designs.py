"""What a design of an instrument is: scale, face, needle, housing; digits and glass of a display.

Lengths are in radii of the marks' ring, the pivot is the origin, x runs right and y down. Angles are in
degrees, clockwise from up. Colours are ``#rrggbb``. A design says what does not change from picture to
picture of one instrument; what does (view, light, dirt, what it shows) is drawn by the seed: `scene`.
"""

from dataclasses import dataclass
from typing import Literal

Law = Literal["linear", "sqrt", "square", "log", "reciprocal", "table"]
"""How the share of the sweep follows from the value; ``table``: stated at the marks, smooth between them."""
Arc = tuple[float, float, str, float, float]
"""From value, to value, colour, inner and outer radius."""
Word = tuple[str, float, float, float]
"""What is printed, x and y of its middle, and its height."""


@dataclass(frozen=True)
class ScaleDesign:
    """The numbered marks and where they lie."""

    values: tuple[float, ...]
    """Of the numbered marks, rising."""
    start_deg: float
    """Where the first of them lies."""
    sweep_deg: float
    """From the first to the last; positive in either direction."""
    unit: str
    direction: Literal["cw", "ccw"] = "cw"
    law: Law = "linear"
    shares: tuple[float, ...] = ()
    """Of the sweep, 0 to 1, one a value; of ``table`` alone."""
    minors: int = 5
    """Parts into which the stretch between two numbered marks is divided."""
    numerals: tuple[str, ...] = ()
    """What is printed at the marks, where that isn't the value itself; "" for a mark without numeral."""


@dataclass(frozen=True)
class FaceDesign:
    """What is printed on the plate."""

    ground: str = "#f4f3ee"
    ink: str = "#141416"
    numerals: str = ""
    """Their colour; "" is the ink's."""
    font: Literal["sans", "bold", "serif", "mono", "narrow"] = "sans"
    numeral_height: float = 0.14
    numeral_radius: float = 0.72
    turned: bool = False
    """Numerals stand along the ring instead of upright."""
    major: tuple[float, float] = (0.12, 0.02)
    """Length and width of a numbered mark."""
    minor: tuple[float, float] = (0.06, 0.008)
    outward: bool = False
    """The marks begin at the ring and reach outwards instead of inwards."""
    track: float = 0.0
    """Width of a line along the ring; 0 for none."""
    arcs: tuple[Arc, ...] = ()
    words: tuple[Word, ...] = ()
    second: tuple[str, float, str] | None = None
    """A second scale within the first, for show: unit, its value for the first's full scale, colour."""
    logo: Literal["", "ring", "bar", "star", "wave"] = ""
    mirror: bool = False
    """A mirrored band below the marks, as fine voltmeters have."""


@dataclass(frozen=True)
class NeedleDesign:
    """One needle with its hub."""

    form: Literal["hand", "wedge", "teardrop", "arrow", "lance", "rod"] = "hand"
    color: str = "#111113"
    reach: float = 0.85
    width: float = 0.05
    """At its widest."""
    tip: float = 0.012
    """Width of its end."""
    tail: float = 0.22
    tail_form: Literal["", "bar", "disc", "crescent", "flare"] = "bar"
    hub: float = 0.08
    hub_color: str = "#1a1a1c"
    ridge: float = 0.0
    """How much lighter one half is than the other: a folded needle, 0 to 0.4."""


@dataclass(frozen=True)
class HousingDesign:
    """What holds the plate: a round bezel, or a window with four sides."""

    bezel: Literal["steel", "black", "brass", "paint", "none"] = "steel"
    color: str = "#b9bcbe"
    edge: float = 1.12
    """Where the plate ends."""
    width: float = 0.14
    screws: int = 0
    window: tuple[float, float, float, float] | None = None
    """Left, top, right, bottom of a window with four sides; None where it is round."""
    cover: float | None = None
    """Height below the pivot from which on a printed cover hides needle and hub; None for none."""


@dataclass(frozen=True)
class DialDesign:
    """One instrument with a needle, two where it has a drag needle."""

    name: str
    scale: ScaleDesign
    face: FaceDesign
    needle: NeedleDesign
    drag: NeedleDesign | None = None
    housing: HousingDesign = HousingDesign()


@dataclass(frozen=True)
class DisplayDesign:
    """One instrument with digits. Lengths are in heights of a digit."""

    name: str
    technology: Literal["lcd", "led", "vfd", "matrix"] = "lcd"
    ground: str = "#9aa694"
    lit: str = "#1c221c"
    unlit: float = 0.06
    """How visible a segment is that is not lit, as a share of one that is."""
    digits: int = 5
    decimals: int = 2
    """Places after the point."""
    signed: bool = False
    leading_zeros: bool = False
    pitch: float = 0.72
    width: float = 0.46
    stroke: float = 0.11
    slant_deg: float = 6.0
    gap: float = 0.02
    """Between segments."""
    ends: Literal["hex", "square", "round"] = "hex"
    point: Literal["square", "round", "comma"] = "round"
    tails: bool = True
    """Whether 6 and 9 have their tails."""
    hook: bool = False
    """Whether 7 has its upper left segment."""
    housing: str = "#e8e8e4"
    rim: str = "#2a2a2c"
    words: tuple[str, ...] = ()
    """Printed on the housing, below the window."""
    frames: int = 1
    """Pictures of one reading; more where the digits are lit in turn."""


def steps(first: float, last: float, count: int) -> tuple[float, ...]:
    """``count`` equal steps from ``first`` to ``last``, both with."""
    return tuple(round(first + (last - first) * step / count, 6) for step in range(count + 1))
