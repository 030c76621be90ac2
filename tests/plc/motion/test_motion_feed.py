"""The stream on the wire: a PLC sees every pair in order, and the handshake loses no cycle by it."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from inspection.decision import Action
from inspection.line_events import LineEvent, OutcomeReported, PartTriggered
from inspection.motion.chunk import NOMINAL_LINE, STEP_S
from inspection.part import Outcome
from inspection.times.clock import SystemClock
from plc.link import ModbusLine
from plc.modbus.wire import MOTION_OFFSET
from plc.motion.motion_stream import MOST_STEPS
from plc.register_map.motion_words import MotionWords
from plc.register_map.registers import OUTCOME_CODES, VISION_BASE, LineBits, LineBlock
from plc.register_map.sequence import next_seq
from plc.settings import LinkSettings
from plc.simulator.report import Report
from plc.simulator.run import SimulatorSettings, run_simulator
from tests.plc.handshaking import RUNNING, decision_on
from tests.plc.peers import PATIENCE_S, Running, ScriptedPlc, eventually, free_port, refused, running

FOLLOW = RUNNING | LineBits.FOLLOW_MOTION
SPEED, END = round(NOMINAL_LINE.belt_speed_mm_s), round(NOMINAL_LINE.diverter_max_angle_deg * 10)
IDLE = (SPEED, END)
MOTION_WORD = VISION_BASE + MOTION_OFFSET
AFTER = {
    Action.PASS: (SPEED, 0),
    Action.REWORK: (SPEED * 4 // 5, END),
    Action.MANUAL_REVIEW: (SPEED // 2, END),
    Action.STOP: (0, END),
}


def is_motion(request: bytes) -> bool:
    """A telegram of three words of its own."""
    return request[7] == 16 and struct.unpack(">HH", request[8:12]) == (MOTION_WORD, 3)


def motion_in(request: bytes) -> MotionWords | None:
    """The motion words that a telegram writes."""
    if request[7] == 23:
        words = struct.unpack(">21H", request[17:])
        return MotionWords(*words[MOTION_OFFSET : MOTION_OFFSET + 3])
    if request[7] != 16:
        return None
    words = struct.unpack(f">{request[12] // 2}H", request[13:])
    return MotionWords(*words if is_motion(request) else words[MOTION_OFFSET : MOTION_OFFSET + 3])


class FollowingPlc(ScriptedPlc):
    """A PLC whose belt and diverter are at once where the set points want them."""

    def __init__(self, *, bits: LineBits = FOLLOW) -> None:
        self.line = LineBlock(boot_id=77, bits=bits, deadline_ms=500, diverter_angle_ddeg=END)
        super().__init__(self.line)

    def set(self, **words: Any) -> None:
        self.line = replace(self.line, **words)
        self.show(self.line)

    def _answer(self, request: bytes) -> bytes:
        answer = super()._answer(request)
        words: dict[str, int] = {"heartbeat": self.line.heartbeat + 1 & 0xFFFF}
        if self.vision.motion_seq:
            words |= {
                "belt_speed_mm_s": self.vision.belt_speed_set_mm_s,
                "diverter_angle_ddeg": self.vision.diverter_set_ddeg,
            }
        self.set(**words)
        return answer

    @property
    def words(self) -> tuple[int, int]:
        return self.vision.belt_speed_set_mm_s, self.vision.diverter_set_ddeg

    def pairs(self) -> list[MotionWords]:
        """Every pair that was written, in order, each once."""
        found: list[MotionWords] = []
        for words in filter(None, map(motion_in, self.requests)):
            if words.motion_seq and (not found or words != found[-1]):
                found.append(words)
        return found


def keeps_the_limits(pairs: list[MotionWords]) -> None:
    """No number is left out, and no step is greater than a late tick makes it; rounded to whole units."""
    slip = MOST_STEPS * NOMINAL_LINE.slip_limit_mm_s2 * STEP_S
    for before, after in pairwise(pairs):
        assert after.motion_seq == next_seq(before.motion_seq)
        assert abs(after.belt_speed_mm_s - before.belt_speed_mm_s) <= slip
        assert 0 <= after.diverter_ddeg <= END


def decides(action: Action) -> Callable[[ModbusLine, LineEvent], None]:
    """A station that has one mind about every part."""

    def react(line: ModbusLine, event: LineEvent) -> None:
        match event:
            case PartTriggered(trigger):
                line.publish(trigger, decision_on(trigger, action), defect_code=0, simulated=False)
            case OutcomeReported(seq, boot):
                line.outcome_recorded(seq, boot)

    return react


@pytest.mark.parametrize("action", list(Action))
def test_a_plc_that_follows_is_led_to_what_was_decided_and_back(action: Action) -> None:
    async def go() -> None:
        async with FollowingPlc() as plc, running(plc.port, react=decides(action)) as link:
            link.line.set_ready(True)
            await eventually(lambda: plc.words == IDLE)
            plc.set(trigger_seq=1, part_id=9)
            await eventually(lambda: plc.words == AFTER[action])
            outcome = OUTCOME_CODES[Outcome.RELEASED if action is Action.PASS else Outcome.DIVERTED]
            plc.set(result_ack_seq=1, outcome_seq=1, outcome=outcome)
            await eventually(lambda: plc.words == IDLE)
            keeps_the_limits(plc.pairs())
            await eventually(lambda: any(map(is_motion, plc.requests)))  # between the cycles too
            assert link.line.counters().timeouts == 0

    asyncio.run(go())


def test_without_follow_motion_nothing_is_streamed() -> None:
    async def go() -> None:
        async with FollowingPlc(bits=RUNNING) as plc, running(plc.port, react=decides(Action.PASS)) as link:
            link.line.set_ready(True)
            await eventually(lambda: link.line.state().connected)
            plc.set(trigger_seq=1, part_id=9)
            await eventually(lambda: plc.vision.result_seq == 1)
            plc.set(result_ack_seq=1, outcome_seq=1, outcome=1)
            await eventually(lambda: plc.vision.outcome_ack_seq == 1)
            assert {motion_in(request) for request in plc.requests} - {None} == {MotionWords(0, 0, 0)}
            assert not any(map(is_motion, plc.requests))
            assert not link.line.diagnostics().motion.following

    asyncio.run(go())


def test_when_follow_motion_is_cleared_the_belt_comes_to_a_stand_by_a_ramp() -> None:
    async def go() -> None:
        async with FollowingPlc() as plc, running(plc.port, react=decides(Action.PASS)) as link:
            link.line.set_ready(True)
            await eventually(lambda: plc.words == IDLE)
            plc.set(trigger_seq=1, part_id=9)
            await eventually(lambda: plc.words == AFTER[Action.PASS])
            plc.set(bits=RUNNING)
            await eventually(lambda: plc.vision.motion_seq == 0)
            pairs = plc.pairs()
            assert (pairs[-1].belt_speed_mm_s, pairs[-1].diverter_ddeg) == (0, END), "the safe state"
            keeps_the_limits(pairs)
            await eventually(lambda: not link.line._motion.stream.moving)

    asyncio.run(go())


def test_a_halt_ends_the_stream_by_a_ramp_and_a_reset_takes_it_up_again() -> None:
    async def go() -> None:
        async with FollowingPlc() as plc, running(plc.port) as link:
            await eventually(lambda: plc.words == IDLE)
            plc.set(trigger_seq=5000)  # a jump of the count halts the line
            await eventually(lambda: link.line.state().halted)
            await eventually(lambda: plc.words == (0, END))
            keeps_the_limits(plc.pairs())
            plc.set(bits=FOLLOW | LineBits.FAULT_RESET)
            await eventually(lambda: plc.words == AFTER[Action.MANUAL_REVIEW])  # for parts that were skipped
            plc.set(outcome_seq=5000, outcome=OUTCOME_CODES[Outcome.DEFAULT_REJECTED])
            await eventually(lambda: plc.words == IDLE)
            keeps_the_limits(plc.pairs())

    asyncio.run(go())


def test_short_telegrams_that_nobody_answers_cost_the_handshake_nothing() -> None:
    async def go() -> None:
        async with FollowingPlc() as plc:
            plc.always = lambda request, answer: [] if is_motion(request) else [(0.0, answer)]
            async with running(plc.port) as link:
                await eventually(lambda: link.line.diagnostics().motion.late > 0)
                cycles = link.line.counters().cycles
                await eventually(lambda: link.line.counters().cycles > cycles + 20)
                told = link.line.diagnostics().motion
                assert told.following
                assert told.late == told.telegrams <= 4, "it is not tried again at once"
                assert link.line.counters().timeouts == 0
                assert link.line.counters().reconnects == 0
                await eventually(lambda: plc.words == IDLE)  # with the exchange alone
                keeps_the_limits(plc.pairs())

    asyncio.run(go())


def test_an_answer_that_comes_after_the_next_exchange_has_begun_is_thrown_away() -> None:
    async def go() -> None:
        async with FollowingPlc() as plc:
            plc.always = lambda request, answer: [(0.03 if is_motion(request) else 0.0, answer)]
            async with running(plc.port) as link:
                await eventually(lambda: link.line.counters().late_answers > 0)
                assert link.line.state().connected
                assert link.line.counters().garbled == 0
                assert link.line.counters().reconnects == 0

    asyncio.run(go())


def test_a_plc_that_takes_no_short_telegrams_gets_its_set_points_with_the_exchange() -> None:
    async def go() -> None:
        async with FollowingPlc() as plc:
            plc.always = lambda request, answer: [
                (0.0, refused(request, 2) if is_motion(request) else answer)
            ]
            async with running(plc.port) as link:

                def answered() -> int:
                    told = link.line.diagnostics().motion
                    return told.telegrams - told.late

                await eventually(lambda: answered() == 1)
                cycles = link.line.counters().cycles
                await eventually(lambda: plc.words == IDLE and link.line.counters().cycles > cycles + 20)
                assert answered() == 1, "asked once"
                assert link.line.counters().reconnects == 0
                assert link.line.state().connected

    asyncio.run(go())


@contextlib.asynccontextmanager
async def line_at(port: int, actions: dict[int, Action]) -> AsyncIterator[Running]:
    """A link to the simulated PLC, whose line it knows, with a station that decides by trigger number."""
    settings = SimulatorSettings()
    physics = settings.bench().physics.context(belt_speed_mm_s=settings.belt_speed_mm_s)
    line = ModbusLine(LinkSettings(port=port, reconnect_ms=50), SystemClock(), physics=physics)

    def react(event: LineEvent) -> None:
        action = actions[event.trigger.seq] if isinstance(event, PartTriggered) else Action.PASS
        decides(action)(line, event)

    link = Running(line)
    tasks = [asyncio.create_task(line.run(None)), asyncio.create_task(link.listen(react))]
    line.set_ready(True)
    try:
        yield link
    finally:
        tasks[0].cancel()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.slow
def test_the_simulated_line_obeys_and_no_part_slides() -> None:
    """Belt, parts with friction and a diverter with a motor, moved by the stream alone."""
    wanted = {1: Action.REWORK, 2: Action.PASS, 3: Action.STOP, 4: Action.PASS, 5: Action.MANUAL_REVIEW}

    async def go() -> Report:
        port = free_port()
        settings = SimulatorSettings(port=port, parts=len(wanted), rate_per_min=60, follow_motion=True)
        async with line_at(port, wanted):
            return await run_simulator(settings)

    report = asyncio.run(go())
    assert report.complete, report.ended_by
    assert {part.seq: part.action for part in report.parts} == wanted
    assert {part.seq: part.outcome for part in report.parts} == {
        1: Outcome.DIVERTED,
        2: Outcome.RELEASED,
        3: Outcome.STOPPED,
        4: Outcome.RELEASED,
        5: Outcome.HELD,
    }
    assert report.bench.slid == 0
    assert report.bench.released_without_pass == 0
