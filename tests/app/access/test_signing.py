"""Signing a shift's report: who may, what stands against it, and that each answer is on record."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from app.access.accounts import Accounts
from app.access.passwords import Hashing
from app.access.signing import Signed, ToSign, sign
from inspection.access.rights import Meaning, Proof, Role
from inspection.errors import AccessError, StoreError
from inspection.events import Event, EventKind
from inspection.messages.telling import CHINESE
from inspection.part import Outcome
from inspection.times.shifts import Shift
from reports.audit.verification import verify_record
from reports.database.connecting import open_reader
from reports.record.signatures.on_record import (
    find_signed,
    is_signed,
    signing_began,
    verify_signatures,
)
from reports.settings import StoreSettings
from reports.shift.signing.signed_report import report_as_signed, signed_shift
from reports.shift.signing.state import Signing
from reports.store.waiting import read_waiting
from tests.app.access.conftest import WallClock
from tests.app.access.people import ANNA, ANNAS, BEN, BENS, GIVEN, events, on_record, sign_in
from tests.reports.parts import START, closed, part
from tests.reports.postgresql import on_both
from tests.reports.stores import disarm, outside, refused_by, tamper

EARLY = Shift("Early", date(2026, 3, 2), START, START + timedelta(hours=8))
WRITTEN, REVIEWED, APPROVED = Meaning
OVER_S = 9 * 3600.0
"""From the clock's begin to an hour after the shift's end."""

Sign = Callable[..., Signed]


@pytest.fixture
def by(accounts: Accounts, settings: StoreSettings, clock: WallClock, hashing: Hashing) -> Sign:
    """Signs the shift of three released parts, an hour after its end."""
    on_record(settings, *(one for n in (1, 2, 3) for one in (part(n), closed(part(n)))))
    clock.forward(OVER_S)

    def signs(name: str, secret: str, meaning: Meaning, reason: str = "", shift: Shift = EARLY) -> Signed:
        asked = ToSign(shift=shift, meaning=meaning, reason=reason, zone=UTC, station="Line 3")
        return sign(settings, name, secret, asked, now=clock, hashing=hashing)

    return signs


def signing(settings: StoreSettings, clock: WallClock) -> Signing:
    """How the shift is signed now."""
    reader = open_reader(settings.url)
    try:
        found = signed_shift(reader, day=EARLY.date, name=EARLY.name)
        assert found is not None
        report = report_as_signed(reader, found, waiting=read_waiting(settings), now=clock.now)
        assert (report.summary.parts, report.summary.start) == (3, EARLY.start)
        assert report.signing is not None
        return report.signing
    finally:
        reader.dispose()


def last(settings: StoreSettings) -> Event:
    return events(settings)[-1]


def refused(settings: StoreSettings, why: str) -> None:
    """The refusal is the last event on record, in both languages."""
    event = last(settings)
    assert event.kind is EventKind.REFUSED
    assert why in event.detail
    assert "未能签署" in CHINESE.tell(event.coded)


@on_both
def test_two_people_sign_and_it_is_on_record_with_name_role_time_and_meaning(
    by: Sign, settings: StoreSettings, clock: WallClock
) -> None:
    first = by("ben", BENS, WRITTEN)
    clock.forward(60)
    second = by(ANNA, ANNAS, APPROVED)
    assert (first.nth, second.nth, first.shift) == (1, 2, second.shift)
    found = signing(settings, clock)
    assert [(one.name, one.role, one.meaning, one.at) for one in found.signatures] == [
        (BEN, Role.QUALITY, WRITTEN, clock.now - timedelta(seconds=60)),
        (ANNA, Role.ADMINISTRATOR, APPROVED, clock.now),
    ]
    assert {one.report_sha256 for one in found.signatures} == {found.report_sha256}
    assert (found.parts_position, found.added, found.fault) == (6, (), "")
    report = verify_record(settings)
    assert (report.intact, report.signatures) == (True, 2), report.reason
    with outside(settings) as connection:
        assert signing_began(connection) == EARLY.start
        answers = [is_signed(connection, at) for at in (EARLY.start, EARLY.end)]
    assert answers == [True, False]


def test_each_signature_is_an_event_that_says_what_was_signed(by: Sign, settings: StoreSettings) -> None:
    done = by("ben", BENS, WRITTEN)
    closed_by, signed_by = events(settings)[-2:]
    assert (closed_by.kind, signed_by.kind) == (EventKind.SHIFT_CLOSED, EventKind.REPORT_SIGNED)
    assert closed_by.subjects[:2] == ("Early", "2026-03-02")
    assert done.shift.report_sha256 in closed_by.subjects
    assert signed_by.subjects[1:4] == ("quality", "written", done.shift.report_sha256)
    assert (
        CHINESE.tell(signed_by.coded)
        == "Ben（质量工程师）已签署 2026-03-02 班次 Early 的报告，签署含义：编制"
    )


def test_a_record_in_which_nobody_signs_says_so(accounts: Accounts, settings: StoreSettings) -> None:
    with outside(settings) as connection:
        assert (is_signed(connection, START), signing_began(connection)) == (False, None)


def test_an_operator_signs_nothing_and_a_wrong_password_counts_towards_the_lock(
    by: Sign, accounts: Accounts, settings: StoreSettings
) -> None:
    accounts.add("Cara", Role.OPERATOR, GIVEN, by=sign_in(accounts, ANNA, ANNAS))
    cara = accounts.sign_in("Cara", GIVEN, proof=Proof.PASSWORD, to_choose_password=True)
    accounts.choose(Proof.PASSWORD, "Cara's own three words", by=cara)
    with pytest.raises(AccessError, match="no right to this by password: sign shift reports"):
        by("cara", "Cara's own three words", APPROVED)
    assert (last(settings).kind, last(settings).by) == (EventKind.REFUSED, "Cara")
    for _ in range(3):
        with pytest.raises(AccessError, match="is wrong"):
            by("ben", "not Ben's own words", WRITTEN)
    assert last(settings).kind is EventKind.USER_LOCKED
    with pytest.raises(AccessError, match="locked after 3 failed sign-ins"):
        by("ben", BENS, WRITTEN)
    assert last(settings).kind is EventKind.SIGN_IN_REFUSED
    assert verify_record(settings).signatures == 0


def test_a_shift_that_runs_by_the_clock_is_not_signed_also_where_the_clock_jumps_back(
    by: Sign, settings: StoreSettings, clock: WallClock
) -> None:
    clock.forward(-2 * 3600)
    with pytest.raises(AccessError, match="by the clock, which shows 2026-03-02 13:00"):
        by("ben", BENS, WRITTEN)
    refused(settings, "the shift runs until 2026-03-02 14:00")
    clock.forward(2 * 3600)
    by("ben", BENS, WRITTEN)
    clock.forward(-1800)
    with pytest.raises(AccessError, match="the signature before was given at"):
        by(ANNA, ANNAS, APPROVED)
    refused(settings, "the clock shows 2026-03-02 14:30")
    assert by(ANNA, ANNAS, APPROVED, "the station's clock was set right meanwhile").nth == 2


def test_parts_without_an_outcome_bar_a_signature_and_unconfirmed_ones_ask_for_a_reason(
    by: Sign, settings: StoreSettings, clock: WallClock
) -> None:
    on_record(settings, part(4))
    with pytest.raises(AccessError, match="1 parts have no outcome yet: 1004"):
        by("ben", BENS, WRITTEN, "whatever I say")
    refused(settings, "1004")
    on_record(settings, closed(part(4), Outcome.UNCONFIRMED))
    with pytest.raises(AccessError, match=r"nobody knows what became: 1004\. sign with --reason"):
        by("ben", BENS, WRITTEN)
    refused(settings, "1004")
    done = by("ben", BENS, WRITTEN, "1004 was found beside the belt, and scrapped")
    assert "scrapped" in done.signature.reason


def test_nobody_signs_twice_as_the_same_nor_approves_his_own_while_a_second_person_may(
    by: Sign, accounts: Accounts, settings: StoreSettings
) -> None:
    by("ben", BENS, WRITTEN)
    with pytest.raises(AccessError, match="Ben has signed it as written already"):
        by("BEN", BENS, WRITTEN, "once more")
    for meaning in (REVIEWED, APPROVED):
        with pytest.raises(AccessError, match="nobody reviews or approves what he has written"):
            by("ben", BENS, meaning, "I am in a hurry")
        refused(settings, "while a second person may")
    by(ANNA, ANNAS, REVIEWED)
    with pytest.raises(AccessError, match="Anna Müller has signed it as reviewed"):
        by(ANNA, ANNAS, WRITTEN)
    by(ANNA, ANNAS, APPROVED)


def test_who_is_the_only_one_who_may_sign_signs_all(
    by: Sign, accounts: Accounts, settings: StoreSettings
) -> None:
    accounts.give_role(BEN, Role.OPERATOR, by=sign_in(accounts, ANNA, ANNAS))
    assert [by(ANNA, ANNAS, meaning).nth for meaning in Meaning] == [1, 2, 3]


def test_what_comes_after_the_first_signature_is_told_and_is_in_no_signed_figure(
    by: Sign, settings: StoreSettings, clock: WallClock
) -> None:
    done = by("ben", BENS, WRITTEN)
    late = closed(closed(part(2)), Outcome.DIVERTED)
    on_record(settings, late, part(7), closed(part(7)))
    with pytest.raises(AccessError, match="3 records were added since it was first signed, of: 1002, 1007"):
        by(ANNA, ANNAS, APPROVED)
    refused(settings, "1002, 1007")
    by(ANNA, ANNAS, APPROVED, "1002 was taken out by hand")
    found = signing(settings, clock)
    assert [(one.part_id, one.outcome_before, one.outcome) for one in found.added] == [
        (1002, Outcome.RELEASED, Outcome.DIVERTED),
        (1007, None, None),
        (1007, None, Outcome.RELEASED),
    ]
    assert {one.report_sha256 for one in found.signatures} == {done.shift.report_sha256}
    assert [one.parts_position for one in found.signatures] == [6, 9]
    assert verify_record(settings).intact


def test_a_shift_over_a_signed_one_is_not_signed(by: Sign, settings: StoreSettings) -> None:
    """As comes about where a station's shifts are changed."""
    by("ben", BENS, WRITTEN)
    day = Shift("Day", EARLY.date, EARLY.start + timedelta(hours=2), EARLY.end)
    with pytest.raises(AccessError, match="shift Early of 2026-03-02, which lies over it, is signed"):
        by("ben", BENS, WRITTEN, shift=day)


