"""Promises 1 to 4 in the station: whatever fails, each trigger ends as one record, and only a pass passes."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from inspection.alarms.catalogue import AlarmCode
from inspection.certification.certificate import Certification
from inspection.decision import Action, DecidedBy, Defect, Severity
from inspection.errors import RecordRefusedError, StoreError
from inspection.events import EventKind
from inspection.levels import BitDepth
from inspection.line_events import (
    HaltCleared,
    Halted,
    LinkChanged,
    OutcomeReported,
    PartMissed,
    PartTriggered,
    PlcRestarted,
    ResultAccepted,
    RunTakenOver,
    SecondEngine,
    SecondEngineGone,
)
from inspection.motion.chunk import NOMINAL_LINE, ProposedMotion
from inspection.motion.planner import plan
from inspection.part import Frame, Inspection, MissedCause, Outcome, WithheldCause
from inspection.recipe import GreyLevels
from inspection.station.open_parts import MAX_OPEN
from inspection.station.outcomes import CLERK_QUEUE
from inspection.station.recording.housekeeping import HOUSEKEEPING_S
from inspection.station.recording.picture_keeper import MOST_WAITING, SILENT_S
from inspection.station.recording.recorder import RETRY_S
from inspection.status import Command, Mode
from inspection.times.shifts import THREE_SHIFTS, shift_start
from inspection.unheard import Unheard
from tests.fakes import (
    BOOT,
    EPOCH,
    PATIENCE_S,
    FakeCamera,
    FakeInspector,
    FakeStore,
    certificate,
    decision,
    trigger,
    until,
)
from tests.inspection.station.world import RECIPE, World, in_world, running


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
async def test_an_outcome_is_acknowledged_only_when_it_is_durable(world: World) -> None:
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    world.store.broken = True
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    await until(lambda: not world.line.ready)  # no further part while something is not on record
    assert world.line.acknowledged.empty()
    world.store.broken = False
    await world.pass_time(RETRY_S * 1000)
    assert await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S) == 1
    assert world.only().outcome is Outcome.RELEASED


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
async def test_a_full_disk_is_told_to_the_plc_and_to_people_alike(world: World) -> None:
    world.store.full = True
    world.line.post(HaltCleared())
    await until(lambda: not world.line.ready)
    assert not world.station.standing.takes_parts
    assert "the record is full" in world.station.standing.reason
    world.store.full = False
    world.line.post(HaltCleared())
    await until(lambda: world.line.ready)
    assert world.station.standing.reason == ""


@in_world
async def test_while_the_camera_is_gone_the_station_does_not_look_as_if_parts_could_pass(
    world: World,
) -> None:
    world.camera.error = "the camera is gone"
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    await until(lambda: world.station.mode is Mode.IDLE)
    assert "every part goes to manual review: the camera is gone" in world.station.standing.reason


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


@in_world
async def test_a_pass_that_the_plc_did_not_take_spoils_the_yield_when_that_is_known(world: World) -> None:
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.PASS
    await until(lambda: world.station.telemetry.counts.by_action == {Action.PASS: 1})
    world.line.post(OutcomeReported(1, BOOT, Outcome.DEFAULT_REJECTED))
    await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
    counts = world.station.telemetry.counts
    assert (counts.by_action, counts.not_as_decided, counts.yield_rate) == ({}, 1, 0.0)
    assert counts == world.store.counts_since(EPOCH).model_copy(update={"since": counts.since})


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
async def test_no_picture_means_manual_review(world: World) -> None:
    world.camera.error = "the camera is gone"
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.MANUAL_REVIEW
    assert "camera is gone" in world.only().decision.reason
    assert "camera is gone" in world.station.cameras.fault


def test_a_real_camera_that_is_off_does_not_keep_the_station_from_starting() -> None:
    async def body() -> None:
        async with running(camera_off=True) as world:
            assert "is off" in world.station.cameras.fault
            world.line.post(PartTriggered(trigger(1)))
            assert await world.published() is Action.PASS  # switched on since
            assert not world.station.cameras.fault

    asyncio.run(body())


@in_world
async def test_a_camera_that_watches_itself_is_no_fault_from_when_it_can_take_pictures(world: World) -> None:
    world.camera.fault = "it is connecting"
    assert world.station.cameras.fault == "it is connecting"
    world.camera.error = "the camera is gone"
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.MANUAL_REVIEW
    world.camera.fault = ""  # it has connected, and no part has come since
    assert world.station.cameras.fault == ""


class AbsentInspector(FakeInspector):
    """Its model may be away."""

    closed = False

    def watch(self, changed: Callable[[], None]) -> None:
        self.changed = changed

    def close(self) -> None:
        self.closed = True

    def is_now(self, fault: str) -> None:
        self.fault = fault
        self.changed()


def test_while_the_model_is_away_no_part_is_taken_and_when_it_is_back_the_alarms_cause_is_gone() -> None:
    inspector = AbsentInspector()

    async def body() -> None:
        async with running(inspector=inspector) as world:
            await until(lambda: world.line.ready)
            inspector.is_now("waits for the model: it hung")
            await until(lambda: not world.line.ready)
            assert world.station.standing.reason == "waits for the model: it hung"
            alarm = next(iter(world.station.telemetry.alarms))
            assert (alarm.code, alarm.active) == (AlarmCode.INSPECTION_FAILED, True)
            inspector.is_now("")
            await until(lambda: world.line.ready)
            assert not next(iter(world.station.telemetry.alarms)).active
            world.line.post(PartTriggered(trigger(1)))
            assert await world.published() is Action.PASS

    asyncio.run(body())
    assert inspector.closed, "the station lets go of it at its end"


def test_a_camera_that_no_view_uses_keeps_no_part_from_its_picture() -> None:
    world, spare = World(), FakeCamera()
    spare.name = "spare"
    spare.fault = "it is connecting"
    spare.off = True
    world.station.cameras._cameras = {"main": world.camera, "spare": spare}
    assert world.station.cameras.fault == ""


@in_world
async def test_a_camera_that_hangs_costs_the_part_its_pass_at_the_deadline(world: World) -> None:
    world.camera.gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await until(lambda: world.station.mode is Mode.EXECUTE)
    await world.pass_time(450)
    assert await world.published() is Action.MANUAL_REVIEW
    assert world.only().decision.decided_by is DecidedBy.TIMEOUT
    assert not world.line.ready, "the camera still hangs: no further part"
    world.camera.gate.set()
    await until(lambda: world.line.ready)


@in_world
async def test_a_black_picture_is_not_judged(world: World) -> None:
    world.camera.picture = np.zeros((48, 64, 3), np.uint8)
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.MANUAL_REVIEW
    assert world.only().decision.decided_by is DecidedBy.GUARD
    assert "black" in world.station.telemetry.alarms[0].text


@pytest.mark.parametrize(("camera", "taught"), [(12, 8), (8, 12), (12, 10), (12, 16)])
def test_a_picture_of_another_depth_than_the_recipes_is_not_judged(
    camera: BitDepth, taught: BitDepth
) -> None:
    async def look() -> None:
        async with running(
            recipe=RECIPE.model_copy(update={"levels": GreyLevels(bit_depth=taught)})
        ) as world:
            world.camera.bit_depth = camera
            if camera > 8:
                noise = np.random.default_rng(1).integers(400, 900, (48, 64, 3), np.uint16)
                world.camera.picture = noise
            world.line.post(PartTriggered(trigger(1)))
            assert await world.published() is Action.MANUAL_REVIEW
            decision = world.only().decision
            assert decision.decided_by is DecidedBy.GUARD
            assert f"has {camera} bits, the recipe was taught at {taught}" in decision.reason

    asyncio.run(look())


def test_a_picture_of_the_recipes_depth_is_judged_as_any_other() -> None:
    async def look() -> None:
        async with running(recipe=RECIPE.model_copy(update={"levels": GreyLevels(bit_depth=12)})) as world:
            world.camera.bit_depth = 12
            world.camera.picture = np.random.default_rng(1).integers(900, 3000, (48, 64, 3), np.uint16)
            world.line.post(PartTriggered(trigger(1)))
            assert await world.published() is Action.PASS

    asyncio.run(look())


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
async def test_a_late_decision_follows_the_policy_and_the_late_result_is_kept_but_never_offered(
    world: World,
) -> None:
    world.inspector.gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await until(lambda: bool(world.line.exposed))
    await world.pass_time(450)
    assert await world.published() is Action.MANUAL_REVIEW
    world.inspector.gate.set()
    await until(lambda: world.only().late_decision is not None)
    late = world.only().late_decision
    assert late is not None
    assert late.action is Action.PASS
    assert world.only().decision.action is Action.MANUAL_REVIEW
    assert world.line.published.empty()
    assert world.station.telemetry.counts.late == 1


@in_world
async def test_the_internal_deadline_lies_before_the_plcs_own(world: World) -> None:
    world.inspector.gate.clear()
    world.line.post(PartTriggered(trigger(1, deadline_ms=200)))
    await until(lambda: bool(world.line.exposed))
    await world.pass_time(180)
    assert await world.published() is Action.MANUAL_REVIEW


@pytest.mark.parametrize("error", [ValueError("bug"), MemoryError()])
def test_an_inspector_that_fails_holds_the_part(error: Exception) -> None:
    async def body() -> None:
        async with running() as world:
            world.inspector.error = error
            world.line.post(PartTriggered(trigger(1)))
            assert await world.published() is Action.MANUAL_REVIEW
            assert world.only().decision.decided_by is DecidedBy.GUARD

    asyncio.run(body())


def test_what_nobody_can_name_is_an_alarm_from_the_start() -> None:
    async def body() -> None:
        world = World()
        world.station.unheard = Unheard(types=("crack",), lost={"crack": Action.STOP})
        task = asyncio.create_task(world.station.run())
        await until(lambda: bool(world.station.telemetry.alarms))
        (alarm,) = world.station.telemetry.alarms
        assert alarm.active
        assert "cannot name crack" in alarm.text
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(body())


@in_world
async def test_the_guard_has_the_last_word(world: World) -> None:
    world.inspector.defects = (Defect(type="crack", severity=Severity.CRITICAL, box=(0, 0, 9, 9), score=0.9),)
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.STOP


def test_a_certified_station_passes_no_part_above_the_threshold_and_records_what_held() -> None:
    held = certificate(threshold=0.4)

    async def body() -> None:
        async with running(certification=Certification(certificate=held, reason="")) as world:
            for seq, (score, action) in enumerate(
                [(0.4, Action.PASS), (0.41, Action.MANUAL_REVIEW), (None, Action.MANUAL_REVIEW)], 1
            ):
                world.inspector.defect_score = score
                world.line.post(PartTriggered(trigger(seq)))
                assert await world.published() is action
                await until(lambda: world.station.mode is Mode.IDLE)
            assert [part.certificate for part in world.store.latest().values()] == [held.ref] * 3

    asyncio.run(body())


@in_world
async def test_a_missed_trigger_is_on_record_with_its_outcome(world: World) -> None:
    world.line.post(PartMissed(trigger(1), MissedCause.GAP))
    world.line.post(OutcomeReported(1, BOOT, Outcome.DEFAULT_REJECTED))
    assert await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S) == 1
    inspection = world.only()
    assert (inspection.missed, inspection.published) == (MissedCause.GAP, False)
    assert inspection.decision.action is Action.MANUAL_REVIEW
    assert inspection.outcome is Outcome.DEFAULT_REJECTED


@in_world
async def test_a_missed_part_is_counted_when_it_is_on_record_and_not_before(world: World) -> None:
    world.store.gate.clear()
    world.line.post(PartMissed(trigger(1), MissedCause.GAP))
    await until(lambda: any(a.code == AlarmCode.PARTS_MISSED for a in world.station.telemetry.alarms))
    assert world.station.telemetry.counts.missed == 0
    world.store.gate.set()
    await until(lambda: world.station.telemetry.counts.missed == 1)


@in_world
async def test_an_overrun_is_recorded_after_the_part_that_it_overran(world: World) -> None:
    world.inspector.gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await until(lambda: bool(world.line.exposed))
    world.line.post(PartMissed(trigger(2), MissedCause.OVERRUN))
    world.line.post(OutcomeReported(2, BOOT, Outcome.DEFAULT_REJECTED))
    world.inspector.gate.set()
    assert await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S) == 2
    assert [r.trigger.seq for r in world.store.revisions if r.revision == 0] == [1, 2]


@in_world
async def test_a_missed_part_is_recorded_before_the_part_that_came_after_it(world: World) -> None:
    world.line.post(PartMissed(trigger(1), MissedCause.GAP))
    world.line.post(PartTriggered(trigger(2)))
    await world.published()
    assert [r.trigger.seq for r in world.store.revisions if r.revision == 0] == [1, 2]


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


@in_world
async def test_parts_of_a_plc_that_restarted_are_closed_as_unconfirmed(world: World) -> None:
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    world.line.post(PlcRestarted(BOOT, BOOT + 1))
    await until(lambda: world.only().outcome is not None)
    assert world.only().outcome is Outcome.UNCONFIRMED


@in_world
async def test_a_plc_that_restarts_faster_than_the_disk_writes_does_not_block_the_record(
    world: World,
) -> None:
    # The line is ahead: it speaks of run BOOT while the queue still holds the run before.
    world.line.post(LinkChanged(True, ""))
    world.line.post(PartMissed(trigger(1, plc_boot_id=BOOT - 1), MissedCause.GAP))
    world.line.post(PlcRestarted(BOOT - 1, BOOT))
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.PASS
    await until(lambda: Outcome.UNCONFIRMED in {i.outcome for i in world.store.latest().values()})
    assert len(world.store.latest()) == 2


@in_world
async def test_a_release_without_a_pass_stops_the_station_until_it_is_reset(world: World) -> None:
    world.inspector.action = Action.REWORK
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    await until(lambda: world.station.mode is Mode.ABORTED)
    assert (bool(world.line.fault), world.line.ready) == (True, False)
    await world.station.command(Command.RESET, by="the test")
    assert (bool(world.line.fault), world.line.ready) == (False, True)


@in_world
async def test_parts_that_another_record_has_are_no_broken_promise_and_those_of_this_one_are(
    world: World,
) -> None:
    world.line.post(RunTakenOver(plc_boot_id=BOOT, other_boot_id=99, seq=28))
    world.line.post(PartMissed(trigger(28), MissedCause.BEFORE_RECORD))
    world.line.post(OutcomeReported(28, BOOT, Outcome.RELEASED))
    assert await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S) == 28
    assert world.station.mode is Mode.IDLE
    (alarm,) = world.station.telemetry.alarms
    assert "this record begins here" in alarm.text
    assert "99" in alarm.text
    assert not world.only().mismatched_release
    world.line.post(PartMissed(trigger(29), MissedCause.GAP))
    world.line.post(OutcomeReported(29, BOOT, Outcome.RELEASED))
    await until(lambda: world.station.mode is Mode.ABORTED)


def test_parts_whose_outcome_another_record_has_are_closed_at_once_and_the_others_wait_for_theirs() -> None:
    """A backup was restored: parts 1 and 2 were open on it; the PLC has told what became of all up to 4."""

    async def body() -> None:
        store = FakeStore()
        async with running(store) as world:
            for seq in (1, 2):
                world.line.post(PartTriggered(trigger(seq)))
                await world.published()
                await until(lambda: world.station.mode is Mode.IDLE)
        async with running(store) as world:
            world.line.post(
                RunTakenOver(plc_boot_id=BOOT, other_boot_id=9, seq=6, rows_lost=True, outcomes_told=4)
            )
            for seq in range(3, 7):
                world.line.post(PartMissed(trigger(seq), MissedCause.BEFORE_RECORD))
            world.line.post(OutcomeReported(5, BOOT, Outcome.RELEASED))
            assert await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S) == 5
            await until(lambda: len(world.store.latest()) == 6)
            assert by_outcome(world) == {
                Outcome.UNCONFIRMED: [1, 2, 3, 4],
                Outcome.RELEASED: [5],
                None: [6],
            }
            assert [alarm.code for alarm in world.station.telemetry.alarms] == [AlarmCode.RECORD_BEGAN]
            assert world.station.mode is Mode.IDLE

    asyncio.run(body())


@pytest.mark.parametrize(
    ("told", "seq", "has"),
    [(0, 1, False), (4, 4, True), (4, 5, False), (4, 65530, True), (65530, 4, False), (1, 65535, True)],
)
def test_whose_outcome_was_told_follows_the_plcs_count_round(told: int, seq: int, has: bool) -> None:
    assert RunTakenOver(BOOT, 9, seq=told or 1, outcomes_told=told).has_outcome_of(seq) is has


@in_world
async def test_hold_takes_no_further_part_and_start_takes_them_again(world: World) -> None:
    await world.station.command(Command.HOLD, by="the test")
    assert not world.line.ready
    assert world.station.mode is Mode.HELD
    await world.station.command(Command.START, by="the test")
    assert world.line.ready


def test_a_station_comes_back_as_strict_as_it_was_and_says_why() -> None:
    async def body() -> None:
        store = FakeStore()
        async with running(store) as world:
            await world.station.command(Command.HOLD, by="Li")
            await until(lambda: any(event.kind is EventKind.HOLD for event in store.events))
        async with running(store, until_mode=Mode.HELD) as world:
            assert "held by Li since" in world.station.standing.reason
            assert not world.line.ready
            assert (await world.station.command(Command.START, by="Ann")).accepted
        async with running(store) as world:
            world.line.post(Halted("the PLC's heartbeat is frozen"))
            await until(lambda: store.events[-1].kind is EventKind.HALTED)
        async with running(store, until_mode=Mode.ABORTED) as world:
            assert world.station.standing.reason == "the PLC's heartbeat is frozen"
            await until(lambda: bool(world.station.telemetry.alarms))
            world.line.post(HaltCleared())
            await until(lambda: store.events[-1].kind is EventKind.HALT_CLEARED)
        async with running(store) as world:
            world.line.post(PartMissed(trigger(1), MissedCause.GAP))
            world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
            await until(lambda: store.events[-1].kind is EventKind.FAULT)
        async with running(store, until_mode=Mode.ABORTED) as world:
            assert world.line.fault
            assert "released part 1001" in world.station.standing.reason
            assert [alarm.code for alarm in world.station.telemetry.alarms] == [
                AlarmCode.RELEASED_WITHOUT_PASS
            ]
            assert (await world.station.command(Command.RESET, by="Ann")).accepted
        async with running(store):
            pass

    asyncio.run(body())


def test_a_station_that_saw_the_bypass_key_turned_looks_ready_to_nobody_until_it_has_read_it_anew() -> None:
    async def body() -> None:
        store = FakeStore()
        async with running(store) as world:
            world.line.shown = replace(world.line.shown, bypassed=True)
            world.line.post(LinkChanged(True, ""))
            await until(lambda: store.events[-1].kind is EventKind.BYPASS_BEGAN)
        world = World(store)
        task = asyncio.create_task(world.station.run())
        await until(lambda: world.line.ready)
        assert world.station.mode is Mode.STARTING
        assert "bypass key was turned" in world.station.standing.reason
        assert not world.station.standing.takes_parts
        world.line.post(LinkChanged(True, ""))
        await until(lambda: world.station.mode is Mode.IDLE)
        await until(lambda: store.events[-1].kind is EventKind.BYPASS_ENDED)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(body())


def test_who_ordered_what_is_on_record_refused_orders_too() -> None:
    async def body() -> None:
        store = FakeStore()
        async with running(store) as world:
            await world.station.command(Command.HOLD, by="Li")
            await world.station.command(Command.START, by="Ann")
            world.line.post(Halted("frozen"))
            await until(lambda: world.station.mode is Mode.ABORTED)
            await world.station.command(Command.RESET, by="Bo")
            world.line.post(HaltCleared())
            await until(lambda: world.station.mode is Mode.IDLE)
            await world.station.command(Command.RESET, by="Bo")
        assert [(event.kind, event.by) for event in store.events] == [
            (EventKind.ENGINE_STARTED, "engine"),
            (EventKind.HOLD, "Li"),
            (EventKind.ASKED, "Ann"),
            (EventKind.START, "Ann"),
            (EventKind.HALTED, "plc"),
            (EventKind.REFUSED, "Bo"),
            (EventKind.HALT_CLEARED, "plc"),
            (EventKind.ASKED, "Bo"),
            (EventKind.RESET, "Bo"),
            (EventKind.ENGINE_STOPPED, "engine"),
        ]
        assert store.events[5].detail.startswith("reset: still halted: frozen")

    asyncio.run(body())


@in_world
async def test_a_second_engine_that_refused_itself_is_an_alarm_and_on_record_and_changes_nothing(
    world: World,
) -> None:
    world.line.post(SecondEngine(9, "another Passgate engine (boot id 9) refused itself"))
    await until(lambda: len(world.station.telemetry.alarms) == 1)
    (alarm,) = world.station.telemetry.alarms
    assert (alarm.code, alarm.active) == (AlarmCode.SECOND_ENGINE, True)
    await until(lambda: world.store.events[-1].kind is EventKind.SECOND_ENGINE)
    assert "boot id 9" in world.store.events[-1].detail
    assert world.station.mode is Mode.IDLE
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.PASS
    world.line.post(SecondEngineGone())
    await until(lambda: not world.station.telemetry.alarms[0].active)
    await world.station.command(Command.RESET, by="the test")
    assert len(world.station.telemetry.alarms) == 0


@in_world
async def test_a_start_that_is_not_on_record_is_refused(world: World) -> None:
    await world.station.command(Command.HOLD, by="Li")
    world.store.broken = True
    answer = await world.station.command(Command.START, by="Ann")
    assert not answer.accepted
    assert "not on record: the disk is full" in answer.message
    assert world.station.mode is Mode.HELD
    world.store.broken = False


@in_world
async def test_a_start_that_a_hold_overtook_says_so_and_blames_no_disk(world: World) -> None:
    await world.station.command(Command.HOLD, by="Li")
    start = asyncio.create_task(world.station.command(Command.START, by="Ann"))
    await asyncio.sleep(0)  # it waits for the disk
    await world.station.command(Command.HOLD, by="Bo")
    assert (await start).message == "not started: Bo said hold meanwhile"


@in_world
async def test_a_halted_line_says_so_and_only_the_plc_ends_it(world: World) -> None:
    world.line.post(Halted("the PLC's heartbeat is frozen"))
    await until(lambda: world.station.mode is Mode.ABORTED)
    await world.station.command(Command.RESET, by="the test")
    assert world.station.mode is Mode.ABORTED
    world.line.post(HaltCleared())
    await until(lambda: world.station.mode is Mode.IDLE)


@in_world
async def test_a_refused_reset_changes_nothing(world: World) -> None:
    world.inspector.action = Action.REWORK
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    world.line.post(Halted("the PLC's heartbeat is frozen"))
    await until(lambda: len(world.station.telemetry.alarms) == 2)
    before = list(world.station.telemetry.alarms)
    assert not world.station.desk.may_reset
    answer = await world.station.command(Command.RESET, by="the test")
    assert not answer.accepted
    assert "Reset the fault at the PLC" in answer.message
    assert list(world.station.telemetry.alarms) == before
    assert world.line.fault, "the station's own fault is latched still"


@in_world
async def test_an_alarm_whose_cause_is_gone_can_be_cleared_while_the_station_is_ready(world: World) -> None:
    world.camera.error = "the camera is gone"
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    answer = await world.station.command(Command.RESET, by="the test")
    assert answer.accepted
    assert "camera is gone" in answer.message, "it says what stays"
    assert [alarm.acknowledged for alarm in world.station.telemetry.alarms] == [True]
    assert not world.station.desk.may_reset, "there is nothing that Reset would do"
    await until(lambda: world.station.mode is Mode.IDLE)
    world.camera.error = None
    world.line.post(PartTriggered(trigger(2)))
    await world.published()
    assert not world.station.telemetry.alarms


@in_world
async def test_an_alarm_that_nobody_saw_outlives_its_cause(world: World) -> None:
    world.line.post(Halted("the PLC's heartbeat is frozen"))
    world.line.post(HaltCleared())
    await until(lambda: bool(world.station.telemetry.alarms))
    await until(lambda: world.station.mode is Mode.IDLE)
    assert world.station.desk.may_reset
    assert (await world.station.command(Command.RESET, by="the test")).accepted
    assert not world.station.telemetry.alarms


@in_world
async def test_a_part_whose_picture_cannot_be_kept_goes_to_a_person_on_record(world: World) -> None:
    world.store.pictures_broken = True
    world.line.post(PartTriggered(trigger(1)))
    assert await world.published() is Action.MANUAL_REVIEW
    assert world.only().pictures == ()
    assert world.only().decision.decided_by is DecidedBy.GUARD
    assert "its picture could not be kept" in world.only().decision.reason
    await until(lambda: world.station.mode is Mode.IDLE)
    reason = world.station.standing.reason
    assert reason.startswith("the last picture could not be kept"), reason


async def waits_for_its_picture_alone(world: World, seq: int) -> None:
    """The part was triggered and looked at; its decision waits for the archive."""
    world.station.judge.model_fault = "gone once the model has judged"
    world.line.post(PartTriggered(trigger(seq, seen_ns=world.clock.monotonic_ns())))
    await until(lambda: world.station.judge.model_fault == "")
    for _ in range(5):
        await asyncio.sleep(0)


@in_world
async def test_a_disk_of_pictures_that_does_not_answer_costs_a_part_its_pass_and_no_part_its_record(
    world: World,
) -> None:
    world.store.picture_gate.clear()
    await waits_for_its_picture_alone(world, 1)
    await world.pass_time(450)
    assert await world.published() is Action.MANUAL_REVIEW  # the disk still hangs
    assert world.station.telemetry.alarms[0].code == AlarmCode.PICTURE_NOT_KEPT
    unkept = "the disk of the pictures did not answer within the deadline"
    first = world.only()
    assert first.decision.timings_ms.total == 450
    assert first.decision.reason == f"its picture could not be kept: {unkept}"
    assert (first.pictures, first.unkept) == ((), unkept)
    world.line.post(OutcomeReported(1, BOOT, Outcome.HELD))
    assert await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S) == 1
    await until(lambda: world.line.ready)
    await waits_for_its_picture_alone(world, 2)
    world.store.picture_gate.set()  # its own picture, and the one before, come in time
    assert await world.published() is Action.PASS
    # A person wants to see it.
    await until(lambda: all(part.pictures for part in world.store.latest().values()))
    assert [part.unkept for part in world.store.latest().values()] == ["", ""]
    assert world.station.standing.reason == ""
    await until(lambda: not world.station.telemetry.alarms[0].active)


@in_world
async def test_no_more_pictures_wait_than_there_is_room_for_and_a_part_without_one_does_not_wait(
    world: World,
) -> None:
    world.store.picture_gate.clear()
    for seq in range(1, MOST_WAITING + 2):
        await waits_for_its_picture_alone(world, seq)
        if seq <= SILENT_S // 0.45 + 1:
            await world.pass_time(450)
        assert await world.published() is Action.MANUAL_REVIEW  # at once: the disk has been silent for long
        await until(lambda: world.station.mode is Mode.IDLE)
    assert "8 pictures wait for their disk already" in world.station.pictures.fault
    world.store.picture_gate.set()
    shown = [True] * MOST_WAITING + [False]
    await until(lambda: [bool(part.pictures) for part in world.store.latest().values()] == shown)
    dropped = list(world.store.latest().values())[-1]
    assert "8 pictures wait" in dropped.unkept


@in_world
async def test_a_picture_of_another_part_that_is_kept_late_does_not_speak_for_this_one(
    world: World,
) -> None:
    world.store.picture_gate.clear()
    await waits_for_its_picture_alone(world, 1)
    await world.pass_time(450)
    assert await world.published() is Action.MANUAL_REVIEW
    await until(lambda: world.station.mode is Mode.IDLE)
    keep = world.store.archive_picture

    def refuse(frame: Frame) -> str:
        sha256 = keep(frame)
        if frame.number == 2:
            raise StoreError("no room")
        return sha256

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.store, "archive_picture", refuse)
        await waits_for_its_picture_alone(world, 2)
        world.store.picture_gate.set()
        assert await world.published() is Action.MANUAL_REVIEW
        assert world.station.pictures.fault == "no room"
        await until(lambda: [bool(part.pictures) for part in world.store.latest().values()] == [True, False])


@in_world
async def test_a_disk_of_pictures_that_hangs_while_nobody_waits_for_it_is_told(world: World) -> None:
    world.store.picture_gate.clear()
    for _ in range(4):
        await until(lambda: world.clock.sleepers > 0)
        world.clock.advance(HOUSEKEEPING_S * 1000)
    await until(lambda: bool(world.station.telemetry.alarms))
    (alarm,) = world.station.telemetry.alarms
    assert (alarm.code, alarm.active, alarm.times) == (AlarmCode.PICTURES_SILENT, True, 1)
    assert "the disk of the pictures has not answered for" in alarm.text
    assert "every part goes to manual review" in world.station.standing.reason
    assert world.line.ready, "parts are taken and recorded"
    maintained = world.store.maintained
    await until(lambda: world.clock.sleepers > 0)
    world.clock.advance(HOUSEKEEPING_S * 1000)
    await until(lambda: world.store.maintained > maintained)  # the record's own work goes on
    world.store.picture_gate.set()
    await until(lambda: world.store.retired > 0)
    await until(lambda: not world.station.telemetry.alarms[0].active)
    assert world.station.standing.reason == ""


@in_world
async def test_a_record_that_hangs_in_its_housekeeping_alone_is_told_too(
    world: World,
) -> None:
    world.store.housekeeping_gate.clear()
    try:
        for _ in range(4):
            await until(lambda: world.clock.sleepers > 0)
            world.clock.advance(HOUSEKEEPING_S * 1000)
        await until(lambda: bool(world.station.telemetry.alarms))
        (alarm,) = world.station.telemetry.alarms
        assert alarm.code == AlarmCode.NOT_RECORDED
        assert "the record has not answered for" in world.station.standing.reason
        assert not world.line.ready
    finally:
        world.store.housekeeping_gate.set()
    await until(lambda: world.line.ready)
    assert world.station.standing.reason == ""


def test_a_station_ends_although_the_disk_of_the_pictures_hangs() -> None:
    async def body() -> World:
        async with running() as world:
            world.store.picture_gate.clear()
            await waits_for_its_picture_alone(world, 1)
            await world.pass_time(450)
            await world.published()
            world.line.post(OutcomeReported(1, BOOT, Outcome.HELD))
            await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
            for part in (
                world.station._life.follow_ups
            ):  # what waits for the picture; the end gives it a second or two
                part.cancel()
        return world

    world = asyncio.run(asyncio.wait_for(body(), PATIENCE_S))
    world.store.picture_gate.set()
    assert world.only().outcome is Outcome.HELD


@in_world
async def test_pictures_that_cannot_be_kept_are_an_alarm_until_one_was_kept_again(world: World) -> None:
    world.store.pictures_broken = True
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    await until(lambda: world.station.mode is Mode.IDLE)
    for _ in range(2):  # the store has nothing to keep house of: that says nothing of pictures
        kept_house = world.store.maintained
        while world.store.maintained == kept_house:  # not each second: the last work may be on its way still
            await until(lambda: world.clock.sleepers > 0)
            world.clock.advance(HOUSEKEEPING_S * 1000)
    (alarm,) = world.station.telemetry.alarms
    assert (alarm.code, alarm.active) == (AlarmCode.PICTURE_NOT_KEPT, True)
    world.store.pictures_broken = False
    world.line.post(PartTriggered(trigger(2, seen_ns=world.clock.monotonic_ns())))
    assert await world.published() is Action.PASS
    assert [alarm.active for alarm in world.station.telemetry.alarms] == [False]
    assert world.station.standing.reason == ""


@in_world
async def test_old_pictures_that_cannot_be_deleted_are_an_alarm_of_their_own(world: World) -> None:
    world.store.housekeeping_broken = True
    await until(lambda: world.clock.sleepers > 0)
    world.clock.advance(HOUSEKEEPING_S * 1000)
    await until(lambda: bool(world.station.telemetry.alarms))
    assert world.station.telemetry.alarms[0].code == AlarmCode.PICTURES_NOT_RETIRED
    world.line.post(PartTriggered(trigger(1, seen_ns=world.clock.monotonic_ns())))
    assert await world.published() is Action.PASS
    assert world.station.telemetry.alarms[0].active
    world.store.housekeeping_broken = False
    await until(lambda: world.station.mode is Mode.IDLE and world.clock.sleepers > 0)
    world.clock.advance(HOUSEKEEPING_S * 1000)
    await until(lambda: not world.station.telemetry.alarms[0].active)


def test_after_a_restart_the_open_part_gets_its_outcome_and_nothing_is_recorded_twice() -> None:
    async def body() -> None:
        store = FakeStore()
        async with running(store) as world:
            world.line.post(PartTriggered(trigger(1)))
            await world.published()
        async with running(store) as world:
            assert world.line.known is not None
            assert world.line.known.seq == 1
            world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
            await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
            assert world.only().outcome is Outcome.RELEASED
            # The PLC did not see the acknowledgement and shows the outcome once more.
            world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
            await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
            assert [r.revision for r in store.revisions] == [0, 1]

    asyncio.run(body())


def test_after_a_restart_the_shifts_counts_and_the_last_parts_are_there() -> None:
    async def body() -> None:
        store = FakeStore()
        async with running(store) as world:
            world.line.post(PartTriggered(trigger(1)))
            await world.published()
            world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
            await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
            world.line.post(PartMissed(trigger(2), MissedCause.GAP))
            await until(lambda: world.station.telemetry.counts.missed == 1)
            assert len(store.latest()) == 2
            before = world.station.telemetry.counts
            assert before.since == shift_start(EPOCH, THREE_SHIFTS)
        async with running(store) as world:
            assert world.station.telemetry.counts == before
            assert [part.trigger.seq for part in world.station.telemetry.recent] == [2, 1]
            latency = world.station.telemetry.latency_ms
            assert latency is not None
            assert latency.n == 1
            world.line.post(OutcomeReported(2, BOOT, Outcome.DEFAULT_REJECTED))
            await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
            assert world.station.telemetry.counts.by_outcome[Outcome.DEFAULT_REJECTED] == 1

    asyncio.run(body())


@in_world
async def test_counting_begins_anew_with_the_shift_and_not_when_the_clock_is_set_back(world: World) -> None:
    world.line.post(PartTriggered(trigger(1)))
    await world.published()
    began = world.station.telemetry.counts.since
    assert began is not None
    world.clock.set_back(3 * 3600)
    world.line.post(LinkChanged(True, ""))
    await until(lambda: world.station.mode is Mode.IDLE)
    assert world.station.telemetry.counts.triggers == 1
    world.clock.set_back(-12 * 3600)
    world.line.post(PartTriggered(trigger(2, seen_at=world.clock.now())))
    await world.published()
    counts = world.station.telemetry.counts
    assert counts.since is not None
    assert counts.since > began
    assert counts.triggers == 1
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))  # of the shift before
    await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
    assert world.station.telemetry.counts.by_outcome == {}


@in_world
async def test_a_part_seen_before_the_shift_changed_and_decided_after_counts_as_on_the_record(
    world: World,
) -> None:
    world.inspector.gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await until(lambda: bool(world.line.exposed))
    world.clock.set_back(-12 * 3600)
    world.inspector.gate.set()
    await world.published()
    world.line.post(OutcomeReported(1, BOOT, Outcome.RELEASED))
    await asyncio.wait_for(world.line.acknowledged.get(), PATIENCE_S)
    world.line.post(PartMissed(trigger(2), MissedCause.GAP))
    world.line.post(PartMissed(trigger(3, seen_at=world.clock.now()), MissedCause.GAP))
    await until(lambda: len(world.store.latest()) == 3 and world.station.telemetry.counts.triggers > 0)
    counts = world.station.telemetry.counts
    assert (counts.triggers, counts.missed, counts.by_action, counts.by_outcome) == (1, 1, {}, {})
    assert counts.since == shift_start(world.clock.now(), THREE_SHIFTS)
    assert counts == world.store.counts_since(counts.since)


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


# --- more parts than anybody tells the outcome of ---------------------------------------------------------


def by_outcome(world: World) -> dict[Outcome | None, list[int]]:
    """Trigger numbers on record by their latest outcome."""
    found: dict[Outcome | None, list[int]] = {}
    for inspection in world.store.latest().values():
        found.setdefault(inspection.outcome, []).append(inspection.trigger.seq)
    return {outcome: sorted(numbers) for outcome, numbers in found.items()}


@in_world
async def test_a_flood_faster_than_the_disk_loses_nothing_and_takes_no_part_until_it_is_over(
    world: World,
) -> None:
    """A jump of the PLC's count tells more missed triggers than wait anywhere while the disk is slow."""
    flood = CLERK_QUEUE + 64
    world.store.gate.clear()
    for seq in range(1, flood + 1):
        world.line.post(PartMissed(trigger(seq), MissedCause.GAP))
    await until(lambda: world.station._clerk._queue.full())
    assert not world.line.ready
    assert "no outcome" in world.station.standing.reason
    world.store.gate.set()
    await until(lambda: len(world.store.revisions) == flood + flood - MAX_OPEN)
    await until(lambda: world.line.ready)
    told = by_outcome(world)
    assert told[Outcome.UNCONFIRMED] == list(range(1, flood - MAX_OPEN + 1)), "the oldest, in their order"
    assert told[None] == list(range(flood - MAX_OPEN + 1, flood + 1))
    assert world.line.acknowledged.empty(), "nothing is acknowledged that the PLC did not tell"


