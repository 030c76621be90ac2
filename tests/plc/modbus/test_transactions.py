"""Transaction numbers: what a gateway makes of ours is seen, and a late answer is never the one due."""

from collections.abc import Iterator
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plc.modbus.transactions import (
    _MADE,
    RECENT,
    Fit,
    Habit,
    Transactions,
    following,
    habit_of,
)
from plc.settings import TransactionCheck

NUMBERS = st.integers(0, 0xFFFF).map(following)
DISTORTING = [habit for habit in _MADE if habit is not Habit.RIGHT]


def asked(transactions: Transactions, times: int) -> list[int]:
    return [transactions.ask() for _ in range(times)]


@given(number=NUMBERS)
def test_one_answer_shows_the_habit(number: int) -> None:
    for habit, make in _MADE.items():
        assert habit_of(asked=number, answered=make(number)) is habit


def test_the_numbers_go_round_without_being_stuck() -> None:
    def numbers(number: int) -> Iterator[int]:
        while True:
            yield (number := following(number))

    row = list(islice(numbers(0), 20_000))
    assert all(0 <= number <= 0xFFFF for number in row)
    assert all(before != after for before, after in pairwise(row))
    assert len(set(row)) > 4_000, "a number comes back after minutes, not seconds"
    for at in range(RECENT, 6_000):
        recent = row[at - RECENT : at + 1]
        assert len(set(recent)) == len(recent)


@given(start=NUMBERS, habit=st.sampled_from(DISTORTING))
def test_a_number_that_a_gateway_has_changed_never_passes_for_one_of_ours(start: int, habit: Habit) -> None:
    transactions = Transactions(TransactionCheck.STRICT, asked=start)
    for _ in range(2 * RECENT):
        number = transactions.ask()
        assert transactions.fit(_MADE[habit](number)) is Fit.FOREIGN
        assert transactions.foreign is not None
        assert transactions.foreign.habit is habit


@pytest.mark.parametrize("check", TransactionCheck)
def test_a_right_answer_is_due_once_and_late_afterwards(check: TransactionCheck) -> None:
    transactions = Transactions(check)
    before, number = asked(transactions, 2)
    assert transactions.fit(number) is Fit.DUE
    assert transactions.fit(before) is Fit.LATE
    transactions.ask()
    assert transactions.fit(number) is Fit.LATE


def test_answers_of_the_last_connection_are_foreign_to_the_next() -> None:
    transactions = Transactions(TransactionCheck.STRICT)
    numbers = asked(transactions, 5)
    transactions.connected()
    transactions.ask()
    assert {transactions.fit(number) for number in numbers[:-1]} == {Fit.FOREIGN}


@given(start=NUMBERS, habit=st.sampled_from([habit for habit in DISTORTING if habit is not Habit.ZERO]))
def test_a_gateway_that_keeps_to_one_way_is_checked_as_strictly_as_a_right_one(
    start: int, habit: Habit
) -> None:
    make = _MADE[habit]
    transactions = Transactions(TransactionCheck.GATEWAY, asked=start)
    (first,) = asked(transactions, 1)
    assert transactions.fit(make(first)) is Fit.DUE
    before = first
    for _ in range(RECENT):
        number = transactions.ask()
        assert transactions.fit(make(before)) is Fit.LATE
        assert transactions.fit(0x55 if habit is not Habit.LOW_BYTE else 0x5555) is Fit.FOREIGN
        assert transactions.fit(make(number)) is Fit.DUE
        assert transactions.tells_late_answers
        before = number


def test_a_gateway_with_numbers_that_tell_nothing_is_known_as_one() -> None:
    transactions = Transactions(TransactionCheck.GATEWAY)
    assert not transactions.tells_late_answers, "nothing is known yet"
    transactions.ask()
    assert transactions.fit(0) is Fit.DUE
    assert (transactions.habit, transactions.tells_late_answers) == (Habit.ZERO, False)
    assert transactions.fit(5) is Fit.FOREIGN


@given(st.lists(st.integers(0, 0x7F), min_size=40, max_size=200))
def test_numbers_of_a_gateways_own_may_fit_by_chance(numbers: list[int]) -> None:
    transactions = Transactions(TransactionCheck.GATEWAY, asked=0x9021)
    transactions.ask()
    transactions.fit(0x7ABC)
    for own in numbers:
        asked_with = transactions.ask()
        by_chance = own < 4
        assert transactions.fit(asked_with & 0xFF if by_chance else 0x7000 + own) is Fit.DUE
        if transactions.habit is not Habit.OWN:
            break  # four in a row


def test_a_gateway_whose_first_answer_was_an_old_one_is_known_soon() -> None:
    transactions = Transactions(TransactionCheck.GATEWAY, asked=0x9021)
    transactions.ask()
    assert transactions.fit(0x7ABC) is Fit.DUE
    for _ in range(4):
        assert not transactions.tells_late_answers
        assert transactions.fit(_MADE[Habit.SWAPPED](transactions.ask())) is Fit.DUE
    assert transactions.habit is Habit.SWAPPED


def test_a_gateways_way_is_kept_from_one_connection_to_the_next_and_found_anew_where_it_does_not_hold() -> (
    None
):
    transactions = Transactions(TransactionCheck.GATEWAY)
    swapped, zero = _MADE[Habit.SWAPPED], 0
    assert transactions.fit(swapped(transactions.ask())) is Fit.DUE
    transactions.connected()
    transactions.ask()
    assert transactions.fit(zero) is Fit.FOREIGN, "what stands in a gateway is not taken for the first answer"
    transactions.connected()
    transactions.ask()
    assert transactions.fit(zero) is Fit.DUE, "another gateway"
