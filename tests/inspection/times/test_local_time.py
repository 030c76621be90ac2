"""Local times in winter, in summer, and in the nights between."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.times.local_time import moment, moments, shown

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(params=[BERLIN, None], ids=["zone named", "this machine's"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoneInfo | None]:
    """Germany, by its name and as what this machine is set to."""
    with monkeypatch.context() as moved:
        moved.setenv("TZ", BERLIN.key)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.parametrize(
    ("local", "meant"),
    [
        ("2026-01-15T06:00", ["2026-01-15T06:00+01:00"]),
        ("2026-07-15T06:00", ["2026-07-15T06:00+02:00"]),
        ("2026-10-25T02:00", ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"]),
        ("2026-10-25T03:00", ["2026-10-25T03:00+01:00"]),
        ("2026-03-29T02:30", []),
        ("2026-03-29T03:00", ["2026-03-29T03:00+02:00"]),
    ],
)
def test_a_local_time_means_one_moment_or_two_or_none(
    zone: ZoneInfo | None, local: str, meant: list[str]
) -> None:
    found = moments(datetime.fromisoformat(local), zone=zone)
    assert list(found) == [datetime.fromisoformat(one) for one in meant]


def test_a_time_that_clocks_skip_is_taken_for_where_they_would_have_come(zone: ZoneInfo | None) -> None:
    skipped = moment(datetime(2026, 3, 29, 2, 30), zone=zone)
    assert shown(skipped, zone=zone, timespec="minutes") == "2026-03-29 03:30+02:00"


@given(st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)))
def test_a_moment_is_among_those_that_its_local_time_means_and_looks_like_no_other(at: datetime) -> None:
    local = at.astimezone(BERLIN).replace(tzinfo=None)
    meant = moments(local, zone=BERLIN)
    assert at in meant
    assert moment(local, zone=BERLIN) == meant[0]
    told = {shown(one, zone=BERLIN, timespec="microseconds") for one in meant}
    assert len(told) == len(meant)
    assert {datetime.fromisoformat(one) for one in told} == set(meant)
