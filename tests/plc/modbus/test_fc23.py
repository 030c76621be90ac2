"""FC23 is given up where the PLC lacks it, in whatever way it says so, and never because a PLC broke."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plc.modbus.fc23 import Fc23
from plc.modbus.wire_failures import Failing
from plc.settings import Telegrams

FAILING = st.sampled_from(Failing)


def lacks(fc23: Fc23, failing: Failing, *, exchanges: int = 6) -> list[int]:
    """A PLC that lacks FC23 and does FC16 and FC03: which functions are asked for."""
    asked = []
    for _ in range(exchanges):
        if fc23.due:
            asked.append(23)
            fc23.failed(failing, first=False)
        else:
            asked.append(16)
            fc23.carried()
    return asked


@pytest.mark.parametrize("failing", Failing)
def test_fc23_that_fails_where_the_others_work_is_given_up_after_the_second_time(failing: Failing) -> None:
    fc23 = Fc23(Telegrams.AUTO)
    fc23.serves(77)
    assert lacks(fc23, failing) == [23, 16, 23, 16, 16, 16]
    assert fc23.lacking
    assert 'telegrams = "fc16-fc03"' in fc23.notice


@pytest.mark.parametrize(("code", "tries"), [(1, 1), (2, 2), (3, 2), (4, 2), (10, 2), (11, 2)])
def test_an_exception_is_gone_around_at_once(code: int, tries: int) -> None:
    fc23 = Fc23(Telegrams.AUTO)
    asked = 0
    while fc23.due:
        asked += 1
        assert fc23.refused(code, first=False), "the same exchange goes on with FC16 and FC03"
        fc23.carried()
    assert asked == tries
    assert f"answers FC23 with Modbus exception {code}" in fc23.notice


def test_a_busy_plc_is_no_plc_without_fc23() -> None:
    fc23 = Fc23(Telegrams.AUTO)
    assert not fc23.refused(6, first=True)
    assert fc23.due


@given(st.lists(st.tuples(FAILING, st.integers(0, 5)), max_size=20))
def test_where_fc23_has_worked_a_plc_that_fails_on_a_running_connection_is_a_plc_that_fails(
    troubles: list[tuple[Failing, int]],
) -> None:
    fc23 = Fc23(Telegrams.AUTO)
    fc23.serves(77)
    fc23.answered()
    for failing, code in troubles:
        fc23.failed(failing, first=False)
        assert fc23.due
        assert not code > 1 or not fc23.refused(code, first=False)
        assert fc23.due
        assert fc23.notice == ""


@given(st.lists(st.booleans(), max_size=30))
def test_one_failure_between_answers_never_gives_it_up(fails: list[bool]) -> None:
    fc23 = Fc23(Telegrams.AUTO)
    for fail in fails:
        if fail:
            fc23.failed(Failing.IGNORED, first=True)
            assert not fc23.due
            assert not fc23.carried()
        assert fc23.due
        fc23.answered()
    assert not fc23.lacking


def test_another_run_of_the_plc_is_asked_anew_and_the_same_one_is_not() -> None:
    fc23 = Fc23(Telegrams.AUTO)
    fc23.serves(77)
    lacks(fc23, Failing.CLOSED)
    for boot_id in (77, 0, 77):
        fc23.serves(boot_id)  # 0: a line block that is still empty
        assert fc23.lacking
    fc23.serves(78)
    assert fc23.due
    assert fc23.notice == ""


def test_where_fc16_is_refused_as_well_it_is_not_fc23_that_the_plc_dislikes() -> None:
    fc23 = Fc23(Telegrams.AUTO)
    for _ in range(5):
        assert fc23.refused(2, first=True)
        fc23.not_carried()
        assert fc23.due


def test_settings_that_name_the_functions_hold() -> None:
    only = Fc23(Telegrams.FC23)
    for _ in range(5):
        only.failed(Failing.IGNORED, first=True)
        assert not only.refused(1, first=True)
        assert only.due
    never = Fc23(Telegrams.FC16_FC03)
    assert not never.due
    assert never.lacking
    assert never.notice == "", "as it was ordered"
