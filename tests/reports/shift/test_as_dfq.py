"""What gauges read, for SPC programs: by the rules of AQDEF, and as a reader that we did not write has it."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from aqdefreader.file import DfqFile
from hypothesis import given
from hypothesis import strategies as st

from inspection.decision import GaugeReading, RecipeRef
from inspection.instruments.reading import InstrumentKind
from inspection.part import Identity, Inspection, MissedCause
from inspection.times.shifts import Shift
from reports.shift.as_dfq import to_dfq
from tests.reports.gauged import gauged, pressure
from tests.reports.parts import START
from tests.reports.shift.the_shift import END

LENGTHS = {
    **{"K1001": 40, "K1002": 80, "K1004": 20, "K1081": 24, "K1082": 40, "K1104": 20, "K1900": 255},
    **{"K2001": 20, "K2002": 80, "K2142": 20, "K0006": 15, "K0009": 255, "K0014": 40},
}
"""Of texts, by the format; a batch has its ``#`` besides."""
LINE = re.compile(r"^(K\d{4})(?:/(\d+))? (.*)$")


def dfq(*parts: Inspection, **other: object) -> bytes:
    return to_dfq(parts, **{"start": START, "end": END, "zone": UTC} | other)  # type: ignore[arg-type]


def fields(data: bytes) -> list[tuple[str, str, str]]:
    """Key, number and content of each line."""
    lines = data.decode("utf-8-sig").split("\r\n")
    assert lines.pop() == ""
    found = [(key, at, content) for line in lines for key, at, content in LINE.findall(line)]
    assert len(found) == len(lines), "each line is a K-field"
    return found


def all_of(data: bytes, key: str, number: int = 1) -> list[str]:
    return [content for one, at, content in fields(data) if (one, at) == (key, str(number))]


def at(part: Inspection, when: datetime) -> Inspection:
    return part.model_copy(update={"trigger": part.trigger.model_copy(update={"seen_at": when})})


def test_a_gauge_is_a_characteristic_with_its_limits_and_values() -> None:
    data = dfq(gauged(1, pressure(4.21), serial="SN1", lot="L7"), gauged(2, pressure(2.9)), station="Line 3")
    assert data.isascii()
    assert fields(data) == [
        ("K0100", "", "1"),
        ("K1001", "1", "3"),
        ("K1002", "1", "recipe 3, version 7"),
        ("K1004", "1", "7"),
        ("K1081", "1", "Line 3"),
        ("K1082", "1", "Line 3"),
        (
            "K1900",
            "1",
            "2026-03-02 06:00:00+00:00 to 2026-03-02 14:00:00+00:00; local times, by these offsets",
        ),
        ("K2001", "1", "pressure"),
        ("K2002", "1", "pressure"),
        ("K2004", "1", "0"),
        ("K2022", "1", "3"),
        ("K2110", "1", "3"),
        ("K2111", "1", "5"),
        ("K2142", "1", "bar"),
        ("K0001", "1", "4.21"),
        ("K0002", "1", "0"),
        ("K0004", "1", "02.03.2026/06:00:01"),
        ("K0006", "1", "#L7"),
        ("K0014", "1", "SN1"),
        ("K0001", "1", "2.9"),
        ("K0002", "1", "0"),
        ("K0004", "1", "02.03.2026/06:00:02"),
        ("K0006", "1", "#"),
        ("K0014", "1", "1002"),
    ]


def test_a_reader_that_we_did_not_write_has_the_same_values() -> None:
    """Not their days: aqdefreader 1.3.0 takes the day for the month."""
    values = [round(4.0 + 0.01 * number, 3) for number in range(40)]
    parts = [gauged(number + 1, pressure(value)) for number, value in enumerate(values)]
    data = dfq(*parts, gauged(50, pressure(None)))
    (part,) = DfqFile(data.decode().splitlines()).get_parts()
    (characteristic,) = part.get_characteristics()
    read = characteristic.get_measurements()
    assert [float(one.value) for one in read if one.attribute == 0] == values
    assert [one.attribute for one in read] == [0] * 40 + [255]
    assert (characteristic.get_data("K2002"), characteristic.get_data("K2142")) == ("pressure", "bar")
    assert [one.datetime.time() for one in read[:3]] == [
        (START + timedelta(seconds=number)).time() for number in (1, 2, 3)
    ]


def test_what_could_not_be_read_keeps_its_place_and_says_why() -> None:
    data = dfq(gauged(1, pressure(4.2)), gauged(2, pressure(None)), gauged(3, pressure(4.3)))
    assert all_of(data, "K0001") == ["4.2", "0", "4.3"]
    assert all_of(data, "K0002") == ["0", "255", "0"]
    assert all_of(data, "K0009") == ["", "unreadable: glare", ""]
    assert all_of(data, "K0014") == ["1001", "1002", "1003"]


