"""The link over real sockets: against a peer we did not write, and against peers that misbehave."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import pytest

from inspection.decision import Action
from inspection.line_events import (
    HaltCleared,
    Halted,
    KnownPart,
    LineEvent,
    LinkChanged,
    OutcomeReported,
    PartMissed,
    PartTriggered,
    PlcRestarted,
    ResultAccepted,
    RunTakenOver,
    SecondEngine,
)
from inspection.part import MissedCause, Outcome
from inspection.times.clock import SystemClock
from plc.handshake import knock
from plc.link import QUEUE_SIZE, ModbusLine
from plc.modbus.stream import Stream
from plc.modbus.wire import Wire
from plc.modbus.wire_failures import WireError
from plc.register_map.registers import (
    PLC_WORDS,
    VISION_BASE,
    VISION_SIZE,
    LineBits,
    LineBlock,
    VisionBits,
    VisionBlock,
    VisionState,
    action_of,
)
from plc.settings import LinkSettings
from tests.plc.handshaking import RUNNING, decision_on
from tests.plc.peers import (
    ForeignPlc,
    Running,
    ScriptedPlc,
    eventually,
    free_port,
    raw_server,
    refused,
    running,
    says,
)

IDLE = LineBlock(boot_id=77, bits=RUNNING, deadline_ms=500)


def station(line: ModbusLine, event: LineEvent) -> None:
    """Passes every part at once, and has every outcome on record at once."""
    match event:
        case PartTriggered(trigger):
            line.publish(trigger, decision_on(trigger, Action.PASS), defect_code=0, simulated=False)
        case OutcomeReported(seq, boot):
            line.outcome_recorded(seq, boot)


def _read_or_halted(line: ModbusLine, cycles: int) -> bool:
    return line.counters().cycles >= cycles or line.state().halted


def _shows_result(plc: ForeignPlc, seq: int) -> bool:
    return plc.vision().result_seq == seq


def _has_acknowledged(plc: ForeignPlc, seq: int) -> bool:
    return plc.vision().outcome_ack_seq == seq


@pytest.mark.parametrize("fc23", [True, False], ids=["FC23", "FC16 and FC03"])
def test_a_part_goes_through_with_a_plc_we_did_not_write(fc23: bool) -> None:
    async def go() -> None:
        with ForeignPlc(fc23=fc23) as plc:
            plc.set(IDLE)
            async with running(plc.port, react=station) as link:
                link.line.set_ready(True)
                await eventually(lambda: VisionBits.TRIGGER_READY in plc.vision().bits)
                plc.set(replace(plc.line, trigger_seq=1, part_id=0x10002))
                await eventually(lambda: VisionBits.RESULT_VALID in plc.vision().bits)
                vision = plc.vision()
                assert vision.result_seq == vision.result_seq_tail == 1
                assert vision.part_id == 0x10002
                assert (
                    action_of(decision=vision.decision, decision_complement=vision.decision_complement)
                    is Action.PASS
                )
                plc.set(replace(plc.line, result_ack_seq=1))
                await link.until(ResultAccepted)
                plc.set(replace(plc.line, outcome_seq=1, outcome=1))
                await eventually(lambda: plc.vision().outcome_ack_seq == 1)
            assert plc.functions[0] == 3, "read first"
            assert plc.vision().bits == VisionBits(0), "we said goodbye"
            assert ({16, 3} if not fc23 else {23}) <= set(plc.functions)
            assert plc.functions.count(23) == 1 or fc23, "a function that the PLC lacks is asked for once"

    asyncio.run(go())


def test_after_an_engine_restart_the_count_is_taken_up_from_the_record() -> None:
    async def go() -> None:
        with ForeignPlc() as plc:
            plc.set(replace(IDLE, trigger_seq=9, outcome_seq=7, outcome=1, part_id=5))
            known = KnownPart(plc_boot_id=77, seq=7, part_id=4)
            async with running(plc.port, known=known) as link:
                await link.until(LinkChanged)
                missed = [(e.trigger.seq, e.cause) for e in link.events if isinstance(e, PartMissed)]
                assert missed == [(8, MissedCause.GAP), (9, MissedCause.RESTART)]

    asyncio.run(go())


def test_a_frozen_heartbeat_halts_latched_and_fault_reset_ends_it() -> None:
    async def go() -> None:
        with ForeignPlc() as plc:
            plc.set(IDLE)
            async with running(plc.port) as link:
                link.line.set_ready(True)
                await eventually(lambda: VisionBits.TRIGGER_READY in plc.vision().bits)
                plc.beats = False
                await link.until(Halted)
                plc.beats = True
                await link.until(LinkChanged, count=3)  # up, down, up
                assert link.line.state().halted
                await eventually(lambda: plc.vision().state == VisionState.HALTED)
                plc.set(replace(plc.line, bits=RUNNING | LineBits.FAULT_RESET))
                await link.until(HaltCleared)
                await eventually(lambda: plc.vision().state == VisionState.READY)

    asyncio.run(go())


def test_a_cut_in_the_middle_of_a_part_replays_nothing() -> None:
    async def go() -> None:
        with ForeignPlc() as plc:
            plc.set(IDLE)
            async with running(plc.port) as link:
                link.line.set_ready(True)
                await eventually(lambda: VisionBits.TRIGGER_READY in plc.vision().bits)
                plc.set(replace(plc.line, trigger_seq=1, part_id=6))
                event = await link.until(PartTriggered)
                assert isinstance(event, PartTriggered)
                plc.cut()
                await link.until(LinkChanged, count=2)
                decision = decision_on(event.trigger)
                assert not link.line.publish(event.trigger, decision, defect_code=0, simulated=False)
                plc.set(replace(plc.line, boot_id=78, trigger_seq=0))
                plc.open()
                await link.until(PlcRestarted)
                await link.until(LinkChanged, count=3)
                await eventually(lambda: plc.vision().heartbeat > 0)
                assert plc.vision().result_seq == 0
                assert link.line.counters().reconnects >= 1

    asyncio.run(go())


def test_nobody_there_is_told_once_in_words() -> None:
    async def go() -> None:
        port = free_port()
        async with running(port) as link:
            event = await link.until(LinkChanged)
            assert isinstance(event, LinkChanged)
            assert f"no connection to the PLC at 127.0.0.1:{port}" in event.reason
            assert not link.line.state().connected
            await asyncio.sleep(0.2)  # several more attempts
            assert len(link.events) == 1

    asyncio.run(go())


def test_a_plc_that_accepts_and_never_answers_is_given_up_and_tried_again() -> None:
    async def go() -> None:
        async with (
            raw_server(lambda _: b"") as port,
            running(port, timeout_ms=30) as link,
        ):
            event = await link.until(LinkChanged)
            assert isinstance(event, LinkChanged)
            assert "did not answer within 30 ms" in event.reason
            await eventually(lambda: link.line.counters().reconnects >= 1)
            assert link.line.counters().timeouts >= 2

    asyncio.run(go())


@pytest.mark.parametrize(
    "garbage",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00\x01\x00\x00\x00\x03\x01\x63\x00",
        b"\x00\x01\x00\x00\x00\x05\x01\x03\x02\xff\xff",
    ],
    ids=["another protocol", "a function nobody asked for", "one word instead of sixteen"],
)
def test_garbage_is_counted_and_never_understood(garbage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    def answer(request: bytes) -> bytes:
        # with the right transaction number, so that only its content gives it away
        return request[:2] + garbage[2:] if garbage[2:4] == b"\x00\x00" else garbage

    async def go() -> None:
        async with raw_server(answer) as port, running(port, timeout_ms=30) as link:
            event = await link.until(LinkChanged)
            assert isinstance(event, LinkChanged)
            assert "does not speak Modbus TCP as asked" in event.reason or "too short" in event.reason
            counters = link.line.counters()
            assert counters.garbled + counters.short >= 1
            assert counters.timeouts == 0
            assert link.line.state().read_ns == 0

    with caplog.at_level(logging.ERROR):
        asyncio.run(go())
    assert not caplog.records, "no traceback out of asyncio"


def test_a_server_without_our_registers_is_named() -> None:
    async def go() -> None:
        async with raw_server(lambda r: r[:2] + b"\0\0\0\x03\x01\x83\x02") as port, running(port) as link:
            event = await link.until(LinkChanged)
            assert isinstance(event, LinkChanged)
            assert "Modbus exception 2" in event.reason
            assert link.line.counters().illegal_address >= 1

    asyncio.run(go())


def test_another_map_version_halts() -> None:
    async def go() -> None:
        with ForeignPlc() as plc:
            plc.set(replace(IDLE, map_version=9))
            async with running(plc.port) as link:
                event = await link.until(Halted)
                assert isinstance(event, Halted)
                assert "map version 9" in event.reason

    asyncio.run(go())


def test_events_that_nobody_takes_halt_the_line_and_none_is_lost() -> None:
    async def go() -> None:
        with ForeignPlc() as plc:
            plc.set(IDLE)
            line = ModbusLine(LinkSettings(port=plc.port), SystemClock())
            run = asyncio.create_task(line.run(None))
            await eventually(lambda: line.state().connected)
            seq = 0
            while not line.state().halted:
                seq = min(seq + 200, QUEUE_SIZE)
                plc.set(replace(plc.line, trigger_seq=seq))
                read = line.counters().cycles + 2
                await eventually(partial(_read_or_halted, line, read))
            stopped_at = line.counters().cycles
            assert line._events.qsize() <= QUEUE_SIZE
            told: list[LineEvent] = []

            async def take() -> None:
                async for event in line.events():
                    told.append(event)

            taking = asyncio.create_task(take())
            await eventually(lambda: line.counters().cycles > stopped_at + 5)
            run.cancel()
            await asyncio.gather(run, taking, return_exceptions=True)
            counted = [e.trigger.seq for e in told if isinstance(e, PartMissed | PartTriggered)]
            assert counted == list(range(1, seq + 1))

    asyncio.run(go())


def test_the_loop_is_never_blocked_by_a_dead_host() -> None:
    """Measured until this computer leaves us undisturbed for half a second of time-outs and reconnects.

    Another process may take the processor away from us for 100 ms; what blocks the loop, blocks it in each.
    """
    worst_s: list[float] = []

    async def go() -> None:
        loop = asyncio.get_running_loop()
        async with raw_server(lambda _: b"") as port, running(port) as link:
            before = link.line.counters()
            worst, last = 0.0, loop.time()
            end = last + 0.5
            while last < end:
                await asyncio.sleep(0)
                worst, last = max(worst, loop.time() - last), loop.time()
            after = link.line.counters()
            assert after.timeouts > before.timeouts
            assert after.connections > before.connections
            assert not link.line.state().connected
            worst_s.append(worst)

    while len(worst_s) < 20 and min(worst_s, default=1.0) >= 0.1:
        asyncio.run(go())
    assert min(worst_s) < 0.1, worst_s


def test_the_lines_state_tells_the_key_and_why_it_halts_or_is_down_in_short() -> None:
    async def go() -> None:
        with ForeignPlc() as plc:
            plc.set(replace(IDLE, map_version=0))
            async with running(plc.port) as link:
                await link.until(LinkChanged)
                assert "line block is empty" in link.line.state().down_reason
                plc.set(replace(IDLE, bits=RUNNING | LineBits.BYPASS, trigger_seq=7))
                await eventually(lambda: link.line.state().bypassed)
                await eventually(lambda: link.line.state().connected)
                assert link.line.state().down_reason == ""
                plc.set(replace(IDLE, trigger_seq=1007))
                await eventually(lambda: link.line.state().counting_missed)
                assert not link.line.state().bypassed
                plc.set(replace(IDLE, trigger_seq=0))
                await link.until(Halted)
                state = link.line.state()
                assert state.halt_brief == "PLC restarted: clear belt, reset PLC"
                assert state.halt_reason.startswith("the PLC counts its triggers from 0 again")
                await eventually(lambda: link.line.state().connected)
                plc.set(replace(plc.line, bits=RUNNING | LineBits.FAULT_RESET))
                await link.until(HaltCleared)
                assert (link.line.state().halt_brief, link.line.state().halt_reason) == ("", "")

    asyncio.run(go())


def test_an_answer_that_waited_for_our_own_busy_loop_is_no_fault_of_the_plc(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Answer and time-out come in the same turn of the loop: the answer counts."""
    send, blocks = Stream.send, 0

    def send_and_be_busy(stream: Stream, data: bytes) -> None:
        nonlocal blocks
        send(stream, data)
        if blocks:
            blocks -= 1
            asyncio.get_running_loop().call_soon(time.sleep, 0.25)

    async def go() -> None:
        nonlocal blocks
        with ForeignPlc() as plc:
            plc.set(IDLE)
            async with running(plc.port, timeout_ms=100) as link:
                await eventually(lambda: link.line.state().connected)
                monkeypatch.setattr(Stream, "send", send_and_be_busy)
                blocks = 3
                cycles = link.line.counters().cycles + 6
                await eventually(lambda: link.line.counters().cycles >= cycles)
                counters = link.line.counters()
                assert not blocks
                assert (counters.short, counters.timeouts, counters.reconnects) == (0, 0, 0)

    asyncio.run(go())


