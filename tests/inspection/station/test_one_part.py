"""Promises 1, 2 and 4 in one part's life: whatever fails on its way, it ends as one record, as it went."""

import asyncio

import pytest

from inspection.alarms.catalogue import AlarmCode
from inspection.decision import Action
from inspection.errors import RecordRefusedError
from inspection.line_events import (
    OutcomeReported,
    PartTriggered,
    ResultAccepted,
)
from inspection.motion.chunk import NOMINAL_LINE, ProposedMotion
from inspection.motion.planner import plan
from inspection.part import Inspection, Outcome, WithheldCause
from inspection.station.recording.recorder import RETRY_S
from inspection.status import Mode
from tests.fakes import (
    BOOT,
    EPOCH,
    PATIENCE_S,
    FakeInspector,
    FakeStore,
    decision,
    trigger,
    until,
)
from tests.inspection.station.world import World, in_world, running


async def is_recorded_late(world: World, record_ms: float) -> None:
    """The record of the part under the camera takes so long that the PLC waits no longer."""
    world.store.gate.clear()
    world.line.takes_results = False
    world.line.post(PartTriggered(trigger(1, deadline_ms=500)))
    await until(world.store.waiting.is_set)
    world.clock.advance(record_ms)
    world.store.gate.set()
    await asyncio.wait_for(world.line.abandoned.get(), PATIENCE_S)
    await until(lambda: not world.only().published)


def test_what_was_measured_of_a_part_is_on_record_after_a_restart_before_its_outcome() -> None:
    store = FakeStore()

    async def body() -> None:
        async with running(store) as world:
            await is_recorded_late(world, 1100)
        async with running(store) as world:
            world.line.post(OutcomeReported(1, BOOT, Outcome.DEFAULT_REJECTED))
            await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
            closed = world.only()
            assert closed.recording_ms == 1100
            assert closed.withheld is WithheldCause.RECORDED_LATE

    asyncio.run(body())


@in_world
async def test_a_part_without_a_picture_took_time_as_well_until_it_was_decided(world: World) -> None:
    world.camera.gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await until(lambda: world.clock.sleepers > 1)
    world.clock.advance(450)
    await world.published()
    timings = world.only().decision.timings_ms
    assert (timings.total, timings.capture) == (450, None)
    world.line.post(OutcomeReported(1, BOOT, Outcome.DIVERTED))
    await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
    latency_ms = world.station.telemetry.latency_ms
    assert latency_ms is not None
    assert world.only().published_ms == latency_ms.max, "on record it took as long as it was shown"


@in_world
async def test_a_good_part_goes_from_trigger_to_closed_record(world: World) -> None:
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.PASS
    world.line.post(ResultAccepted(1, BOOT))
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    assert await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S) == 1
    inspection = world.only()
    assert (inspection.outcome, inspection.revision) == (Outcome.RELEASED, 1)
    assert inspection.pictures == (f"{1:064x}",)
    assert world.line.exposed == [1]
    assert world.station.telemetry.counts.by_outcome == {Outcome.RELEASED: 1}
    assert not world.station.telemetry.alarms


@in_world
async def test_the_intent_is_durable_before_the_decision_is_offered(world: World) -> None:
    on_record_when_offered: list[int] = []
    world.line.before_publish = lambda: on_record_when_offered.append(len(world.store.revisions))
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    assert on_record_when_offered == [1]


@in_world
async def test_a_record_that_takes_longer_than_the_plc_waits_is_an_alarm_and_counts_as_late(
    world: World,
) -> None:
    world.store.gate.clear()
    world.line.takes_results = False  # as the link does once the PLC's deadline has passed
    world.line.post(PartTriggered(trigger(1, deadline_ms=500)))
    await until(world.store.waiting.is_set)
    world.clock.advance(1100)
    world.store.gate.set()
    await asyncio.wait_for(world.line.abandoned.get(), PATIENCE_S)
    await until(lambda: not world.only().published)
    assert world.station.telemetry.counts.late == 1
    (alarm,) = world.station.telemetry.alarms
    assert alarm.code == AlarmCode.RECORD_LATE
    assert "1100 ms" in alarm.text


@in_world
async def test_a_bug_in_the_store_loses_no_record(world: World) -> None:
    world.store.complaint = ZeroDivisionError("a bug, as the test wants it")
    await the_part_is_not_released_and_still_ends_on_record(world)


