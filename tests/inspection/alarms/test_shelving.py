"""An alarm is shelved for a bounded time, the shorter the more it asks for a person, and some never."""

from itertools import pairwise

import pytest

from inspection.alarms.catalogue import STOPS_LINE, AlarmCode
from inspection.alarms.priority import Priority, priority_of
from inspection.alarms.shelving import MOST_MINUTES, most_minutes


@pytest.mark.parametrize("code", AlarmCode)
def test_what_is_critical_and_stops_the_line_is_never_shelved_and_all_else_for_the_time_of_its_priority(
    code: AlarmCode,
) -> None:
    never = priority_of(code) is Priority.HIGH and code in STOPS_LINE
    assert most_minutes(code) == (0 if never else MOST_MINUTES[priority_of(code)])


def test_the_more_urgent_the_shorter() -> None:
    minutes = [MOST_MINUTES[priority] for priority in sorted(Priority, key=lambda one: one.rank)]
    assert all(shorter < longer for longer, shorter in pairwise(minutes))


def test_each_way_in_which_the_line_takes_no_part_or_none_passes_has_an_alarm_that_stays_in_sight() -> None:
    assert not any(
        most_minutes(code)
        for code in (AlarmCode.NOT_RECORDED, AlarmCode.RELEASED_WITHOUT_PASS, AlarmCode.CHALLENGE_FAILED)
    )