# --- what a bad line does to the whole link ---------------------------------------------------------------


def beating(plc: ScriptedPlc) -> Callable[[bytes, bytes], list[tuple[float, bytes]]]:
    """Count the PLC's heartbeat up with each request."""

    def answer(_: bytes, right: bytes) -> list[tuple[float, bytes]]:
        plc.registers[1] = plc.registers[1] + 1 & 0xFFFF
        return [(0.0, right)]

    return answer


@contextlib.asynccontextmanager
async def scripted(
    line: LineBlock = IDLE, *, timeout_ms: int = 250, **settings: Any
) -> AsyncIterator[tuple[ScriptedPlc, Running]]:
    """A scripted PLC whose heart beats, and a link that is ready."""
    async with ScriptedPlc(line) as plc:
        plc.always = beating(plc)
        async with running(plc.port, react=station, timeout_ms=timeout_ms, **settings) as link:
            link.line.set_ready(True)
            await eventually(lambda: VisionBits.TRIGGER_READY in plc.vision.bits)
            yield plc, link


def test_a_busy_plc_costs_cycles_but_neither_connection_nor_part() -> None:
    async def go() -> None:
        async with scripted() as (plc, link):
            plc.lined_up.extend([says(lambda request, _: refused(request, 6))] * 5)
            await eventually(lambda: link.line.counters().busy == 5)
            plc.show(replace(IDLE, heartbeat=plc.registers[1], trigger_seq=1, part_id=8))
            await link.until(PartTriggered)
            await eventually(lambda: plc.vision.result_seq == 1)
            assert link.line.counters().reconnects == 0
            assert link.line.state().connected

    asyncio.run(go())


