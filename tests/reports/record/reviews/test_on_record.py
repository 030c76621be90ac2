"""What a person says of a part is on record, beside the decision, which stays as it was."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.event import listen

from inspection.decision import Action, DecidedBy
from inspection.events import Event, EventKind
from inspection.messages.codes import Code
from inspection.messages.telling import tell
from inspection.part import MissedCause, Outcome
from inspection.reviews.on_record import in_words
from inspection.reviews.review import Answer, Review, Verdict
from reports.audit.verification import verify_record
from reports.record.events_chain import in_turn, verify_events
from reports.record.reviews.on_record import (
    NotTaken,
    counting_reviews,
    newest_in,
    newest_reviews,
    put_review,
    reviews_of,
)
from reports.record.reviews.queue import count_open, open_parts
from reports.settings import StoreSettings
from reports.shift.query import all_inspections
from reports.store.store import SqlStore
from tests.reports.older import WITH_ALARMS, old_record
from tests.reports.parts import START, closed, part
from tests.reports.postgresql import on_both
from tests.reports.stores import EVER, NEVER, OpenStore, outside, refused_by, tamper

HELD = part(1, action=Action.MANUAL_REVIEW)
PASSED = part(2)
GOOD = Answer(verdict=Verdict.GOOD)
SCRATCHED = Answer(verdict=Verdict.DEFECT, type="划痕", reason="=deep", revision=1)


def say(settings: StoreSettings, one: str, answer: Answer, by: str = "Ben") -> Review | NotTaken:
    with outside(settings) as connection:
        in_turn(connection)
        return put_review(connection, one, answer, by=by, at=START + timedelta(hours=1))


def said(settings: StoreSettings, one: str, answer: Answer, by: str = "Ben") -> Review:
    found = say(settings, one, answer, by)
    assert isinstance(found, Review)
    return found


def events(settings: StoreSettings) -> list[Event]:
    """All but the first, that the record began."""
    with outside(settings) as connection:
        records = connection.exec_driver_sql("SELECT record FROM events ORDER BY position").scalars().all()
    return [Event.model_validate_json(record) for record in records][1:]


@pytest.fixture
def written(store: SqlStore, settings: StoreSettings) -> StoreSettings:
    for one in (HELD, closed(HELD, Outcome.HELD), PASSED, closed(PASSED)):
        store.append(one)
    return settings


@on_both
def test_the_newest_review_counts_and_the_decision_stays_as_it_was(written: StoreSettings) -> None:
    first = said(written, HELD.inspection_id, GOOD)
    second = said(
        written, HELD.inspection_id, SCRATCHED.model_copy(update={"replaces": first.position}), "Cleo"
    )
    with outside(written) as connection:
        assert reviews_of(connection, HELD.inspection_id) == (first, second)
        assert newest_reviews(connection, [HELD.inspection_id, PASSED.inspection_id]) == {
            HELD.inspection_id: second
        }
        assert newest_in(connection, START, START + timedelta(seconds=2)) == {HELD.inspection_id: second}
        assert newest_in(connection, START + timedelta(seconds=2), NEVER) == {}
        assert counting_reviews(connection, before=None, limit=9) == [second]
    assert (second.by, second.part_id, second.verdict, second.type, second.reason, second.revision) == (
        "Cleo",
        1001,
        Verdict.DEFECT,
        "划痕",
        "=deep",
        1,
    )
    (decided, _) = all_inspections(written, start=EVER, end=NEVER)
    assert decided == closed(HELD, Outcome.HELD)
    assert [event.kind for event in events(written)] == [EventKind.REVIEWED] * 2
    assert verify_record(written).intact


def test_of_two_who_answer_at_once_one_wins_and_the_other_s_try_is_on_record(
    written: StoreSettings,
) -> None:
    first = said(written, HELD.inspection_id, GOOD)
    for late in (SCRATCHED, SCRATCHED.model_copy(update={"replaces": first.position + 7})):
        refused = say(written, HELD.inspection_id, late, by="Cleo")
        assert isinstance(refused, NotTaken)
        assert refused.on_record
        assert "Ben has reviewed it since it was looked up: good" in refused.why
        event = events(written)[-1]
        assert (event.kind, event.by, event.detail) == (EventKind.REFUSED, "Cleo", refused.why)
    with outside(written) as connection:
        assert reviews_of(connection, HELD.inspection_id) == (first,)
    assert verify_record(written).intact


@pytest.mark.parametrize(
    ("one", "answer", "code"),
    [
        ("f" * 32, GOOD, Code.REVIEW_NO_PART),
        (HELD.inspection_id, SCRATCHED.model_copy(update={"revision": 2}), Code.REVIEW_NO_REVISION),
        (PASSED.inspection_id, Answer(verdict=Verdict.DEFECT, type="dent"), Code.REVIEW_NEEDS_REASON),
    ],
)
def test_what_cannot_be_said_of_a_part_changes_nothing(
    written: StoreSettings, one: str, answer: Answer, code: Code
) -> None:
    before = verify_record(written).events.rows
    refused = say(written, one, answer)
    assert isinstance(refused, NotTaken)
    assert refused.why.coded[0].code is code
    assert not refused.on_record
    assert verify_record(written).events.rows == before


def test_any_part_may_be_reviewed_and_an_overridden_decision_has_its_reason(written: StoreSettings) -> None:
    assert said(written, PASSED.inspection_id, SCRATCHED).reason == "=deep"


@on_both
def test_the_queue_has_the_held_parts_that_nobody_has_reviewed_the_oldest_first(
    store: SqlStore, settings: StoreSettings
) -> None:
    late = part(3, action=Action.REWORK, decided_by=DecidedBy.TIMEOUT)
    missed = part(4, action=Action.MANUAL_REVIEW, published=False, missed=MissedCause.GAP)
    bypassed = part(5, action=Action.MANUAL_REVIEW, published=False, missed=MissedCause.BYPASS)
    reworked = part(6, action=Action.REWORK)
    for one in (HELD, PASSED, late, missed, bypassed, reworked, closed(HELD, Outcome.HELD)):
        store.append(one)
    with outside(settings) as connection:
        found = open_parts(connection, after=0, limit=9)
        assert [one.inspection for one in found] == [closed(HELD, Outcome.HELD), late, missed]
        assert [one.root for one in found] == [1, 3, 4]
        (second,) = open_parts(connection, after=found[0].root, limit=1)
        assert second == found[1]
        assert count_open(connection) == 3
    said(settings, late.inspection_id, Answer(verdict=Verdict.DONT_KNOW, reason="too dark"))
    with outside(settings) as connection:
        assert [one.inspection for one in open_parts(connection, after=0, limit=9)] == [
            closed(HELD, Outcome.HELD),
            missed,
        ]


def test_the_queue_is_found_by_its_index_however_long_the_record_is(written: StoreSettings) -> None:
    asked: list[str] = []
    with outside(written) as connection:
        listen(connection, "before_cursor_execute", lambda *found: asked.append(found[2]))
        open_parts(connection, after=0, limit=2)
        chosen = next(one for one in asked if "ORDER BY inspections.root" in one and "LIMIT" in one)
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {chosen}", (0, 2, 0)).all()
    assert "ix_inspections_held" in str(plan)
    assert "SCAN reviews" not in str(plan)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE reviews SET verdict = 'defect'",
        "DELETE FROM reviews",
        "INSERT INTO reviews SELECT 1, inspection_id, part_id, revision, verdict, type, reason, 9"
        " FROM reviews",
    ],
)
def test_never_rewritten_a_changed_review_is_found(
    written: StoreSettings, reader: Engine, tampering: str
) -> None:
    said(written, HELD.inspection_id, GOOD)
    tamper(written, tampering)
    with reader.connect() as connection:
        report = verify_events(connection)
    assert (report.intact, report.reason) == (False, "the row of a review contradicts the event")


@on_both
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reviews SET verdict = 'good'",
        "INSERT OR REPLACE INTO reviews SELECT 1, inspection_id, part_id, revision, 'defect', 'dent', reason,"
        " replaces FROM reviews",
    ],
)
def test_never_rewritten_the_database_itself_refuses_to_change_a_review(
    written: StoreSettings, statement: str
) -> None:
    said(written, HELD.inspection_id, GOOD)
    refused_by(written, statement)


@on_both
def test_the_held_parts_of_a_record_from_before_there_were_reviews_are_in_the_queue(
    settings: StoreSettings, open_store: OpenStore
) -> None:
    old_record(settings, WITH_ALARMS)
    before = verify_record(settings)
    assert before.intact, before.reason
    with outside(settings) as connection:
        assert count_open(connection) == 2
        assert reviews_of(connection, f"{2:032x}") == ()
    open_store()
    with outside(settings) as connection:
        assert [one.inspection.trigger.part_id for one in open_parts(connection, after=0, limit=9)] == [
            1002,
            1003,
        ]
    said(settings, f"{2:032x}", GOOD)
    after = verify_record(settings)
    assert (after.intact, after.rows, after.head) == (True, before.rows, before.head), after.reason
    assert after.events.rows == before.events.rows + 1


def test_what_was_said_can_be_told_in_chinese() -> None:
    before = Review(
        position=1,
        at=START,
        by="Ben",
        inspection_id=HELD.inspection_id,
        part_id=1,
        verdict=Verdict.DONT_KNOW,
        reason="?",
    )
    words = in_words(1001, SCRATCHED, before)
    assert words == "part 1001 was reviewed: 划痕; reason: =deep; in place of what Ben said: don't know"
    assert (
        tell(words.coded, words, "zh")
        == "工件 1001 复核结果：划痕；原因：=deep；替代 Ben 先前的结果：无法判断"
    )


def test_an_event_of_a_review_that_says_not_of_what_breaks_verification_and_nothing_else(
    written: StoreSettings, store: SqlStore
) -> None:
    with pytest.raises(ValueError, match="not enough values"):
        store.note(Event(at=START, kind=EventKind.REVIEWED, by="Ben"))
