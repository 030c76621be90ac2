"""The gauges' values of a shift in the Q-DAS ASCII transfer format (AQDEF, ``.dfq``), for SPC programs.

The format: "Q-DAS ASCII Transfer Format", version 12; the attributes of values by Hexagon's "Defined contents
K00xx". Each line is a K-field; ``/n`` says of which part or characteristic, both counted through the file.
Texts longer than their field are not cut where they name something: a program would take the rest for it.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

from inspection.decision import GaugeReading, RecipeRef
from inspection.instruments.reading import InstrumentKind, Unreadable, places
from inspection.part import Inspection
from inspection.times.local_time import shown
from inspection.times.shifts import Shift

VALID: Final = 0
PLACEHOLDER: Final = 255
"""Attribute of what is no value: it keeps its place and counts nowhere."""
_NO_MEASURE: Final = (InstrumentKind.LAMP, InstrumentKind.CODE)
_NUMBER, _DESCRIPTION, _MACHINE, _MACHINE_DESCRIPTION, _UNIT, _SHIFT = 20, 80, 24, 40, 20, 20
"""How long K2001 (in all versions), K2002, K1081, K1082, K2142 and K1104 may be."""
_BATCH, _TEXT, _PART_ID = 14, 255, 40
"""And K0006, K0009, K0014."""
_BOM: Final = "\ufeff"


class _Characteristic(NamedTuple):
    """What is measured: one gauge under one set of limits."""

    name: str
    kind: InstrumentKind | None
    unit: str
    low: float | None
    high: float | None


class _Value(NamedTuple):
    part: Inspection
    reading: GaugeReading


def to_dfq(
    parts: Iterable[Inspection],
    *,
    start: datetime,
    end: datetime,
    station: str = "",
    shift: Shift | None = None,
    zone: tzinfo | None = None,
) -> bytes:
    """The readings of dials, displays and level glasses, in the order of the parts, not lamps and codes.

    What could not be read is a placeholder, and says why (K0009). Text is ASCII, or else UTF-8 with a byte
    order mark; lines end with CRLF. Times are the plant's, as the format has no offset; K1900 says which.

    Args:
        parts: Of the shift, in the order of their triggers; missed ones were not looked at, and are left out.
        start: Inclusive, with time zone.
        end: Exclusive, with time zone.
        station: Its name; empty where none is known.
        shift: The plant's shift that it is; None for another stretch of time.
        zone: The plant's time zone; None for this machine's.
    """
    found: dict[RecipeRef, dict[_Characteristic, list[_Value]]] = {}
    for part in parts:
        for reading in part.decision.gauges if part.missed is None and part.challenge is None else ():
            if reading.kind not in _NO_MEASURE:
                key = _Characteristic(reading.name, reading.kind, reading.unit, reading.low, reading.high)
                values = found.setdefault(part.decision.recipe, {}).setdefault(key, [])
                values.append(_Value(part, reading))
    lines = [f"K0100 {sum(map(len, found.values()))}"]
    number = 0
    for at, (recipe, characteristics) in enumerate(found.items(), start=1):
        lines += _part(at, recipe, station, shift, (start, end), zone)
        for key, values in characteristics.items():
            number += 1
            lines += _characteristic(number, key, values)
            lines += _values(number, values, zone)
    text = "".join(f"{line}\r\n" for line in lines)
    return (text if text.isascii() else _BOM + text).encode()


def _part(
    at: int,
    recipe: RecipeRef,
    station: str,
    shift: Shift | None,
    bounds: tuple[datetime, datetime],
    zone: tzinfo | None,
) -> Iterator[str]:
    """What is made: there is a part of the file for each version of a recipe."""
    yield f"K1001/{at} {recipe.id}"
    yield f"K1002/{at} recipe {recipe.id}, version {recipe.version}"
    yield f"K1004/{at} {recipe.version}"
    if station:
        yield f"K1081/{at} {_named(station, _MACHINE)}"
        yield f"K1082/{at} {_shortened(station, _MACHINE_DESCRIPTION)}"
    if shift is not None:
        yield f"K1104/{at} {_shortened(shift.name, _SHIFT)}"
    said = " to ".join(shown(one, zone=zone) for one in bounds)
    yield f"K1900/{at} {said}; local times, by these offsets"


def _characteristic(at: int, key: _Characteristic, values: Sequence[_Value]) -> Iterator[str]:
    behind = [places(one.reading.uncertainty) for one in values if one.reading.uncertainty > 0.0]
    yield f"K2001/{at} {_named(key.name, _NUMBER)}"
    yield f"K2002/{at} {_shortened(key.name, _DESCRIPTION)}"
    yield f"K2004/{at} 0"  # a variable
    if behind:
        yield f"K2022/{at} {max(behind)}"
    if key.low is not None:
        yield f"K2110/{at} {_number(key.low)}"
    if key.high is not None:
        yield f"K2111/{at} {_number(key.high)}"
    if key.unit:
        yield f"K2142/{at} {_shortened(key.unit, _UNIT)}"


def _values(at: int, values: Sequence[_Value], zone: tzinfo | None) -> Iterator[str]:
    """The values, all with the same fields: a reader that counts each field by itself stays in step."""
    batches, texts = [_batch(part) for part, _ in values], [_text(one) for one in values]
    for (part, reading), batch, text in zip(values, batches, texts, strict=True):
        yield f"K0001/{at} {_number(reading.value or 0.0)}"
        yield f"K0002/{at} {PLACEHOLDER if reading.value is None else VALID}"
        yield f"K0004/{at} {part.trigger.seen_at.astimezone(zone):%d.%m.%Y/%H:%M:%S}"
        if any(batches):
            yield f"K0006/{at} #{batch}"
        if any(texts):
            yield f"K0009/{at} {text}"
        yield f"K0014/{at} {_part_id(part)}"


def _batch(part: Inspection) -> str:
    lot = "" if part.identity is None else _plain(part.identity.lot)
    return lot if len(lot) <= _BATCH else ""


def _part_id(part: Inspection) -> str:
    serial = "" if part.identity is None else _plain(part.identity.serial)
    return serial if 0 < len(serial) <= _PART_ID else str(part.trigger.part_id)


def _text(one: _Value) -> str:
    """What has no field: why there is no value, and names that are longer than theirs."""
    identity, said = one.part.identity, []
    if one.reading.value is None:
        said.append(f"unreadable: {one.reading.reason or Unreadable.NOT_FOUND}")
    if identity is not None and len(_plain(identity.lot)) > _BATCH:
        said.append(f"lot {_plain(identity.lot)}")
    if identity is not None and len(_plain(identity.serial)) > _PART_ID:
        said.append(f"serial {_plain(identity.serial)}")
    return _shortened("; ".join(said), _TEXT)


def _plain(text: str) -> str:
    """On one line, without what separates fields."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split())


def _shortened(text: str, most: int) -> str:
    text = _plain(text)
    return text if len(text) <= most else f"{text[: most - 1]}~"


def _named(text: str, most: int) -> str:
    """A name by which values are found again: where it is too long, the same short one each time."""
    text = _plain(text)
    if len(text) <= most:
        return text
    return f"{text[: most - 9]}~{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _number(value: float) -> str:
    """All digits, with a point, and no exponent for a usual number."""
    plain = f"{value:.15g}"
    return plain if "e" not in plain else f"{value:.12E}"