def test_a_late_answer_never_shows_a_trigger_that_is_over() -> None:
    """Held back by a fault on the wire, an old image would look like the PLC going back in time."""

    async def go() -> None:
        async with scripted(replace(IDLE, trigger_seq=4)) as (plc, link):
            held: list[bytes] = []

            def hold(_: bytes, answer: bytes) -> list[tuple[float, bytes]]:
                held.append(answer)
                return []

            def after_the_held(request: bytes, answer: bytes) -> list[tuple[float, bytes]]:
                return [(0.0, held[0]), *beating(plc)(request, answer)]

            plc.lined_up.extend([hold, after_the_held])
            await eventually(lambda: bool(held))
            plc.show(replace(IDLE, heartbeat=plc.registers[1], trigger_seq=5, part_id=8))
            await link.until(PartTriggered)
            await eventually(lambda: link.line.counters().late_answers == 1)
            triggers = [e.trigger.seq for e in link.events if isinstance(e, PartTriggered | PartMissed)]
            assert triggers.count(5) == 1
            assert triggers[-1] == 5

    asyncio.run(go())


def test_a_half_open_connection_is_given_up_and_made_anew() -> None:
    async def go() -> None:
        async with scripted(timeout_ms=60) as (plc, link):
            alive = plc.always
            plc.always = lambda *_: []
            await eventually(lambda: link.line.counters().given_up >= 1)
            plc.always = alive
            await link.until(LinkChanged, count=3)  # up, down, up
            assert link.line.counters().timeouts >= 2
            assert link.line.counters().reconnects >= 1

    asyncio.run(go())