@in_world
async def test_a_part_whose_intent_cannot_be_stored_is_not_released_and_still_ends_on_record(
    world: World,
) -> None:
    await the_part_is_not_released_and_still_ends_on_record(world)


async def the_part_is_not_released_and_still_ends_on_record(world: World) -> None:
    world.store.broken = True
    world.line.post(PartTriggered(trigger(1)))
    assert (await asyncio.wait_for(world.line.abandoned.get(), PATIENCE_S)).seq == 1
    assert world.line.published.empty()
    await until(lambda: not world.line.ready)
    world.line.post(OutcomeReported(1, BOOT, Outcome.DEFAULT_REJECTED))
    world.store.broken = False
    await world.pass_time(RETRY_S * 1000)
    await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
    inspection = world.only()
    assert inspection.outcome is Outcome.DEFAULT_REJECTED
    assert not inspection.published
    assert [r.revision for r in world.store.revisions] == [0, 1, 2]


@in_world
async def test_a_part_is_shown_with_its_decision_only_when_the_plc_has_it_or_never_will(world: World) -> None:
    """While the disk takes its time the part before is the last one; a withheld pass was never a pass."""
    telemetry = world.station.telemetry
    world.store.gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await until(world.store.waiting.is_set)
    assert (telemetry.counts.triggers, telemetry.recent) == (0, ())
    world.store.broken = True
    world.store.gate.set()
    await asyncio.wait_for(world.line.abandoned.get(), PATIENCE_S)
    await until(lambda: telemetry.recent != ())
    (shown,) = telemetry.recent
    assert (shown.published, shown.withheld, shown.outcome) == (False, WithheldCause.NOT_RECORDED, None)
    counts = telemetry.counts
    assert (counts.triggers, counts.by_action, counts.not_as_decided, counts.yield_rate) == (1, {}, 1, 0.0)


@pytest.mark.parametrize("outcome", [Outcome.DEFAULT_REJECTED, Outcome.RELEASED])
def test_a_part_whose_engine_died_before_it_is_known_to_be_published_is_shown_and_counted_by_its_outcome(
    outcome: Outcome,
) -> None:
    """Killed between the intent's record and its publishing: its PASS may never have reached the PLC."""

    async def body() -> None:
        store = FakeStore()
        intent = Inspection(
            inspection_id="a" * 32, trigger=trigger(1), decision=decision(), recorded_at=EPOCH
        )
        store.append(intent)
        async with running(store) as world:
            telemetry = world.station.telemetry
            counts = telemetry.counts
            assert (counts.triggers, counts.by_action, counts.pending, counts.yield_rate) == (1, {}, 1, None)
            assert not telemetry.recent
            world.line.post(OutcomeReported(1, BOOT, outcome))
            await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
            passed = outcome is Outcome.RELEASED
            counts = telemetry.counts
            assert (counts.by_action, counts.pending) == ({Action.PASS: 1} if passed else {}, 0)
            assert (counts.not_as_decided, counts.yield_rate) == (not passed, float(passed))
            assert counts == store.counts_since(EPOCH).model_copy(update={"since": counts.since})
            assert [part.outcome for part in telemetry.recent] == [outcome]

    asyncio.run(body())


@in_world
async def test_a_part_that_the_record_refuses_is_not_shown_and_not_counted(world: World) -> None:
    world.store.broken, world.store.complaint = True, RecordRefusedError("the trigger has its inspection")
    world.line.post(PartTriggered(trigger(1)))
    await asyncio.wait_for(world.line.abandoned.get(), PATIENCE_S)
    await until(lambda: world.station.mode is Mode.IDLE)
    assert world.station.telemetry.recent == ()
    assert world.station.telemetry.counts.triggers == 0


@in_world
async def test_the_models_own_words_come_after_the_decision_and_into_the_record(world: World) -> None:
    world.inspector.words = "no defect: pass"
    world.inspector.explanation_gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.PASS, "nobody waits for the words"
    await until(world.inspector.explaining.is_set)
    world.inspector.explanation_gate.set()
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    await until(lambda: world.only().explanation == "no defect: pass")
    await until(lambda: world.only().outcome is Outcome.RELEASED)