@in_world
async def test_a_plc_that_never_tells_an_outcome_does_not_stop_the_line(world: World) -> None:
    for seq in range(1, MAX_OPEN + 3):
        await until(lambda: world.line.ready)
        world.line.post(PartTriggered(trigger(seq)))
        assert await world.published() is Action.PASS
    await until(lambda: len(world.station._open) == MAX_OPEN and world.line.ready)
    assert by_outcome(world)[Outcome.UNCONFIRMED] == [1, 2]
    assert any("did not tell" in alarm.text for alarm in world.station.telemetry.alarms)


def test_a_station_starts_however_many_parts_are_open_on_its_record() -> None:
    async def body() -> None:
        async with running() as world:
            for seq in range(1, 4):
                world.line.post(PartMissed(trigger(seq), MissedCause.GAP))
            await until(lambda: len(world.store.latest()) == 3)
        template = next(iter(world.store.latest().values()))
        store = FakeStore()
        store.revisions = [
            template.model_copy(update={"inspection_id": f"{seq:032x}", "trigger": trigger(seq)})
            for seq in range(1, CLERK_QUEUE + 2 * MAX_OPEN)
        ]
        async with running(store) as world:
            await until(lambda: len(world.station._open) == MAX_OPEN and world.line.ready)

    asyncio.run(body())