def test_an_illegal_address_is_told_once_and_mends_itself_when_the_plc_is_mended() -> None:
    async def go() -> None:
        async with ScriptedPlc(IDLE) as plc:
            plc.always = says(lambda request, _: refused(request, 2))
            async with running(plc.port, timeout_ms=250) as link:
                event = await link.until(LinkChanged)
                assert isinstance(event, LinkChanged)
                assert "Check line_base (0) and vision_base (100)" in event.reason
                await eventually(lambda: link.line.counters().illegal_address >= 3)
                assert len(link.events) == 1
                plc.always = beating(plc)
                up = await link.until(LinkChanged, count=2)
                assert isinstance(up, LinkChanged)
                assert up.up

    asyncio.run(go())


@pytest.mark.parametrize("version", [0xFFFF, 0x0100])
def test_registers_full_of_ones_and_swapped_bytes_publish_nothing(version: int) -> None:
    async def go() -> None:
        async with ScriptedPlc() as plc:
            plc.registers[:] = [version] * len(plc.registers)
            async with running(plc.port, react=station, timeout_ms=250) as link:
                link.line.set_ready(True)
                event = await link.until(Halted)
                assert isinstance(event, Halted)
                assert f"map version {version}" in event.reason
                await eventually(lambda: plc.vision.map_version == 1)  # ours, over what was there
                read = link.line.counters().cycles
                await eventually(lambda: link.line.counters().cycles > read + 5)
                assert not any(isinstance(event, PartTriggered) for event in link.events)
                assert plc.vision.result_seq == 0
                assert not plc.vision.bits & (VisionBits.TRIGGER_READY | VisionBits.RESULT_VALID)

    asyncio.run(go())


