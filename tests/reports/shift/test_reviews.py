"""What people said of a shift's parts: counted by who said it, beside decisions that stay as they were."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from inspection.decision import Action
from inspection.events import Event, EventKind
from inspection.part import MissedCause, Outcome
from inspection.reviews.review import Answer, Review, Verdict
from reports.record.chain import GENESIS
from reports.record.reviews.on_record import put_review
from reports.record.signatures.on_record import find_signed, put_shift
from reports.record.signatures.table import ClosedShift, sha256_of
from reports.settings import StoreSettings
from reports.shift.as_table import to_table
from reports.shift.figures import shift_summary
from reports.shift.files import listed_parts
from reports.shift.reviews import Reviews
from reports.shift.signing.signed_report import signing_of
from reports.store.store import SqlStore
from reports.store.waiting import NOTHING
from tests.reports.parts import START, closed, part
from tests.reports.postgresql import on_both
from tests.reports.shift.the_shift import END
from tests.reports.stores import outside

DEFECT = Answer(verdict=Verdict.DEFECT, type="dent", reason="seen at assembly")
GOOD = Answer(verdict=Verdict.GOOD)


def review(
    settings: StoreSettings, number: int, answer: Answer, by: str = "Ben", hours: float = 1.0
) -> Review:
    with outside(settings) as connection:
        at = START + timedelta(hours=hours)
        found = put_review(connection, f"{number:032x}", answer, by=by, at=at)
    assert isinstance(found, Review)
    return found


@pytest.fixture
def filled(store: SqlStore, settings: StoreSettings) -> StoreSettings:
    """Nine parts: held, passed, reworked in turn; the last two were missed, the very last by bypass."""
    actions = (Action.MANUAL_REVIEW, Action.PASS, Action.REWORK)
    for number in range(1, 8):
        one = part(number, action=actions[number % 3])
        store.append(one)
        store.append(closed(one, Outcome.RELEASED if one.decision.action is Action.PASS else Outcome.HELD))
    for number, cause in ((8, MissedCause.OVERRUN), (9, MissedCause.BYPASS)):
        store.append(part(number, action=Action.MANUAL_REVIEW, published=False, missed=cause))
    return settings


def figures(reader: Engine) -> Reviews:
    found = shift_summary(reader, start=START, end=END).reviews
    assert found is not None
    return found


@on_both
def test_reviews_are_counted_by_who_gave_them_and_what_overrides_a_decision_has_its_reason(
    filled: StoreSettings, reader: Engine
) -> None:
    assert (figures(reader).held, figures(reader).waiting) == (3, 3)
    first = review(filled, 3, Answer(verdict=Verdict.DONT_KNOW, reason="too dark"), by="Anna")
    review(filled, 3, GOOD.model_copy(update={"replaces": first.position}), hours=20.0)
    review(filled, 1, DEFECT)
    review(filled, 4, GOOD)
    review(filled, 2, Answer(verdict=Verdict.GOOD, reason="dust"), by="Anna")
    review(filled, 8, GOOD)
    found = figures(reader)
    assert (found.held, found.waiting) == (3, 1)
    anna, ben = found.by
    assert (anna.by, anna.parts, anna.overrides) == ("Anna", 1, 1)
    assert (ben.by, ben.parts, ben.overrides) == ("Ben", 4, 1)
    assert ben.by_verdict == {Verdict.GOOD: 3, Verdict.DEFECT: 1, Verdict.DONT_KNOW: 0}
    assert [(one.part_id, one.decided, one.overrides, one.reason) for one in found.reasons] == [
        (1001, Action.PASS, True, "seen at assembly"),
        (1002, Action.REWORK, True, "dust"),
    ]


def test_decisions_are_compared_with_reviews_where_nobody_was_asked(
    filled: StoreSettings, reader: Engine
) -> None:
    review(filled, 3, GOOD)
    review(filled, 8, GOOD)
    assert figures(reader).agreement is None
    review(filled, 1, DEFECT)
    review(filled, 4, GOOD)
    review(filled, 2, Answer(verdict=Verdict.DONT_KNOW, reason="?"))
    review(filled, 5, Answer(verdict=Verdict.GOOD, reason="dust"))
    agreement = figures(reader).agreement
    assert agreement is not None
    (station,) = agreement.appraisers
    shares = (station.effectiveness, station.miss_rate, station.false_alarm_rate)
    assert [(one.share.count, one.share.of) for one in shares if one is not None] == [(1, 3), (1, 1), (1, 2)]


def lines(settings: StoreSettings, reader: Engine, *, signed: bool = False) -> list[dict[str, str]]:
    with reader.connect() as connection:
        found = find_signed(connection, START.date(), "Early") if signed else None
    listed = listed_parts(reader, start=START, end=END, signed=found, waiting=NOTHING)
    text = listed.to_csv(separator=",", decimal=".").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_csv_has_the_newest_review_beside_the_decision(filled: StoreSettings, reader: Engine) -> None:
    first = review(filled, 1, Answer(verdict=Verdict.DONT_KNOW, reason="too dark"))
    review(filled, 1, DEFECT.model_copy(update={"replaces": first.position}))
    told = lines(filled, reader)
    columns = ("action", "review", "review_type", "reviewed_by", "reviewed_at_utc", "review_reason")
    assert [told[0][name] for name in columns] == [
        *("pass", "defect", "dent", "Ben"),
        *("2026-03-02 07:00:00.000", "seen at assembly"),
    ]
    assert [told[1][name] for name in columns] == ["rework", "", "", "", "", ""]


@on_both
def test_what_people_say_after_a_signature_is_in_no_figure_of_it_and_told_apart(
    filled: StoreSettings, reader: Engine
) -> None:
    review(filled, 3, GOOD)
    with outside(filled) as connection:
        after = connection.exec_driver_sql("SELECT max(position) FROM events").scalar_one()
        shift = ClosedShift(
            name="Early",
            day=START.date(),
            started_at=START,
            ended_at=END,
            zone="UTC",
            report_sha256=sha256_of("{}"),
            parts_position=16,
            parts_head=GENESIS,
            first_position=1,
            last_position=16,
            events_position=after,
            events_head=GENESIS,
        )
        put_shift(connection, shift, "{}", Event(at=END, kind=EventKind.SHIFT_CLOSED, by="Anna"))
    late = review(filled, 1, DEFECT, hours=30.0)
    told = lines(filled, reader, signed=True)
    assert [(one["part_id"], one["review"], one["after_signing"]) for one in told if one["review"]] == [
        ("1003", "good", "no"),
        ("1001", "defect", "yes"),
    ]
    assert len(told) == 10
    with reader.connect() as connection:
        signed = find_signed(connection, START.date(), "Early")
        assert signed is not None
        added = signing_of(connection, signed).added_events
    assert [(event.kind, event.at) for event in added] == [(EventKind.REVIEWED, late.at)]


def test_the_terminal_says_how_many_held_parts_wait(filled: StoreSettings, reader: Engine) -> None:
    table = to_table(shift_summary(reader, start=START, end=END))
    cells = dict(zip(*(list(column.cells) for column in table.columns), strict=True))
    assert (cells["held parts"], cells["  not reviewed"]) == ("3", "3")
