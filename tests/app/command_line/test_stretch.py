"""Which stretch of time is meant: a shift by its date and name, or from one moment to another."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer

from app.command_line.stretch import Stretch, find_stretch
from inspection.errors import StoreError
from inspection.times.shifts import Shift
from reports.record.chain import GENESIS
from reports.record.signatures.table import ClosedShift

NOW = datetime(2026, 10, 25, 2, 30, tzinfo=UTC)
"""03:30 in Berlin, after the hour that came twice."""

NIGHT = datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 5, tzinfo=UTC)
"""Of nine hours."""


@pytest.fixture
def station(tmp_path: Path) -> Path:
    path = tmp_path / "station.toml"
    path.write_text(
        '[station]\nrecipe = "x"\nzone = "Europe/Berlin"\n'
        'shifts = [{name = "Early", start = "06:00", days = ["mon", "tue", "wed", "thu", "fri", "sun"]}, '
        '{name = "Night", start = "22:00"}]\n[[cameras]]\nkind = "simulated"\n',
        encoding="utf-8",
    )
    return path


def asked(config: Path | None, *, now: datetime = NOW, **options: Any) -> Stretch:
    usual: dict[str, Any] = dict.fromkeys(("start", "end", "day", "name"))
    return find_stretch(config=config, now=now, **(usual | options))


def test_a_shift_is_found_by_its_date_and_name_over_midnight_and_the_change_of_clocks(station: Path) -> None:
    found = asked(station, now=NIGHT[1], day="2026-10-23", name="Night")
    assert found.start == datetime.fromisoformat("2026-10-23T22:00+02:00")
    assert found.shift is not None
    assert (found.shift.name, found.zone) == ("Night", ZoneInfo("Europe/Berlin"))


def test_without_a_word_it_is_the_running_shift_to_its_end(station: Path) -> None:
    found = asked(station)
    assert found == asked(station, day="2026-10-24", name="Night")
    assert found.shift is not None
    assert (found.start, found.end) == NIGHT
    assert found.end == asked(station, now=NIGHT[1]).start


def test_moments_are_by_the_plants_clocks_and_a_shift_is_that_which_ends_at_the_last(
    station: Path,
) -> None:
    named = asked(station, start="2026-10-25T01:00", end="2026-10-25T04:00")
    assert named[:3] == (datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC), None)
    assert asked(station, end="2026-10-25T04:00").start == NIGHT[0]
    with pytest.raises(StoreError, match=r"comes twice .*02:30:00\+02:00 \(the first\)"):
        asked(station, end="2026-10-25T02:30")


@pytest.mark.parametrize(
    ("day", "name", "said"),
    [
        ("2026-10-23", "night", "there is no shift 'night', only Early, Night. "),
        ("2026-10-24", "Early", "'Early' does not begin on Saturday 2026-10-24; on it begin: Night"),
        ("2026-02-30", "Night", "--date '2026-02-30' is no date that ever was"),
        ("24.10.2026", "Night", "write it like 2026-03-02"),
        ("2026-10-25", "Night", r"has not begun: it begins at 2026-10-25 22:00\+01:00"),
        ("9999-12-31", "Night", "leaves no time for a shift"),
    ],
)
def test_a_shift_that_there_is_not_is_refused(station: Path, day: str, name: str, said: str) -> None:
    with pytest.raises(StoreError, match=said):
        asked(station, day=day, name=name)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"day": "2026-10-24"}, "go together"),
        ({"name": "Night"}, "go together"),
        ({"day": "2026-10-24", "name": "Night", "start": "2026-10-24T22:00"}, "has its own times"),
        ({"name": "Night", "end": "2026-10-24T22:00"}, "has its own times"),
    ],
)
def test_ways_that_contradict_each_other_are_refused(
    station: Path, options: dict[str, str], said: str
) -> None:
    with pytest.raises(typer.BadParameter, match=said):
        asked(station, now=NOW, **options)


def test_a_shift_has_no_name_without_a_station() -> None:
    with pytest.raises(typer.BadParameter, match="--config"):
        asked(None, day="2026-10-24", name="Night")


def test_a_signed_shift_keeps_its_bounds_and_zone_whatever_the_station_s_file_says(station: Path) -> None:
    start, end = datetime(2026, 10, 22, 3, tzinfo=UTC), datetime(2026, 10, 22, 11, tzinfo=UTC)
    closed = ClosedShift(
        name="Early",
        day=start.date(),
        started_at=start,
        ended_at=end,
        zone="Asia/Kolkata",
        report_sha256=GENESIS,
        parts_position=0,
        parts_head=GENESIS,
        first_position=0,
        last_position=0,
        events_position=0,
        events_head=GENESIS,
    )

    def signed(day: date, name: str) -> ClosedShift | None:
        return closed if (day, name) == (closed.day, closed.name) else None

    for config in (station, None):
        found = asked(config, day="2026-10-22", name="Early", signed=signed)
        assert found == Stretch(
            start, end, Shift("Early", start.date(), start, end), ZoneInfo("Asia/Kolkata")
        )
    assert asked(station, day="2026-10-22", name="Night", signed=signed).zone == ZoneInfo("Europe/Berlin")