def test_ones_everywhere_but_in_the_map_version_are_no_living_plc() -> None:
    async def go() -> None:
        async with ScriptedPlc() as plc:
            plc.registers[:] = [0xFFFF] * len(plc.registers)
            plc.registers[0] = 1
            async with running(plc.port, react=station, timeout_ms=250) as link:
                link.line.set_ready(True)
                await eventually(lambda: plc.vision.map_version == 1)
                read = link.line.counters().cycles
                await eventually(lambda: link.line.counters().cycles > read + 5)
                assert not any(isinstance(event, PartTriggered) for event in link.events)
                assert plc.vision.result_seq == 0
                assert not plc.vision.bits & (VisionBits.TRIGGER_READY | VisionBits.RESULT_VALID)

    asyncio.run(go())


def test_a_peer_of_random_bytes_is_never_believed() -> None:
    """400 answers of noise, in every length; the five minutes are the bench's."""

    async def go() -> None:
        random = Random(4)
        async with ScriptedPlc(IDLE) as plc:

            def noise(request: bytes, right: bytes) -> list[tuple[float, bytes]]:
                kind = random.random()
                data = random.randbytes(random.randrange(1, 400))
                if kind < 0.3:  # with the right header, so that it gets further
                    data = request[:4] + len(data).to_bytes(2, "big") + data
                return [(0.0, right[: random.randrange(1, len(right))] if kind > 0.9 else data)]

            plc.always = noise
            wire = Wire(LinkSettings(port=plc.port, timeout_ms=20))
            for _ in range(400):
                try:
                    if not wire.connected:
                        await wire.connect(patience_s=1.0)
                    await wire.read()
                except WireError as error:
                    if error.dead:
                        wire.close()
                else:
                    pytest.fail("noise was believed")
            counters = wire.counters
            assert counters.garbled + counters.short + counters.timeouts + counters.other_exceptions >= 380
            wire.close()

    asyncio.run(go())