@in_world
async def test_words_that_come_after_the_outcome_are_kept_too(world: World) -> None:
    world.inspector.words = "no defect: pass"
    world.inspector.explanation_gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    await until(lambda: world.only().outcome is Outcome.RELEASED)
    world.inspector.explanation_gate.set()
    await until(lambda: world.only().explanation == "no defect: pass")
    assert world.only().outcome is Outcome.RELEASED


@in_world
async def test_the_next_part_does_not_wait_for_the_words_on_the_last_one(world: World) -> None:
    world.inspector.words = "half a sen"
    world.inspector.explanation_gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    await until(world.inspector.explaining.is_set)
    world.line.post(PartTriggered(trigger(2)))
    await until(lambda: len(world.line.exposed) == 2)
    world.inspector.explanation_gate.set()
    await world.published()
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    await until(lambda: any(one.outcome is not None for one in world.store.latest().values()))
    first = next(one for one in world.store.latest().values() if one.trigger.seq == 1)
    assert first.explanation == ""


@in_world
async def test_a_result_that_the_link_refuses_is_recorded_as_not_published(world: World) -> None:
    world.line.takes_results = False
    world.line.post(PartTriggered(trigger(1)))
    await asyncio.wait_for(world.line.abandoned.get(), PATIENCE_S)
    await until(lambda: not world.only().published)
    assert world.line.published.empty()


@in_world
async def test_a_link_that_fails_on_publishing_costs_the_part_and_not_the_line(world: World) -> None:
    def fail() -> None:
        world.line.before_publish = lambda: None  # the next part fares better
        raise RuntimeError("a bug in the link")

    world.line.before_publish = fail
    world.line.post(PartTriggered(trigger(7)))
    assert (await asyncio.wait_for(world.line.abandoned.get(), PATIENCE_S)).seq == 7
    await until(lambda: AlarmCode.INTERNAL in {alarm.code for alarm in world.station.telemetry.alarms})
    world.line.post(OutcomeReported(7, BOOT, Outcome.DEFAULT_REJECTED))
    await until(lambda: world.only().outcome is Outcome.DEFAULT_REJECTED)
    assert not world.only().published, "a record that claims a result which the PLC never got"
    world.line.post(PartTriggered(trigger(8)))
    assert await world.published() is Action.PASS


class MovingInspector(FakeInspector):
    """Proposes the same motion for every part."""

    proposal = ProposedMotion(chunk=plan(Action.PASS, NOMINAL_LINE), physics=NOMINAL_LINE, meant=Action.PASS)

    def __init__(self) -> None:
        super().__init__()
        self.motion = self.proposal


def test_what_the_inspector_would_move_reaches_the_line_with_the_decision() -> None:
    async def go() -> None:
        async with running(inspector=MovingInspector()) as world:
            world.line.post(PartTriggered(trigger()))
            assert await world.published() is Action.PASS
            assert world.line.motions == [MovingInspector.proposal]

    asyncio.run(go())


@in_world
async def test_an_inspector_that_moves_nothing_leaves_that_to_the_line(world: World) -> None:
    world.line.post(PartTriggered(trigger()))
    await world.published()
    assert world.line.motions == [None]


def test_a_decision_that_came_late_moves_nothing_of_its_own() -> None:
    async def go() -> None:
        async with running(inspector=MovingInspector()) as world:
            world.inspector.gate.clear()
            world.line.post(PartTriggered(trigger()))
            await world.pass_time(450)
            assert await world.published() is Action.MANUAL_REVIEW
            assert world.line.motions == [None]

    asyncio.run(go())


@in_world
async def test_a_bug_on_the_way_to_the_decision_sends_the_part_to_a_person_and_is_told(world: World) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("inspection.station.guard.review", fails)
        world.line.post(PartTriggered(trigger(1)))
        assert await world.published() is Action.MANUAL_REVIEW
    assert "as the test wants it" in world.only().decision.reason
    assert [alarm.code for alarm in world.station.telemetry.alarms] == [AlarmCode.INTERNAL]
    await until(lambda: world.line.ready)
    world.line.post(PartTriggered(trigger(2)))
    assert await world.published() is Action.PASS


def fails(*_: object, **__: object) -> None:
    raise ZeroDivisionError("a bug, as the test wants it")
