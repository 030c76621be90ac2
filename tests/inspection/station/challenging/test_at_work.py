"""The station at work while a challenge is due: what the PLC, people and the record are told."""

import asyncio

from inspection.alarms.catalogue import AlarmCode
from inspection.challenge.shown import ChallengeOrder
from inspection.decision import Action
from inspection.line_events import OutcomeReported, PartMissed, PartTriggered
from inspection.part import Inspection, MissedCause, Outcome
from tests.fakes import BOOT, until
from tests.fakes import trigger as triggered
from tests.inspection.challenge.test_plan import plan
from tests.inspection.station.world import World, running


async def part(world: World, seq: int, got: Action = Action.PASS) -> Inspection:
    """A part from its trigger to its outcome, with which the PLC does what it is told."""
    world.inspector.action = got
    world.line.post(PartTriggered(triggered(seq, seen_at=world.clock.now(), deadline_ms=0)))
    decided = await world.published()
    outcome = Outcome.RELEASED if decided is Action.PASS else Outcome.HELD
    world.line.post(OutcomeReported(seq, BOOT, outcome))
    await until(lambda: any(one.trigger.seq == seq and one.outcome for one in world.store.revisions))
    return next(one for one in reversed(world.store.revisions) if one.trigger.seq == seq)


def test_nothing_is_released_until_the_pieces_showed_that_it_sees_and_a_piece_never_is() -> None:
    async def body() -> None:
        async with running(challenge=plan(shift_start=False)) as world:
            station, line = world.station, world.line
            await until(lambda: line.challenge_due)
            assert line.ready, "the pieces must come"
            assert station.standing.reason == "a challenge is due, no part passes: none has passed here yet"
            assert [alarm.code for alarm in station.telemetry.alarms] == [AlarmCode.CHALLENGE_DUE]
            assert (await part(world, 1)).decision.action is Action.MANUAL_REVIEW
            begun = await station.challenged(ChallengeOrder.START, by="Ann")
            assert begun.accepted
            assert begun.message.endswith("next piece golden")
            golden = await part(world, 2, Action.PASS)
            assert golden.decision.action is Action.MANUAL_REVIEW
            assert golden.challenge is not None
            assert golden.challenge.as_expected
            assert not golden.mismatched_release
            assert (await part(world, 3, Action.REWORK)).challenge is not None
            await until(lambda: not line.challenge_due)
            assert station.standing.reason == ""
            assert (await part(world, 4)).decision.action is Action.PASS
            counts = station.telemetry.counts
            assert (counts.triggers, counts.challenged, counts.judged) == (4, 2, 2)
            assert counts.by_action == {Action.MANUAL_REVIEW: 1, Action.PASS: 1}

    asyncio.run(body())


def test_a_trigger_that_nobody_saw_to_ends_one_that_goes_by_order() -> None:
    async def body() -> None:
        async with running(challenge=plan(shift_start=False)) as world:
            assert (await world.station.challenged(ChallengeOrder.START, by="Ann")).accepted
            await part(world, 1, Action.PASS)
            world.line.post(PartMissed(triggered(2, seen_at=world.clock.now()), MissedCause.OVERRUN))
            await until(lambda: "was ended" in world.store.events[-1].detail)
            shown = world.station.challenge.shown()
            assert shown is not None
            assert (shown.closed, shown.round) == (True, None)

    asyncio.run(body())