def test_a_peer_that_babbles_differently_each_time_is_told_once() -> None:
    async def go() -> None:
        async with ScriptedPlc(IDLE) as plc:
            lengths = iter(range(300, 0xFFFF))
            plc.always = says(lambda r, _: r[:4] + next(lengths).to_bytes(2, "big") + r[6:])
            async with running(plc.port, timeout_ms=250) as link:
                await eventually(lambda: link.line.counters().garbled >= 4)
                assert len(link.events) == 1

    asyncio.run(go())


# --- what it tells about itself ---------------------------------------------------------------------------


def test_the_timeline_tells_a_handshake_from_trigger_to_outcome() -> None:
    async def go() -> None:
        async with scripted() as (plc, link):
            plc.show(replace(IDLE, heartbeat=plc.registers[1], trigger_seq=1, part_id=8))
            await eventually(lambda: plc.vision.result_seq == 1)
            plc.registers[7] = 1
            await link.until(ResultAccepted)
            plc.registers[8:10] = [1, 1]
            await link.until(OutcomeReported)
            (told,) = link.line.timeline()
            assert (told.seq, told.part_id, told.plc_boot_id) == (1, 8, 77)
            assert (told.action, told.outcome) == (Action.PASS, Outcome.RELEASED)
            moments = (told.published_ms, told.in_plc_ms, told.acknowledged_ms, told.outcome_ms)
            known = [moment for moment in moments if moment is not None]
            assert len(known) == 4
            assert known == sorted(known)

    asyncio.run(go())


def test_the_diagnostics_tell_the_cycle_as_it_was() -> None:
    async def go() -> None:
        async with scripted(cycle_ms=10) as (_, link):
            await eventually(lambda: link.line.counters().cycles > 50)
            diagnostics = link.line.diagnostics()
            assert diagnostics.cycle.target_ms == 10
            interval, exchange = diagnostics.cycle.interval_ms, diagnostics.cycle.exchange_ms
            assert interval is not None
            assert exchange is not None
            assert interval.n >= 48
            assert interval.p50 >= 9.0
            assert exchange.p50 < interval.p50
            assert diagnostics.functions == "FC23"
            assert diagnostics.counters.connections == 1
            ages = link.line.registers()
            assert ages.vision.age_ms is not None
            assert ages.line.registers[12].name == "belt_speed_mm_s"
            assert {register.name: register.text for register in ages.vision.registers}["state"] == "ready"

    asyncio.run(go())


# --- two engines at one PLC -------------------------------------------------------------------------------


def test_the_second_engine_at_a_plc_writes_nothing_says_so_and_takes_over_when_a_person_resets() -> None:
    async def go() -> None:
        with ForeignPlc() as plc:
            plc.set(IDLE)
            async with contextlib.AsyncExitStack() as stack:
                first = await stack.enter_async_context(running(plc.port))
                first.line.set_ready(True)
                await eventually(lambda: VisionBits.TRIGGER_READY in plc.vision().bits)
                async with running(plc.port) as second:
                    halted = await second.until(Halted)
                    assert isinstance(halted, Halted)
                    assert f"boot id {first.line.boot_id}" in halted.reason
                    second.line.set_ready(True)
                    plc.set(replace(plc.line, trigger_seq=1, part_id=6))
                    await first.until(PartTriggered)
                    await stack.aclose()  # the first one ends
                    await asyncio.sleep(0.1)
                    assert plc.vision().boot_id == first.line.boot_id, "the second has written nothing"
                    assert not any(isinstance(event, PartMissed) for event in second.events)
                    plc.set(replace(plc.line, bits=RUNNING | LineBits.FAULT_RESET))
                    await second.until(HaltCleared)
                    await eventually(lambda: plc.vision().boot_id == second.line.boot_id)
                    taken = await second.until(RunTakenOver)
                    assert taken == RunTakenOver(IDLE.boot_id, first.line.boot_id, 1)
                    assert missed_by(second) == [(1, MissedCause.BEFORE_RECORD)]
                    plc.set(replace(plc.line, bits=RUNNING))
                    await eventually(lambda: VisionBits.TRIGGER_READY in plc.vision().bits)

    asyncio.run(go())


