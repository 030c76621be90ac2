"""A dial as label files of others describe it, in whatever way they write numbers, places and colours.

Only the way of writing is taken generously. What a label says must make sense, or it is refused.
"""

import math
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple

from pydantic import ValidationError

from inspection.gauges.dial.rectified import rectify
from inspection.instruments.colour import AUTO, rgb_of
from inspection.instruments.description import in_short
from inspection.instruments.dial import DialDescription
from inspection.instruments.place import MOST_VALUE

Direction = Literal["cw", "ccw"]

_DIRECTIONS: Final[Mapping[str, Direction]] = {
    **dict.fromkeys(("cw", "clockwise"), "cw"),
    **dict.fromkeys(("ccw", "acw", "counterclockwise", "anticlockwise"), "ccw"),
}
_KEYS: Final = (
    *("file", "center", "centre", "marks", "direction", "unit", "reading", "value", "litres"),
    *("needle", "second_needle", "full_circle", "wraps_at", "relative"),
)
_NEEDLE_KEYS: Final = ("color", "colour", "second_needle")
_NOTHING: Final = ("", "none", "null", "no", "false")
_SHORT_HEX: Final = re.compile(r"#([0-9a-fA-F])([0-9a-fA-F])([0-9a-fA-F])")
_SAME_PLACE: Final = 0.03
"""Of the radius: as far as two clicks on one and the same mark lie apart at most."""

_OFF_THE_RING: Final = 0.25
"""Of the radius, root mean square. Of 66 photographed dials most are below 2 %, two with marks on no circle
reach 12 and 17 %; x and y in the wrong order give a third."""


class Described(NamedTuple):
    """A dial that a label describes."""

    dial: DialDescription
    notes: tuple[str, ...]
    """What in it was taken otherwise than it stands there, for people."""


class _Mark(NamedTuple):
    x: float
    y: float
    value: float


def number(written: object, *, name: str) -> float:
    """A number as it stands in JSON, or as a string, with a decimal point or comma.

    Raises:
        ValueError: It is none, not finite, or more than an instrument shows.
    """
    if isinstance(written, str):
        written = written.strip().replace(",", ".")
    if written is None:
        raise ValueError(f"{name} is missing")
    try:
        value = float(None if isinstance(written, bool) else written)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} is no number: {written!r:.60}") from None
    if not math.isfinite(value):
        raise ValueError(f"{name} is not finite: {written!r:.60}")
    if abs(value) > MOST_VALUE:
        raise ValueError(f"{name} is more than {MOST_VALUE:g}: {written!r:.60}")
    return value


def dial_of(label: Mapping[str, Any]) -> Described:
    """The dial of a label. Keys beside those of the format are passed over; what may be a slip is noted.

    Marks are put in order by their values. Three or more say by themselves which way round they run; where
    ``direction`` says otherwise the marks count, and that is noted. A first and a last mark at one place are
    a scale that goes all the way round.

    Raises:
        ValueError: It describes no dial that can be read; says why.
    """
    centre = _place(label.get("center", label.get("centre")), name="center")
    marks, notes = _marks(label.get("marks"))
    notes += _slips(label)
    stated = _direction(label.get("direction"))
    written: dict[str, Any] = {
        "center": centre,
        "unit": "".join(filter(str.isprintable, str(label.get("unit") or ""))).strip()[:32],
        "needle": _needle(label),
    }
    for key in ("full_circle", "wraps_at", "relative"):
        if label.get(key) is not None:
            written[key] = label[key]
    marks = _one_each(marks, centre)
    if len(marks) < 3:
        if stated is None:
            raise ValueError("direction is missing, and two marks do not show it")
        written["direction"] = stated
    else:
        falls = marks[0].value > marks[-1].value
        marks = sorted(marks, key=lambda mark: mark.value)
        marks = _all_the_way_round(marks, centre, written)
        written["direction"] = rising = _rising(marks, centre)
        if stated is not None and stated != rising and not falls:
            notes.append(f"direction is {stated!r}, but the values rise {rising!r}: the marks were taken")
    try:
        dial = DialDescription.model_validate(written | {"marks": marks})
    except ValidationError as error:
        raise ValueError(in_short(error)) from None
    return Described(dial, (*notes, *_of_places(dial)))


def _slips(label: Mapping[str, Any]) -> list[str]:
    """Keys that are passed over, and were probably meant to be one of the format's that is not there."""
    needle = label.get("needle")
    groups: list[tuple[Mapping[str, Any], Sequence[str]]] = [(label, _KEYS)]
    groups += [(needle, _NEEDLE_KEYS)] if isinstance(needle, Mapping) else []
    found = []
    for given, known in groups:
        absent = [key for key in known if key not in given]
        for key in map(str, given):
            meant = [] if key in known else get_close_matches(key.lower(), absent, n=1, cutoff=0.8)
            found += [f"{key!r} was passed over: is {one!r} meant?" for one in meant]
    return found


def _of_places(dial: DialDescription) -> tuple[str, ...]:
    """What a person should look at: marks that no ring about the centre comes near, seen from any side."""
    off = 0.0 if dial.relative else rectify(dial.center, dial.marks).residual
    if off <= _OFF_THE_RING:
        return ()
    return (f"its marks lie {off:.0%} of the radius off any ring about the centre: are x and y in order?",)