def test_a_broken_record_is_not_signed(by: Sign, settings: StoreSettings) -> None:
    tamper(settings, "UPDATE inspections SET outcome = 'diverted' WHERE position = 4")
    with pytest.raises(AccessError, match="the record is broken"):
        by("ben", BENS, WRITTEN, "it will be right")
    refused(settings, "cannot be proven")


@on_both
def test_of_two_who_sign_at_once_both_are_on_record_one_behind_the_other(
    by: Sign, settings: StoreSettings, clock: WallClock
) -> None:
    begin = threading.Barrier(2)

    def signs(name: str, secret: str, meaning: Meaning) -> None:
        begin.wait()
        by(name, secret, meaning)

    both = [
        threading.Thread(target=signs, args=args) for args in ((BEN, BENS, WRITTEN), (ANNA, ANNAS, APPROVED))
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    found = signing(settings, clock)
    assert sorted(one.meaning for one in found.signatures) == [APPROVED, WRITTEN]
    assert verify_record(settings).signatures == 2


FORGED = {
    "UPDATE signatures SET name = 'Cara' WHERE meaning = 'approved'": "signature, of event .* was changed",
    "UPDATE signatures SET meaning = 'reviewed' WHERE meaning = 'approved'": "was changed",
    "UPDATE signatures SET shift = event_id": "was changed",
    "UPDATE signatures SET report_sha256 = 'ab'": "was changed",
    "DELETE FROM signatures WHERE meaning = 'written'": "Ben's signature, of event .* is absent",
    "UPDATE shifts SET ended_at = started_at": "the row of shift 'Early' .* was changed",
    "UPDATE shifts SET report = replace(report, '\"parts\":3', '\"parts\":4')": "was changed",
    "INSERT INTO signatures SELECT '1' || substr(event_id, 2), shift, 'Cara', 'cara', role, 'reviewed', at,"
    " report_sha256, reason, parts_position FROM signatures WHERE meaning = 'written'": "no event speaks of",
}
"""What somebody may do who can write the database, and what is said of it."""


@on_both
def test_a_forged_row_is_told_by_verification_and_wherever_it_is_used(
    by: Sign, settings: StoreSettings
) -> None:
    by("ben", BENS, WRITTEN)
    by(ANNA, ANNAS, APPROVED)
    for change, why in FORGED.items():
        with outside(settings) as connection:
            disarm(connection)
            connection.exec_driver_sql(change)
            assert verify_signatures(connection)[1], change
            with pytest.raises(StoreError, match=why):
                find_signed(connection, EARLY.date, EARLY.name)
            connection.rollback()
    assert verify_record(settings).signatures == 2


def test_below_a_forged_signature_nobody_signs(by: Sign, settings: StoreSettings) -> None:
    by("ben", BENS, WRITTEN)
    tamper(settings, "UPDATE signatures SET role = 'administrator'")
    report = verify_record(settings)
    assert (report.intact, report.signatures) == (False, 0)
    with pytest.raises(AccessError, match="a signature is not what the record's events say"):
        by(ANNA, ANNAS, APPROVED, "let me")


@on_both
def test_never_rewritten_shifts_and_signatures_are_only_ever_added(by: Sign, settings: StoreSettings) -> None:
    by("ben", BENS, WRITTEN)
    for table in ("shifts", "signatures"):
        refused_by(settings, f"UPDATE {table} SET name = 'x'")
        refused_by(settings, f"DELETE FROM {table}")
        refused_by(settings, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


def test_a_reason_of_many_lines_is_refused(by: Sign) -> None:
    with pytest.raises(AccessError, match="in one line"):
        by("ben", BENS, WRITTEN, "one\ntwo")


def test_a_shift_without_any_part_can_be_signed(by: Sign, settings: StoreSettings, clock: WallClock) -> None:
    clock.now = datetime(2026, 3, 4, tzinfo=UTC)
    idle = Shift("Early", date(2026, 3, 3), EARLY.start + timedelta(days=1), EARLY.end + timedelta(days=1))
    done = by("ben", BENS, WRITTEN, shift=idle)
    assert (done.shift.first_position, done.shift.last_position, done.shift.parts_position) == (0, 0, 6)
    on_record(settings, part(8), closed(part(8)))  # of another shift
    assert by(ANNA, ANNAS, APPROVED, shift=idle).nth == 2