@pytest.mark.parametrize("fc23", [True, False], ids=["FC23", "FC16 and FC03"])
def test_the_first_engine_is_told_of_the_second_goes_on_and_loses_no_part(fc23: bool) -> None:
    async def go() -> None:
        with ForeignPlc(fc23=fc23) as plc:
            plc.set(IDLE)
            async with running(plc.port, react=station) as first:
                first.line.set_ready(True)
                await eventually(lambda: VisionBits.TRIGGER_READY in plc.vision().bits)
                async with running(plc.port) as second:
                    told = await first.until(SecondEngine)
                    assert isinstance(told, SecondEngine)
                    assert told.boot_id == second.line.boot_id
                    for seq in (1, 2, 3):  # while it knocks
                        plc.set(replace(plc.line, trigger_seq=seq, part_id=seq))
                        await eventually(partial(_shows_result, plc, seq))
                        plc.set(replace(plc.line, result_ack_seq=seq, outcome_seq=seq, outcome=1))
                        await eventually(partial(_has_acknowledged, plc, seq))
                    assert "could not be told" not in second.line.state().notice
                assert plc.word(PLC_WORDS) == 0, "it clears the word when it is stopped"
                assert first.line.state().connected
                assert not first.line.state().halted
                assert sum(isinstance(event, SecondEngine) for event in first.events) == 1
                assert not any(isinstance(event, Halted | PartMissed) for event in first.events)
            assert plc.vision().boot_id == first.line.boot_id

    asyncio.run(go())


@pytest.mark.parametrize("why", ["refuses", "writes over"])
def test_where_the_first_cannot_be_told_the_second_says_so(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knock, "TURNS_UNSEEN", 1)

    def beating(request: bytes, answer: bytes) -> list[tuple[float, bytes]]:
        plc.registers[VISION_BASE + 1] = plc.registers[VISION_BASE + 1] + 1 & 0xFFFF
        if request[7] == 16 and why == "refuses":
            return [(0.0, refused(request, 2))]
        if request[7] == 16:
            plc.registers[PLC_WORDS] = 0
        return [(0.0, answer)]

    async def go() -> None:
        async with plc:
            plc.always = beating
            other = VisionBlock(boot_id=4, heartbeat=9, bits=VisionBits.ONLINE)
            plc.registers[VISION_BASE : VISION_BASE + VISION_SIZE] = other.pack()
            async with running(plc.port) as second:
                await second.until(Halted)
                await eventually(lambda: "could not be told" in second.line.state().notice)
                assert why in second.line.state().notice
                writes = [request for request in plc.requests if request[7] in (16, 23)]
                assert {request[7:13] for request in writes} == {bytes((16, 0, PLC_WORDS, 0, 1, 2))}
                if why == "refuses":
                    assert len(writes) == 1, "it is not asked again and again"
                assert second.line.state().halt_reason

    plc = ScriptedPlc(IDLE)
    asyncio.run(go())


def test_an_engine_that_is_refused_by_what_is_no_passgate_block_any_more_writes_nothing() -> None:
    async def go() -> None:
        async with ScriptedPlc(IDLE) as plc:

            def beating(request: bytes, answer: bytes) -> list[tuple[float, bytes]]:
                plc.registers[VISION_BASE + 1] = plc.registers[VISION_BASE + 1] + 1 & 0xFFFF
                return [(0.0, answer)]

            plc.always = beating
            plc.show(replace(IDLE, map_version=2))
            other = VisionBlock(boot_id=4, heartbeat=9, bits=VisionBits.ONLINE)
            plc.registers[VISION_BASE : VISION_BASE + VISION_SIZE] = other.pack()
            async with running(plc.port) as second:
                await second.until(Halted)
                await asyncio.sleep(0.1)
            assert {request[7] for request in plc.requests} == {3}

    asyncio.run(go())