# --- the bypass key ---------------------------------------------------------------------------------------


@in_world
async def test_under_the_bypass_key_the_station_never_says_that_it_is_ready(world: World) -> None:
    world.line.shown = replace(world.line.shown, bypassed=True)
    assert world.station.mode is Mode.SUSPENDED
    assert "bypass" in world.station.standing.reason
    world.line.post(PartMissed(trigger(1), MissedCause.BYPASS))
    await until(lambda: bool(world.store.revisions))
    assert world.only().missed is MissedCause.BYPASS
    assert world.only().decision.reason == "not inspected: bypass"
    assert "bypass key" in world.station.telemetry.alarms[0].text
    world.line.post(LinkChanged(False, "no connection"))
    await until(lambda: world.station.mode is Mode.STARTING)  # what the key does now is not known
    world.line.post(LinkChanged(True, ""))
    world.line.shown = replace(world.line.shown, bypassed=False)
    await until(lambda: world.station.mode is Mode.IDLE)


@in_world
async def test_a_record_that_does_not_answer_is_told_while_it_hangs_and_no_part_is_taken(
    world: World,
) -> None:
    kept_house = world.store.maintained
    world.store.gate.clear()
    world.line.post(PartTriggered(trigger(1)))
    await until(world.store.waiting.is_set)
    world.line.set_ready(True)
    for _ in range(5):  # the keeper's seconds go on, whatever hangs
        await until(lambda: world.clock.sleepers > 0)
        world.clock.advance(HOUSEKEEPING_S * 1000)
    await until(lambda: bool(world.station.telemetry.alarms))
    assert "the record has not answered for" in world.station.standing.reason
    assert not world.line.ready
    (alarm,) = world.station.telemetry.alarms
    assert (alarm.code, alarm.active, alarm.times) == (AlarmCode.NOT_RECORDED, True, 1)
    assert "is not released" in alarm.text
    assert world.store.maintained == kept_house, "nothing piles up behind what hangs"
    world.store.gate.set()
    await until(lambda: world.station.mode is Mode.IDLE)
    assert (world.station.standing.reason, world.line.ready) == ("", True)
    assert not world.station.telemetry.alarms[0].active


