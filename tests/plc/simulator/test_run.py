"""The simulated PLC as a program, with the link, over a real socket."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from inspection.decision import Action
from inspection.errors import LineError
from inspection.line_events import (
    Halted,
    LineEvent,
    OutcomeReported,
    PartTriggered,
    PlcRestarted,
    SecondEngine,
)
from inspection.part import Outcome
from plc.link import ModbusLine
from plc.register_map.registers import LineBlock
from plc.simulator import (
    LineFault,
    LineFaultKind,
    PartResult,
    Progress,
    Report,
    SimulatorSettings,
    TestBench,
    run_simulator,
)
from plc.simulator.program.handshake import Rejected
from plc.simulator.server import PlcServer
from tests.plc.handshaking import decision_on
from tests.plc.peers import PATIENCE_S, Reaction, running

pytestmark = pytest.mark.slow

FAST = {"port": 0, "rate_per_min": 600.0, "operator_delay_s": 0.05}


class Simulator:
    def __init__(self, task: "asyncio.Task[Report]", port: int, progress: list[Progress]) -> None:
        self.task = task
        self.port = port
        self.progress = progress

    async def report(self) -> Report:
        async with asyncio.timeout(4 * PATIENCE_S):
            return await self.task


@contextlib.asynccontextmanager
async def simulator(
    *, inject: LineFaultKind | None = None, at_trigger: int = 0, **settings: object
) -> AsyncIterator[Simulator]:
    progress: list[Progress] = []
    listening = asyncio.Event()

    def note(now: Progress) -> None:
        progress.append(now)
        listening.set()

    waits = [inject] if inject is not None else []

    def watch(bench: TestBench) -> None:
        if waits and bench.triggers == at_trigger:
            bench.inject(LineFault.of(waits.pop()))

    chosen = SimulatorSettings.model_validate(FAST | settings)
    task = asyncio.create_task(run_simulator(chosen, note, on_scan=watch))
    await listening.wait()
    try:
        yield Simulator(task, progress[0].port, progress)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def deciding(actions: list[Action], *, simulated: bool = False) -> Reaction:
    def station(line: ModbusLine, event: LineEvent) -> None:
        match event:
            case PartTriggered(trigger):
                decision = decision_on(trigger, actions[(trigger.seq - 1) % len(actions)])
                line.publish(trigger, decision, defect_code=0, simulated=simulated)
            case OutcomeReported(seq, boot):
                line.outcome_recorded(seq, boot)

    return station


def test_every_part_gets_the_outcome_of_its_decision_and_all_are_reported(tmp_path: Path) -> None:
    async def go() -> tuple[Report, list[LineEvent]]:
        async with (
            simulator(parts=8, log=tmp_path / "plc.jsonl") as plc,
            running(plc.port, react=deciding(list(Action))) as link,
        ):
            link.line.set_ready(True)
            return await plc.report(), link.events

    report, events = asyncio.run(go())
    assert report.complete, report.ended_by
    assert {part.seq: part.action for part in report.parts} == dict(
        zip(range(1, 9), list(Action) * 2, strict=True)
    )
    assert report.by_outcome == dict.fromkeys(
        set(Outcome) - {Outcome.DEFAULT_REJECTED, Outcome.UNCONFIRMED}, 2
    )
    assert report.deadline_misses == 0
    assert report.latency_ms is not None
    assert report.latency_ms.n == 8
    told = {event.seq: event.outcome for event in events if isinstance(event, OutcomeReported)}
    assert told == {part.seq: part.outcome for part in report.parts}
    lines = (tmp_path / "plc.jsonl").read_text().splitlines()
    assert tuple(PartResult.model_validate_json(line) for line in lines) == report.parts
    assert Report.model_validate_json(report.model_dump_json()) == report


@pytest.mark.parametrize("program", ["leaves the last word alone", "clears it in each scan"])
def test_the_first_of_two_engines_is_told_of_the_second_and_every_part_is_through(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by a PLC's program from before that word had a meaning."""
    if program == "clears it in each scan":

        def show(server: PlcServer, line: LineBlock) -> None:
            server._line = line.pack()

        monkeypatch.setattr(PlcServer, "show", show)

    async def go() -> tuple[Report, list[LineEvent], int]:
        async with (
            simulator(parts=30) as plc,
            running(plc.port, react=deciding([Action.PASS])) as first,
        ):
            first.line.set_ready(True)
            await first.until(PartTriggered)
            async with running(plc.port) as second:
                await second.until(Halted)
                await first.until(SecondEngine)
                report = await plc.report()
                return report, first.events, second.line.boot_id

    report, events, second = asyncio.run(go())
    assert report.complete, report.ended_by
    assert report.by_outcome == {Outcome.RELEASED: 30}
    assert report.deadline_misses == 0
    assert [event.boot_id for event in events if isinstance(event, SecondEngine)] == [second]
    assert not any(isinstance(event, Halted) for event in events)


def test_a_killed_engine_costs_one_part_and_its_successor_goes_on() -> None:
    async def go() -> Report:
        async with simulator(parts=4) as plc:
            station = deciding([Action.PASS])

            def dies_on_the_second(line: ModbusLine, event: LineEvent) -> None:
                if isinstance(event, PartTriggered) and event.trigger.seq == 2:
                    line._wire.close()  # the connection breaks off, as with kill -9: no farewell
                else:
                    station(line, event)

            async with running(plc.port, react=dies_on_the_second) as link:
                link.line.set_ready(True)
                await link.until(PartTriggered, count=2)
            async with running(plc.port, react=station) as link:
                link.line.set_ready(True)
                return await plc.report()

    report = asyncio.run(go())
    assert report.complete, report.ended_by
    rejected = {part.seq: part.rejected for part in report.parts if part.rejected is not None}
    assert rejected.keys() == {2}
    assert rejected[2] in (Rejected.VISION_LOST, Rejected.VISION_RESTARTED)


