"""No part is left out of a report in silence because the wall clock was set back."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, insert
from sqlalchemy.pool import StaticPool

from reports.audit.clock_set_back import ORDINARY, LeftOut, left_out
from reports.record.schema import Base, InspectionRow, columns_of
from reports.settings import StoreSettings
from tests.reports.parts import START, closed, part

BORDER = ORDINARY.total_seconds()
FROM, TO = 1000.0, 2000.0
"""The stretch that is asked for, s from START."""


@pytest.fixture(scope="module")
def engine(lasting_settings: StoreSettings) -> Iterator[Engine]:
    engine = create_engine(lasting_settings.url, poolclass=StaticPool)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def asked(
    engine: Engine, seen_s: Sequence[float], *, now_s: float = 1e6, revised: bool = False
) -> LeftOut | None:
    """What is left out of a record of parts seen at these moments, in the order of recording."""
    rows, position = [], 0
    for number, seconds in enumerate(seen_s, 1):
        intent = part(number)
        trigger = intent.trigger.model_copy(update={"seen_at": START + timedelta(seconds=seconds)})
        intent = intent.model_copy(update={"trigger": trigger})
        root = position + 1
        for revision in (intent, closed(intent)) if revised else (intent,):
            position += 1
            link = {"position": position, "root": root, "record": "", "prev_hash": "", "row_hash": ""}
            rows.append({**columns_of(revision), **link, "supersedes": None, "trigger_cycle": None})
    with engine.connect() as connection:
        if rows:
            connection.execute(insert(InspectionRow.metadata.tables[InspectionRow.__tablename__]), rows)
        found = left_out(
            connection,
            start=START + timedelta(seconds=FROM),
            end=START + timedelta(seconds=TO),
            now=START + timedelta(seconds=now_s),
        )
        connection.rollback()
    return found


def every(seconds: float, begin: float, end: float) -> list[float]:
    return [begin + seconds * step for step in range(int((end - begin) / seconds))]


def test_the_clock_was_set_back_by_an_hour_and_the_report_is_of_now(engine: Engine) -> None:
    """31 of 142 parts, as it was found: the report ends now, and now was an hour later before."""
    before, again = every(10, 1500, 2300), every(10, 1700, 1900)
    found = asked(engine, before + again, now_s=1900, revised=True)
    assert found == LeftOut(
        parts=30, earliest=START + timedelta(seconds=2000), latest=START + timedelta(seconds=2290)
    )


def test_before_the_next_part_comes_what_lies_in_the_future_is_said(engine: Engine) -> None:
    found = asked(engine, every(10, 1500, 2300), now_s=1950)
    assert found is not None
    assert found.parts == 30
    found = asked(engine, every(10, 90_000, 91_000), now_s=1950)
    assert found is not None, "set back by a day: no part is in the stretch at all"
    assert found.parts == 100


def test_a_clock_that_came_up_in_another_year(engine: Engine) -> None:
    """Its parts belong to no shift that anybody asks for: said by the one that they were recorded beside."""
    for wrong in (-1e9, +1e9):
        yesterday, lost, today = every(10, 0, 900), every(10, wrong, wrong + 7000), every(10, 1100, 1900)
        found = asked(engine, yesterday + lost + today, now_s=1900)
        assert found is not None
        assert found.parts == 700
        found = asked(engine, yesterday + today[:40] + lost + today[40:], now_s=1900)
        assert found is not None
        assert found.parts == 700
    found = asked(engine, every(10, 1100, 1900) + every(10, -1e9, -1e9 + 7000) + every(10, 2100, 2900))
    assert found is not None
    assert found.parts == 700


@pytest.mark.parametrize(
    "seen_s",
    [
        [],
        every(10, 0, 3000),
        every(10, 0, 900) + every(10, 2500, 3000),
        [*every(10, 0, 1990), 2001.0, 1999.9, *every(10, 2010, 3000)],
        [*every(10, 0, 990), 1000.1, 999.9, *every(10, 1010, 3000)],
        [*every(10, 0, 990), 1000.2, 993.0, 1000.3, *every(10, 1010, 3000)],
        [2000.1, 1999.9],
        [1000.1, 999.9],
        [999.9, 1500.0, 2000.1],
    ],
)
@pytest.mark.parametrize("revised", [False, True])
def test_an_ordinary_record_is_no_false_alarm(engine: Engine, seen_s: list[float], revised: bool) -> None:
    """Shifts before and after, nothing in the shift, records of neighbours exchanged at its borders."""
    assert asked(engine, seen_s, revised=revised) is None


def test_the_clock_of_another_machine_may_differ_a_little(engine: Engine) -> None:
    assert asked(engine, [*every(10, 1500, 1990), 2003.0], now_s=2000.0) is None


def expected(seen_s: Sequence[float], now_s: float) -> int:
    """The rules of the module, written out over a list."""
    inside = [index for index, seen in enumerate(seen_s) if FROM <= seen < TO]
    outside = [index for index, seen in enumerate(seen_s) if not FROM <= seen < TO]
    if not inside:
        before = [index for index, seen in enumerate(seen_s) if seen < FROM]
        last = before[-1] if before else -1
        return sum(seen >= max(TO, now_s + BORDER) for seen in seen_s[last + 1 :])
    low, high = inside[0], inside[-1]
    between = [seen_s[index] for index in outside if low < index < high]
    count = len(between) if any(seen >= TO + BORDER or seen < FROM - BORDER for seen in between) else 0
    for index in range(low - 1, -1, -1):
        if not (seen_s[index] >= TO + BORDER or max(seen_s[:index], default=-1e9) > seen_s[index] + BORDER):
            break
        count += 1
    after = []
    for seen in seen_s[high + 1 :]:
        if seen >= TO:
            break
        after.append(seen)
    if after and min(after) < max(seen_s[index] for index in inside) - BORDER:
        count += len(after)
    return count + sum(seen >= max(TO, now_s + BORDER) for seen in seen_s[high + 1 :])


moments = st.one_of(
    st.integers(0, 3000), st.integers(990, 1010), st.integers(1985, 2015), st.sampled_from([-90_000, 90_000])
)


@given(st.lists(moments, max_size=14), st.sampled_from([1500, 2000, 2500, 100_000]))
def test_as_the_rules_say(engine: Engine, seen_s: list[int], now_s: int) -> None:
    found = asked(engine, seen_s, now_s=now_s)
    assert (found.parts if found else 0) == expected(seen_s, now_s)


@given(st.lists(st.integers(0, 3000), max_size=14).map(sorted))
def test_time_that_only_goes_forward_leaves_nothing_out(engine: Engine, seen_s: list[int]) -> None:
    assert asked(engine, seen_s) is None