@in_world
async def test_housekeeping_that_hangs_keeps_nobody_from_hearing_that_the_record_does(world: World) -> None:
    world.store.housekeeping_gate.clear()
    try:
        for _ in range(3):
            await until(lambda: world.clock.sleepers > 0)
            world.clock.advance(HOUSEKEEPING_S * 1000)
        held = asyncio.create_task(world.station.command(Command.HOLD, by="Li"))
        await until(lambda: world.clock.sleepers > 1)  # it waits for the disk, beside the housekeeping
        for _ in range(4):
            await until(lambda: world.clock.sleepers > 0)
            world.clock.advance(HOUSEKEEPING_S * 1000)
        assert "not on record" in (await held).message
        await until(lambda: bool(world.station.telemetry.alarms))
        assert "the record has not answered" in world.station.telemetry.alarms[0].text
    finally:
        world.store.housekeeping_gate.set()


def test_a_store_that_fails_at_the_end_does_not_hide_why_the_station_ended() -> None:
    class BugError(Exception):
        pass

    async def body() -> None:
        world = World()

        async def fails(*_: object, **__: object) -> None:
            await until(lambda: bool(world.store.events))
            world.store.broken = True
            raise BugError

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(world.line, "run", fails)
            with pytest.raises(BugError):
                await world.station.run()

    asyncio.run(body())