def _place(written: object, *, name: str) -> tuple[float, float]:
    if isinstance(written, Mapping):
        written = [written.get("x"), written.get("y")]
    if not isinstance(written, Sequence) or isinstance(written, str) or len(written) != 2:
        raise ValueError(
            f"{name} is missing" if written is None else f"{name} is not [x, y]: {written!r:.60}"
        )
    return number(written[0], name=f"{name} x"), number(written[1], name=f"{name} y")


def _marks(written: object) -> tuple[list[_Mark], list[str]]:
    if not isinstance(written, list | tuple):
        raise ValueError("marks is not a list of [x, y, value]")  # noqa: TRY004  (a label's fault, not ours)
    marks: list[_Mark] = []
    notes = []
    for place, one in enumerate(written):
        name = f"mark {place}"
        if isinstance(one, Mapping):
            one = [one.get("x"), one.get("y"), one.get("value")]
        if not isinstance(one, Sequence) or isinstance(one, str) or len(one) != 3:
            raise ValueError(f"{name} is not [x, y, value]: {one!r:.60}")
        if _endless(one[2]):
            notes.append(f"{name} stands for infinity and was left out")
            continue
        x, y, value = (
            number(part, name=f"{name} {part_name}")
            for part, part_name in zip(one, ("x", "y", "value"), strict=True)
        )
        marks.append(_Mark(x, y, value))
    return marks, notes


def _one_each(marks: Sequence[_Mark], centre: tuple[float, float]) -> list[_Mark]:
    """Each value's mark once.

    Raises:
        ValueError: A value stands at two places, which of them is wrong nobody can tell; or all marks have
            one value.
    """
    once: dict[float, _Mark] = {}
    for mark in marks:
        first = once.setdefault(mark.value, mark)
        if math.dist(first[:2], mark[:2]) > _SAME_PLACE * math.dist(centre, first[:2]):
            raise ValueError(f"{mark.value:g} stands at two places")
    if len(once) < 2:
        raise ValueError(f"{len(once)} marks with values of their own; two are needed at least")
    return list(once.values())


def _endless(written: object) -> bool:
    """Whether a value is infinity: the far end of an ohmmeter's scale."""
    if isinstance(written, str):
        return written.strip().lower().lstrip("+-") in ("inf", "infinity", "∞")
    return isinstance(written, float) and math.isinf(written)


def _direction(written: object) -> Direction | None:
    return _DIRECTIONS.get(re.sub(r"[^a-z]", "", str(written).lower()))


def _all_the_way_round(
    marks: list[_Mark], centre: tuple[float, float], written: dict[str, Any]
) -> list[_Mark]:
    """Without the last mark where it lies on the first and the scale begins with 0: ``written`` says so."""
    first, last = marks[0], marks[-1]
    radius = math.dist(centre, last[:2])
    if "wraps_at" in written or first.value != 0.0 or len(marks) < 4:
        return marks
    if math.dist(first[:2], last[:2]) > _SAME_PLACE * radius:
        return marks
    written.update(full_circle=True, wraps_at=last.value)
    return marks[:-1]


def _rising(marks: Sequence[_Mark], centre: tuple[float, float]) -> Direction:
    """Which way round three or more marks run, values rising."""
    angles = [math.degrees(math.atan2(mark.y - centre[1], mark.x - centre[0])) for mark in marks]
    steps = [after - before for before, after in pairwise(angles)]
    clockwise = sum(step % 360.0 for step in steps)
    counter = sum(-step % 360.0 for step in steps)
    return "cw" if clockwise <= counter else "ccw"


def _needle(label: Mapping[str, Any]) -> dict[str, Any]:
    written = label.get("needle")
    second = label.get("second_needle")
    if isinstance(written, Mapping):
        second = written.get("second_needle", second)
        written = written.get("color", written.get("colour"))
    needle: dict[str, Any] = {"color": colour_of(written)}
    if isinstance(second, list) and second and isinstance(second[0], Mapping):
        second = second[0]
    if isinstance(second, Mapping):
        needle["second_needle"] = {"color": colour_of(second.get("color", second.get("colour")))}
    elif second is not None and second is not False and str(second).strip().lower() not in _NOTHING:
        needle["second_needle"] = {"color": colour_of(None if second is True else second)}
    return needle


def colour_of(written: object) -> str:
    """A colour as words, hex digits or ``[r, g, b]`` write it; ``auto`` for what names none.

    >>> colour_of("Dark red"), colour_of([255, 0, 128]), colour_of("#f08"), colour_of(None)
    ('red', '#ff0080', '#ff0088', 'auto')
    """
    if isinstance(written, Sequence) and not isinstance(written, str):
        try:
            levels = [number(part, name="colour") for part in written[:3]]
        except ValueError:
            return AUTO
        if len(levels) != 3 or not 0.0 <= min(levels) <= max(levels) <= 255.0:
            return AUTO
        most = 255.0 if max(levels) <= 1.0 and any(isinstance(part, float) for part in written) else 1.0
        return "#" + "".join(f"{round(level * most):02x}" for level in levels)
    said = str(written or AUTO).strip().lower()
    if short := _SHORT_HEX.fullmatch(said):
        return "#" + "".join(2 * digit for digit in short.groups())
    known = (word for word in (said, *re.findall(r"[a-z]+", said)) if rgb_of(word) is not None)
    return next(known, AUTO)