@pytest.mark.parametrize(("low", "high"), [(3.0, None), (None, 5.0), (None, None), (0.0, 0.0)])
def test_a_limit_that_is_none_is_not_written(low: float | None, high: float | None) -> None:
    data = dfq(gauged(1, pressure(0.0, low=low, high=high)))
    assert all_of(data, "K2110") == ([] if low is None else [f"{low:g}"])
    assert all_of(data, "K2111") == ([] if high is None else [f"{high:g}"])
    assert all_of(data, "K0002") == ["0"]


def test_each_set_of_limits_and_each_version_of_a_recipe_counts_for_itself() -> None:
    other = gauged(3, pressure(4.5))
    newer = other.decision.model_copy(update={"recipe": RecipeRef(id=3, version=8)})
    data = dfq(
        gauged(1, pressure(4.1)),
        gauged(2, pressure(4.2, high=4.5)),
        other.model_copy(update={"decision": newer}),
    )
    assert all_of(data, "K1004", 1) + all_of(data, "K1004", 2) == ["7", "8"]
    assert [all_of(data, "K0001", number) for number in (1, 2, 3)] == [["4.1"], ["4.2"], ["4.5"]]
    assert [all_of(data, "K2111", number) for number in (1, 2, 3)] == [["5"], ["4.5"], ["5"]]
    assert fields(data)[0] == ("K0100", "", "3")
    keys = [(key, number) for key, number, _ in fields(data)]
    assert keys.index(("K1001", "2")) > keys.index(("K0014", "2"))  # a part's characteristics stand below it


def test_lamps_codes_and_parts_that_were_not_looked_at_have_no_values() -> None:
    lamp = GaugeReading(
        name="lamp", value=1.0, unit="", in_range=True, kind=InstrumentKind.LAMP, text="green"
    )
    code = GaugeReading(name="code", value=None, unit="", in_range=True, kind=InstrumentKind.CODE, text="A")
    missed = gauged(2, missed=MissedCause.GAP, published=False)
    assert fields(dfq(gauged(1, lamp, code), missed)) == [("K0100", "", "0")]
    assert fields(dfq()) == [("K0100", "", "0")]


def test_text_beyond_ascii_is_utf_8_and_says_so() -> None:
    reading = pressure(4.2).model_copy(update={"name": "压力", "unit": "°C"})
    data = dfq(gauged(1, reading), shift=Shift("早班", START.date(), START, END))
    assert data.startswith(b"\xef\xbb\xbf")
    assert (all_of(data, "K2002"), all_of(data, "K2142"), all_of(data, "K1104")) == (
        ["压力"],
        ["°C"],
        ["早班"],
    )


def test_a_name_too_long_for_its_field_is_told_whole_elsewhere() -> None:
    data = dfq(gauged(1, pressure(4.2), serial="S" * 60, lot="L" * 20))
    assert (all_of(data, "K0006"), all_of(data, "K0014")) == ([], ["1001"])
    assert all_of(data, "K0009") == [f"lot {'L' * 20}; serial {'S' * 60}"]


def test_long_names_that_begin_alike_stay_apart() -> None:
    readings = [pressure(4.2).model_copy(update={"name": "x" * 60 + end}) for end in "ab"]
    data = dfq(gauged(1, *readings))
    assert all_of(data, "K2001", 1) != all_of(data, "K2001", 2)


@pytest.mark.parametrize(
    ("zone", "when", "local"),
    [
        ("Asia/Kolkata", datetime(2026, 3, 2, 6, 0, 1, tzinfo=UTC), "02.03.2026/11:30:01"),
        ("Europe/Berlin", datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), "29.03.2026/01:59:59"),
        ("Europe/Berlin", datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "29.03.2026/03:00:00"),
        ("Europe/Berlin", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "25.10.2026/02:30:00"),
    ],
)
def test_times_are_the_plants(zone: str, when: datetime, local: str) -> None:
    data = dfq(at(gauged(1, pressure(4.2)), when), zone=ZoneInfo(zone))
    assert all_of(data, "K0004") == [local]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(
    name=TEXTS,
    unit=TEXTS,
    station=TEXTS,
    value=st.floats(allow_nan=False, allow_infinity=False),
    names=st.lists(st.text("ab=+-@;,\"'毛", max_size=200), min_size=4, max_size=4),
)
def test_no_text_breaks_a_line_or_grows_beyond_its_field(
    name: str, unit: str, station: str, value: float, names: Sequence[str]
) -> None:
    reading = GaugeReading(name=name, value=value, unit=unit, in_range=True)
    parts = [gauged(number, reading) for number in (1, 2)]
    identities = [
        Identity(serial=serial, lot=lot or "L") for serial, lot in zip(names[:2], names[2:], strict=True)
    ]
    marked = [part.model_copy(update={"identity": one}) for part, one in zip(parts, identities, strict=True)]
    data = dfq(*marked, station=station)
    for key, _, content in fields(data):
        assert len(content) <= LENGTHS.get(key, 40), key
    assert [float(one) for one in all_of(data, "K0001")] == [pytest.approx(value, rel=1e-12)] * 2
    assert all(len(one) <= 22 for one in all_of(data, "K0001"))
    for key in ("K0002", "K0004", "K0014"):  # as many of each: readers count them
        assert len(all_of(data, key)) == 2