def test_simulated_pictures_release_nothing_unless_allowed() -> None:
    async def go() -> Report:
        async with (
            simulator(parts=2) as plc,
            running(plc.port, react=deciding([Action.PASS], simulated=True)) as link,
        ):
            link.line.set_ready(True)
            return await plc.report()

    report = asyncio.run(go())
    assert report.by_outcome == {Outcome.DEFAULT_REJECTED: 2}
    assert report.by_rejection == {Rejected.SIMULATED: 2}


def test_outcomes_that_nobody_records_are_named() -> None:
    def forgets(line: ModbusLine, event: LineEvent) -> None:
        if isinstance(event, PartTriggered):
            line.publish(event.trigger, decision_on(event.trigger), defect_code=0, simulated=False)

    async def go() -> Report:
        async with simulator(parts=2, ack_wait_s=0.1) as plc, running(plc.port, react=forgets) as link:
            link.line.set_ready(True)
            return await plc.report()

    report = asyncio.run(go())
    assert not report.complete
    assert report.unacknowledged == (1, 2)
    assert "did not acknowledge" in report.ended_by


def test_a_port_in_use_is_one_line() -> None:
    async def go() -> None:
        async with simulator() as plc:
            with pytest.raises(LineError, match=f"cannot listen at 127.0.0.1:{plc.port}") as caught:
                await run_simulator(SimulatorSettings(port=plc.port))
            assert "\n" not in str(caught.value)

    asyncio.run(go())


def test_a_log_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LineError, match="cannot write its log"):
        asyncio.run(run_simulator(SimulatorSettings(port=0, log=tmp_path / "no" / "such" / "folder")))


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send SIGTERM to itself")
def test_sigterm_ends_the_run_with_a_report() -> None:
    async def go() -> Report:
        async with simulator(parts=0) as plc:
            os.kill(os.getpid(), signal.SIGTERM)
            return await plc.report()

    before = signal.getsignal(signal.SIGTERM)
    report = asyncio.run(go())
    assert not report.complete
    assert report.ended_by == "it was told to end"
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send SIGTERM to itself")
@pytest.mark.parametrize("recorded", [True, False])
def test_told_to_end_it_waits_until_its_last_outcomes_are_on_record(recorded: bool) -> None:
    """Else its log would tell of parts that no record knows the outcome of."""

    def station(line: ModbusLine, event: LineEvent) -> None:
        if isinstance(event, OutcomeReported):
            if event.seq == 1:
                os.kill(os.getpid(), signal.SIGTERM)
            if not recorded:
                return
        deciding([Action.PASS])(line, event)

    async def go() -> Report:
        wait_s = PATIENCE_S if recorded else 0.1
        async with simulator(parts=0, stop_wait_s=wait_s) as plc, running(plc.port, react=station) as link:
            link.line.set_ready(True)
            return await plc.report()

    report = asyncio.run(go())
    assert report.ended_by == "it was told to end"
    assert bool(report.unacknowledged) is not recorded


def test_a_plc_that_restarts_is_gone_for_a_while_and_comes_back_at_the_same_port() -> None:
    async def go() -> tuple[Report, list[LineEvent]]:
        async with (
            simulator(parts=12, inject=LineFaultKind.RESTART, at_trigger=4) as plc,
            running(plc.port, react=deciding([Action.PASS])) as link,
        ):
            link.line.set_ready(True)
            return await plc.report(), link.events

    report, events = asyncio.run(go())
    assert report.complete, report.ended_by
    assert report.bench.restarts == 1
    assert report.bench.forgotten, "the parts that were on the belt"
    assert len(report.parts) + len(report.bench.forgotten) == report.triggers
    assert {gone.boot_id for gone in report.bench.forgotten}.isdisjoint({report.parts[-1].boot_id})
    assert any(isinstance(event, PlcRestarted) for event in events)
    assert report.bench.released_without_pass == 0


def test_a_plc_that_answers_late_is_waited_for_and_releases_nothing_wrong() -> None:
    async def go() -> Report:
        async with (
            simulator(parts=6, inject=LineFaultKind.ANSWER_LATE, at_trigger=2) as plc,
            running(plc.port, react=deciding([Action.PASS])) as link,
        ):
            link.line.set_ready(True)
            return await plc.report()

    report = asyncio.run(go())
    assert report.complete, report.ended_by
    assert report.bench.released_without_pass == 0
    assert report.by_outcome[Outcome.RELEASED] >= 1


def test_faults_can_be_injected_from_python_while_it_runs() -> None:
    async def go() -> Report:
        async with (
            simulator(parts=4, inject=LineFaultKind.SKIP_TRIGGERS, at_trigger=2) as plc,
            running(plc.port, react=deciding([Action.PASS])) as link,
        ):
            link.line.set_ready(True)
            return await plc.report()

    report = asyncio.run(go())
    assert [part.seq for part in report.parts] == [1, 2, 6, 7]
    assert [skipped.seq for skipped in report.bench.skipped] == [3, 4, 5]
