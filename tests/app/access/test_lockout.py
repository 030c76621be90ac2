"""The lock-out: it grows, ends, outlives a restart, and no clock that is set back shortens it."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.accounts import Accounts
from app.access.lockout import FIRST_S, FREE, LONGEST_S, PIN_FAILURES, delay_s, wait_s
from app.access.passwords import Hashing
from inspection.access.rights import Proof
from inspection.errors import AccessError
from inspection.messages.codes import Code
from reports.record.users.attempts import Attempts
from reports.settings import StoreSettings
from tests.app.access.conftest import WallClock
from tests.app.access.people import ANNA, ANNAS, BEN, BENS, BENS_PIN, GIVEN, events, kinds, sign_in
from tests.reports.postgresql import on_both

AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
FAILURES = st.integers(0, 10_000)


def fail(accounts: Accounts, times: int = 1, *, name: str = BEN) -> None:
    for _ in range(times):
        with pytest.raises(AccessError):
            sign_in(accounts, name, "not the words that it is")


@given(FAILURES)
def test_the_delay_grows_up_to_its_longest(failures: int) -> None:
    assert 0 <= delay_s(failures) <= delay_s(failures + 1) <= LONGEST_S
    assert (delay_s(failures) > 0) == (failures >= FREE)


@given(FAILURES, st.floats(-1e6, 1e6))
def test_a_lock_lasts_its_delay_at_most_and_never_less_where_the_clock_was_set_back(
    failures: int, passed_s: float
) -> None:
    wait = wait_s(Attempts(failures, AT), AT + timedelta(seconds=passed_s))
    assert 0 <= wait <= delay_s(failures)
    if passed_s < 0:
        assert wait == delay_s(failures)
    else:
        assert wait == pytest.approx(max(delay_s(failures) - passed_s, 0), abs=1e-5)


def test_after_three_failures_the_right_password_waits_as_well_and_opens_behind(
    accounts: Accounts, clock: WallClock
) -> None:
    fail(accounts, FREE)
    clock.forward(FIRST_S - 1)
    with pytest.raises(AccessError, match="locked after 3 failed sign-ins, for 1 s") as refused:
        sign_in(accounts, BEN, BENS)
    assert refused.value.message.code is Code.SIGN_IN_LOCKED
    sign_in(accounts, ANNA, ANNAS)  # another name is not locked
    clock.forward(1)
    assert sign_in(accounts, BEN, BENS).name == BEN
    fail(accounts, FREE - 1)
    sign_in(accounts, BEN, BENS)  # they begin anew


def test_each_failure_more_doubles_the_wait(accounts: Accounts, clock: WallClock) -> None:
    fail(accounts, FREE)
    for wait in (30, 60, 120, 240):
        with pytest.raises(AccessError, match=f"for {wait} s"):
            sign_in(accounts, BEN, BENS)
        clock.forward(wait)
        fail(accounts)


@on_both
def test_a_restart_forgets_no_failure(
    accounts: Accounts, settings: StoreSettings, clock: WallClock, hashing: Hashing
) -> None:
    fail(accounts, FREE)
    with pytest.raises(AccessError, match="locked"):
        sign_in(Accounts(settings, now=clock, hashing=hashing), BEN, BENS)


@on_both
def test_a_clock_that_jumps_back_an_hour_makes_a_lock_one_delay_longer_and_no_more(
    accounts: Accounts, clock: WallClock
) -> None:
    fail(accounts, FREE)
    clock.forward(-3600)
    for passed in (0, 10):
        clock.forward(passed)
        with pytest.raises(AccessError, match=f"for {FIRST_S - passed:.0f} s"):
            sign_in(accounts, BEN, BENS)
    clock.forward(FIRST_S - 10)
    assert sign_in(accounts, BEN, BENS).name == BEN


def test_whoever_hammers_at_a_locked_name_fills_no_disk(accounts: Accounts, settings: StoreSettings) -> None:
    fail(accounts, FREE + 20)
    assert kinds(settings)[-5:] == [*["sign_in_failed"] * FREE, "user_locked", "sign_in_refused"]


def test_names_that_nobody_has_are_locked_as_one_and_what_was_typed_is_not_kept(
    accounts: Accounts, settings: StoreSettings
) -> None:
    for typed in ("Nobody", "my password in the wrong field", "Cara\0"):
        fail(accounts, name=typed)
    with pytest.raises(AccessError, match="locked"):
        sign_in(accounts, "somebody else", ANNAS)
    assert {event.by for event in events(settings)[-5:]} == {"unknown"}
    assert "wrong field" not in "".join(event.model_dump_json() for event in events(settings))
    sign_in(accounts, BEN, BENS)


def test_the_answer_does_not_say_whether_a_name_exists(accounts: Accounts) -> None:
    said = []
    for name in (BEN, "Nobody"):
        with pytest.raises(AccessError) as refused:
            sign_in(accounts, name, "not the words that it is")
        said.append(str(refused.value))
    assert said[0] == said[1]


def test_after_so_many_failures_the_pin_opens_nothing_until_the_password_has(
    accounts: Accounts, clock: WallClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PIN_FAILURES == 100
    monkeypatch.setattr("app.access.signing_in.PIN_FAILURES", 5)
    accounts.choose(Proof.PIN, BENS_PIN, by=sign_in(accounts, BEN, BENS))
    assert sign_in(accounts, BEN, BENS_PIN, Proof.PIN).proof is Proof.PIN
    for _ in range(5):
        fail(accounts)
        clock.forward(LONGEST_S)
    with pytest.raises(AccessError, match="the PIN opens nothing") as refused:
        sign_in(accounts, BEN, BENS_PIN, Proof.PIN)
    assert refused.value.message.code is Code.PIN_USED_UP
    sign_in(accounts, BEN, BENS)
    sign_in(accounts, BEN, BENS_PIN, Proof.PIN)


def test_another_password_by_an_administrator_lifts_the_lock_and_voids_the_pin(accounts: Accounts) -> None:
    accounts.choose(Proof.PIN, BENS_PIN, by=sign_in(accounts, BEN, BENS))
    fail(accounts, FREE)
    given = accounts.give_password(BEN, GIVEN, by=sign_in(accounts, ANNA, ANNAS))
    assert (given.pin, given.own_password) == (None, False)
    assert accounts.sign_in(BEN, GIVEN, proof=Proof.PASSWORD, to_choose_password=True).name == BEN


def test_who_tries_many_at_once_has_no_more_tries_than_one_after_the_other(
    accounts: Accounts, settings: StoreSettings, clock: WallClock, hashing: Hashing
) -> None:
    """While the right password is compared, another attempt is the one too many."""
    fail(accounts, FREE - 1)

    class Slow(Hashing):
        meanwhile = 1

        def fits(self, secret: str, phc: str | None) -> bool:
            fits = hashing.fits(secret, phc)
            if self.meanwhile:
                self.meanwhile -= 1
                fail(accounts)
            return fits

    with pytest.raises(AccessError, match=f"locked after {FREE} failed sign-ins, for {math.ceil(FIRST_S)} s"):
        sign_in(Accounts(settings, now=clock, hashing=Slow()), BEN, BENS)
    assert kinds(settings)[-3:] == ["sign_in_failed", "user_locked", "sign_in_refused"]
