"""What may be asked of a challenge, and when one is due."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from inspection.challenge.look import looked_at
from inspection.challenge.plan import ChallengePlan, Piece
from inspection.challenge.round import Round
from inspection.challenge.standing import SET_BACK, ChallengeState, Judging, Met, why_due
from inspection.decision import NO_MODEL, Action, DecidedBy, Decision, GaugeReading, ModelRef, RecipeRef
from inspection.times.shifts import THREE_SHIFTS, ShiftCalendar, ShiftRule
from tests.fakes import EPOCH, decision

GOLDEN = {"name": "golden", "expects": "pass"}
SCRATCHED = {"name": "scratched", "expects": ["rework", "stop"]}


def plan(*pieces: dict[str, Any], **changes: Any) -> ChallengePlan:
    return ChallengePlan.model_validate({"pieces": pieces or (GOLDEN, SCRATCHED), **changes})


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ((GOLDEN,), "at least one must be defective"),
        ((GOLDEN, {**SCRATCHED, "expects": ["pass", "rework"]}), "may both pass and not"),
        ((GOLDEN, {**SCRATCHED, "expects": []}), "at least 1 item"),
        (({**GOLDEN, "defect": "dent"}, SCRATCHED), "is to pass"),
        ((GOLDEN, {**SCRATCHED, "name": "golden"}), "the name 'golden' stands for two pieces"),
        (({**GOLDEN, "part_ids": [7]}, {**SCRATCHED, "part_ids": [7]}), "the part id '7'"),
        (({**GOLDEN, "serial": "A"}, {**SCRATCHED, "serial": "A"}), "the serial 'A'"),
        ((GOLDEN, {**SCRATCHED, "gauges": {"pressure": [5.0, 4.0]}}), "cannot read 5 to 4"),
        ((GOLDEN, {**SCRATCHED, "expects": "scrap"}), "expects"),
    ],
)
def test_a_set_that_proves_nothing_or_cannot_be_told_apart_is_refused(
    pieces: tuple[dict[str, Any], ...], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        plan(*pieces)


def test_a_gauge_that_the_recipe_lacks_is_named() -> None:
    asked = plan(GOLDEN, {**SCRATCHED, "gauges": {"pressure": [3.0, 4.0]}})
    assert not asked.misfit(["pressure"])
    assert "'pressure'" in asked.misfit(["level"])


# --- looks ----------------------------------------------------------------------------------------------


def lacking(piece: dict[str, Any], said: Decision) -> str:
    return looked_at(Piece.model_validate(piece), said, round_id="r", by="Ann").lacking


def test_a_piece_gets_what_it_must_only_by_a_model_in_time_with_all_that_is_asked_besides() -> None:
    assert not lacking(GOLDEN, decision(Action.PASS))
    assert lacking(GOLDEN, decision(Action.REWORK)) == "it must get pass"
    assert lacking(SCRATCHED, decision(Action.PASS)) == "it must get rework, stop"
    assert not lacking(SCRATCHED, decision(Action.STOP))
    review = {**SCRATCHED, "expects": "manual_review"}
    assert not lacking(review, decision(Action.MANUAL_REVIEW))
    blind = decision(Action.MANUAL_REVIEW, model=NO_MODEL, decided_by=DecidedBy.GUARD)
    assert "not judged" in lacking(review, blind), "a dark camera sends all to review"
    assert "not judged" in lacking(review, decision(Action.MANUAL_REVIEW, decided_by=DecidedBy.TIMEOUT))
    assert "no dent" in lacking({**SCRATCHED, "defect": "dent"}, decision(Action.REWORK))
    gauged = {**SCRATCHED, "gauges": {"pressure": [3.0, 4.0]}}
    for value, right in ((3.5, True), (4.5, False), (None, False)):
        read = GaugeReading(name="pressure", value=value, unit="bar", in_range=value is not None)
        assert (not lacking(gauged, decision(Action.REWORK, gauges=(read,)))) == right


# --- one under way --------------------------------------------------------------------------------------


def test_pieces_that_are_named_come_in_any_order_and_the_others_in_the_plans() -> None:
    named = {"name": "label", "expects": "stop", "serial": "L-1", "part_ids": [900]}
    now = Round(plan(GOLDEN, named, SCRATCHED, repeats=2), "r", "Ann", EPOCH)

    def comes(part_id: int = 1, serial: str = "") -> str:
        piece = now.piece_of(part_id=part_id, serial=serial)
        if piece is None:
            return ""
        now.looks.append(looked_at(piece, decision(piece.expects[0]), round_id="r", by="Ann"))
        return piece.name

    assert [comes(), comes(serial="L-1"), comes(), comes(), comes(part_id=900), comes()] == [
        *("golden", "label", "scratched", "golden", "label", "scratched")
    ]
    assert not now.wanted
    assert not now.wrong
    assert comes() == "", "none is wanted any more"
    assert comes(serial="L-1") == "label", "a piece is never taken for a part"


def test_a_part_that_two_pieces_claim_is_neither() -> None:
    one, two = {**GOLDEN, "part_ids": [1]}, {**SCRATCHED, "serial": "S"}
    assert Round(plan(one, two), "r", "Ann", EPOCH).piece_of(part_id=1, serial="S") is None


# --- when it is due -------------------------------------------------------------------------------------

JUDGING = Judging.of(RecipeRef(id=1, version=1), ModelRef(name="m", version="1", sha256=""), plan())


def due(asked: ChallengePlan, met: Met | None, now: datetime, calendar: ShiftCalendar = THREE_SHIFTS) -> str:
    by_what = JUDGING._replace(pieces=asked.digest)
    known = met and met._replace(by_what=met.by_what._replace(pieces=asked.digest))
    return why_due(asked, known, by_what, shift=calendar.shift_of(now), now=now)


def test_one_is_due_where_none_ever_passed_and_when_what_was_challenged_has_changed() -> None:
    never = plan(shift_start=False)
    assert due(never, None, EPOCH)
    met = Met(EPOCH, JUDGING)
    assert not due(never, met, EPOCH + timedelta(days=400))
    for changed in (JUDGING._replace(recipe="2 1 "), JUDGING._replace(model="m 2 ")):
        assert due(never, Met(EPOCH, changed), EPOCH)
    quiet = plan(shift_start=False, recipe_change=False, model_change=False)
    assert not due(quiet, Met(EPOCH, JUDGING._replace(recipe="2 1 ", model="m 2 ")), EPOCH)
    other = why_due(
        quiet,
        met,
        JUDGING._replace(pieces=plan(repeats=2).digest),
        shift=THREE_SHIFTS.shift_of(EPOCH),
        now=EPOCH,
    )
    assert "other pieces" in other


def test_it_is_due_after_hours_and_after_parts_and_when_the_clock_was_set_back() -> None:
    asked = plan(shift_start=False, every_hours=4, after_parts=100)
    met = Met(EPOCH, JUDGING)
    assert not due(asked, met, EPOCH + timedelta(hours=4, microseconds=-1))
    assert due(asked, met, EPOCH + timedelta(hours=4)) == "4 h have passed since the last one"
    assert not due(asked, met._replace(parts=99), EPOCH)
    assert due(asked, met._replace(parts=100), EPOCH) == "100 parts came since the last one"
    assert not due(asked, met, EPOCH - SET_BACK)
    assert "clock" in due(asked, met, EPOCH - timedelta(hours=1))


@pytest.mark.parametrize(
    ("passed", "still_met", "begins"),
    [  # Berlin: the night shift from 22:00 lasts 7 h, 8 h, 9 h until 06:00
        ("2026-03-28T21:05+00:00", "2026-03-29T03:59:59+00:00", "2026-03-29T04:00+00:00"),
        ("2026-04-01T20:05+00:00", "2026-04-02T03:59:59+00:00", "2026-04-02T04:00+00:00"),
        ("2026-10-24T20:05+00:00", "2026-10-25T04:59:59+00:00", "2026-10-25T05:00+00:00"),
    ],
)
def test_a_shift_begins_by_the_plants_clocks_on_the_nights_when_they_are_set_too(
    passed: str, still_met: str, begins: str
) -> None:
    calendar = ShiftCalendar(
        (ShiftRule("day", time(6)), ShiftRule("night", time(22))), ZoneInfo("Europe/Berlin")
    )
    met = Met(datetime.fromisoformat(passed), JUDGING)
    assert not due(plan(), met, datetime.fromisoformat(still_met), calendar)
    assert due(plan(), met, datetime.fromisoformat(begins), calendar) == "the shift day has begun"


def test_a_standing_that_cannot_be_read_is_the_strictest() -> None:
    for state in ChallengeState:
        assert ChallengeState.on_record((state, "", "")) is state
    assert ChallengeState.on_record(()) is ChallengeState.FAILED
    assert ChallengeState.on_record(("of next year",)) is ChallengeState.FAILED
    assert EPOCH.tzinfo is UTC