def test_of_two_engines_that_begin_at_the_same_time_each_says_what_is_the_matter() -> None:
    """One of them gives way, and the other one is told; on a bad day both do, and both say so."""

    async def go() -> None:
        with ForeignPlc() as plc:
            plc.set(IDLE)
            async with running(plc.port) as one, running(plc.port) as other:
                await eventually(lambda: any(link.line.state().halted for link in (one, other)))
                await asyncio.sleep(0.4)  # by then the second of two that both give way has done so
                for link, peer in ((one, other), (other, one)):
                    if link.line.state().halted:
                        assert f"boot id {peer.line.boot_id}" in link.line.state().halt_reason
                    else:
                        told = await link.until(SecondEngine)
                        assert isinstance(told, SecondEngine)
                        assert told.boot_id == peer.line.boot_id
                        assert plc.vision().boot_id == link.line.boot_id

    asyncio.run(go())


def missed_by(link: Running) -> list[tuple[int, MissedCause]]:
    return [(event.trigger.seq, event.cause) for event in link.events if isinstance(event, PartMissed)]


def test_two_engines_that_both_write_notice_each_other_and_stop() -> None:
    async def go() -> None:
        with ForeignPlc() as plc:
            plc.set(IDLE)
            async with running(plc.port) as link:
                await eventually(lambda: plc.vision().boot_id == link.line.boot_id)
                stranger = Wire(LinkSettings(port=plc.port))
                await stranger.connect()
                await stranger.read()
                other = link.line.boot_id % 0xFFFF + 1
                for heartbeat in range(1, 400):  # one that does not look whose block it is
                    block = VisionBlock(boot_id=other, heartbeat=heartbeat, bits=VisionBits.ONLINE)
                    await stranger.exchange(block)
                    if any(isinstance(event, Halted) for event in link.events):
                        break
                    await asyncio.sleep(0.015)
                stranger.close()
                assert link.line.state().halted
                assert f"boot id {other}" in link.line.state().halt_reason
                await asyncio.sleep(0.1)
                assert plc.vision().boot_id == other, "nothing more is written"

    asyncio.run(go())


def test_an_engine_that_comes_after_one_that_crashed_waits_until_its_heart_stood_and_goes_on() -> None:
    async def go() -> None:
        async with ScriptedPlc(IDLE) as plc:
            left = VisionBlock(boot_id=4, heartbeat=9, bits=VisionBits.ONLINE, trigger_ack_seq=0)
            plc.registers[VISION_BASE : VISION_BASE + VISION_SIZE] = left.pack()
            async with running(plc.port) as link:
                await eventually(lambda: len(plc.requests) >= 6)
                assert plc.vision == left
                await eventually(lambda: plc.vision.boot_id == link.line.boot_id)
                assert not any(isinstance(event, Halted) for event in link.events)

    asyncio.run(go())


@pytest.mark.parametrize("habit", ["refuses", "closes"])
def test_a_plc_that_does_not_let_its_vision_block_be_read_runs_all_the_same(habit: str) -> None:
    def only_the_line(request: bytes, answer: bytes) -> list[tuple[float, bytes]] | None:
        if request[7] == 3 and request[8:10] == VISION_BASE.to_bytes(2, "big"):
            return [(0.0, refused(request, 2))] if habit == "refuses" else None
        return [(0.0, answer)]

    async def go() -> None:
        async with ScriptedPlc(IDLE) as plc:
            plc.always = only_the_line
            async with running(plc.port) as link:
                await eventually(lambda: plc.vision.boot_id == link.line.boot_id)
                await asyncio.sleep(0.1)
                asked = sum(request[7] == 3 and request[8:10] == b"\0\x64" for request in plc.requests)
                assert asked == (1 if habit == "refuses" else 2), "it is not asked again and again"
                said = "refuses" if habit == "refuses" else "no answer"
                assert said in link.line.state().notice
                assert "second engine" in link.line.state().notice
                assert link.line.diagnostics().notice == link.line.state().notice

    asyncio.run(go())
