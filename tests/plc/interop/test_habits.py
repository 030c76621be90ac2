"""Whatever habits a PLC or gateway has: the line runs, or words say what is wrong and what to set."""

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from inspection.decision import Action
from inspection.line_events import LineEvent, PartTriggered, ResultAccepted
from plc.link import ModbusLine
from plc.modbus.wire import Wire
from plc.register_map.registers import LineBlock, VisionBits
from plc.settings import LinkSettings, TransactionCheck
from tests.plc.handshaking import RUNNING, decision_on
from tests.plc.interop.habits import GOOD, HABITS, PlcHabit
from tests.plc.peers import Misbehaviour, ScriptedPlc, eventually, free_port, running

MANUAL = Path(__file__).parents[3] / "docs" / "integrator.md"


def settled(line: ModbusLine, *, runs: bool) -> bool:
    """It runs, and nothing is tried out any more; or it says why not."""
    state = line.state()
    return line.counters().cycles > 30 and state.connected if runs else bool(state.down_reason)


def beating(plc: ScriptedPlc, habit: PlcHabit = GOOD) -> Misbehaviour:
    """Count the PLC's heartbeat up with each request, and do as the habit wants."""

    def does(request: bytes, answer: bytes) -> list[tuple[float, bytes]] | None:
        plc.registers[1] = plc.registers[1] + 1 & 0xFFFF
        return habit.does(request, answer)

    return does


def passes(line: ModbusLine, event: LineEvent) -> None:
    """A station that passes every part at once."""
    if isinstance(event, PartTriggered):
        decision = decision_on(event.trigger, Action.PASS)
        line.publish(event.trigger, decision, defect_code=0, simulated=False)


async def meet(habit: PlcHabit, *, runs: bool, settings: dict[str, Any]) -> tuple[ModbusLine, ScriptedPlc]:
    """Run a link against a PLC with the habit until it runs, or says why it does not."""

    async with ScriptedPlc(LineBlock(boot_id=77, bits=RUNNING, deadline_ms=500)) as plc:
        plc.always, plc.hangs_up = beating(plc, habit), habit.hangs_up
        async with running(plc.port, cycle_ms=5, **settings) as link:
            await eventually(lambda: settled(link.line, runs=runs))
            if not runs:
                assert not link.line.state().connected
            elif habit.words and not habit.helped_by:
                await eventually(lambda: bool(link.line.state().notice))
            said = link.line.state()
            assert habit.words in (said.notice if runs else said.down_reason) or habit.helped_by == settings
            return link.line, plc


@pytest.mark.parametrize("name", HABITS)
def test_the_line_runs_or_says_in_words_why_not(name: str) -> None:
    habit = HABITS[name]
    asyncio.run(meet(habit, runs=habit.runs, settings={"timeout_ms": 60}))


@pytest.mark.parametrize("name", [name for name, habit in HABITS.items() if habit.helped_by])
def test_with_the_setting_that_the_words_name_the_line_runs(name: str) -> None:
    habit = HABITS[name]

    async def go() -> None:
        line, _ = await meet(habit, runs=True, settings=dict(habit.helped_by))
        assert line.state().notice == ""
        assert line.counters().connections == 1

    asyncio.run(go())


@pytest.mark.parametrize("name", [name for name, habit in HABITS.items() if habit.helped_by])
def test_the_words_name_the_setting(name: str) -> None:
    habit = HABITS[name]

    async def go() -> None:
        line, _ = await meet(habit, runs=False, settings={"timeout_ms": 60})
        for key, value in habit.helped_by.items():
            told = f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"
            assert told in line.state().down_reason

    asyncio.run(go())


@pytest.mark.parametrize("name", [name for name in HABITS if name.startswith("fc23")])
def test_fc23_is_asked_for_no_more_once_it_is_given_up(name: str) -> None:
    async def go() -> None:
        line, plc = await meet(HABITS[name], runs=True, settings={"timeout_ms": 60})
        assert sum(request[7] == 23 for request in plc.requests) <= 2
        assert line.counters().fc23_given_up == 1
        assert line.diagnostics().functions == "FC16 and FC03"

    asyncio.run(go())


def beats_written(plc: ScriptedPlc) -> list[int]:
    """Our heartbeat in each image that reached the PLC, in order."""
    beats = []
    for request in plc.requests:
        start = {16: 13, 23: 17}.get(request[7])
        if start is not None:
            beats.append(int.from_bytes(request[start + 2 : start + 4], "big"))
    return beats


@pytest.mark.parametrize("name", [name for name in HABITS if name.startswith("fc23")])
def test_going_around_fc23_never_writes_an_image_older_than_the_last(name: str) -> None:
    """After a time-out or a new connection the image is a new one; after an exception it is that moment's."""

    async def go() -> None:
        _, plc = await meet(HABITS[name], runs=True, settings={"timeout_ms": 60})
        beats = beats_written(plc)[:-1]  # without the farewell
        steps = {(after - before) % 0x10000 for before, after in pairwise(beats)}
        repeated = len(beats) - len(set(beats))
        assert max(steps) < 0x8000, "none goes back"
        assert repeated == ({"fc23exc1": 1}.get(name, 2) if "exc" in name and name != "fc23exc_fc3" else 0)

    asyncio.run(go())


def test_what_was_found_of_fc23_holds_through_reconnections_until_the_plc_restarts() -> None:
    async def go() -> None:
        async with ScriptedPlc(LineBlock(boot_id=77, bits=RUNNING, deadline_ms=500)) as plc:
            plc.always = beating(plc, HABITS["fc23close"])
            async with running(plc.port, cycle_ms=5) as link:
                await eventually(lambda: bool(link.line.state().notice))
                asked = [request[7] for request in plc.requests].count(23)
                plc.lined_up.append(lambda *_: None)
                cycles = link.line.counters().cycles
                await eventually(lambda: link.line.counters().cycles > cycles + 20)
                assert [request[7] for request in plc.requests].count(23) == asked
                plc.registers[12] = 78
                plc.always = beating(plc)
                await eventually(lambda: link.line.diagnostics().functions == "FC23")
                assert link.line.state().notice == ""

    asyncio.run(go())


def test_a_part_goes_through_where_fc23_is_ignored() -> None:
    async def go() -> None:
        async with ScriptedPlc(LineBlock(boot_id=77, bits=RUNNING, deadline_ms=500)) as plc:
            plc.always = beating(plc, HABITS["fc23silent"])
            async with running(plc.port, react=passes, timeout_ms=100) as link:
                link.line.set_ready(True)
                await eventually(lambda: VisionBits.TRIGGER_READY in plc.vision.bits)
                plc.registers[3:6] = [1, 0, 8]
                await eventually(lambda: plc.vision.result_seq == plc.vision.result_seq_tail == 1)
                plc.registers[7] = 1
                await link.until(ResultAccepted)

    asyncio.run(go())


def test_where_numbers_tell_nothing_an_answer_that_nobody_asked_for_ends_the_connection() -> None:
    def zero_and_twice(request: bytes, answer: bytes) -> list[tuple[float, bytes]]:
        return [(0.0, 2 * (b"\0\0" + answer[2:]))]

    async def go() -> None:
        async with ScriptedPlc() as plc:
            plc.always = zero_and_twice
            async with running(plc.port, transaction_check="gateway") as link:
                await eventually(lambda: bool(link.line.state().down_reason))
                assert "find out whether the gateway answers twice" in link.line.state().down_reason
                assert all(request[7] == 3 for request in plc.requests), "nothing is written before"

    asyncio.run(go())


def test_where_numbers_may_tell_nothing_set_points_go_with_the_exchange_alone() -> None:
    assert Wire(LinkSettings()).writes_between
    assert not Wire(LinkSettings(transaction_check=TransactionCheck.GATEWAY)).writes_between


def test_a_link_that_does_not_come_about_is_in_the_log_at_once_and_once() -> None:
    async def go() -> None:
        with capture_logs() as told:
            async with running(free_port()) as link:
                await eventually(lambda: link.line.counters().connect_failures >= 3)
        said = [entry for entry in told if entry["event"] == "no link to the PLC"]
        assert len(said) == 1, told
        assert "no connection to the PLC" in said[0]["why"]

    asyncio.run(go())


def test_a_notice_is_in_the_log_once() -> None:
    async def go() -> None:
        with capture_logs() as told:
            await meet(HABITS["fc23exc1"], runs=True, settings={})
        notices = [entry["notice"] for entry in told if "notice" in entry]
        assert len(notices) == 1
        assert HABITS["fc23exc1"].words in notices[0]

    asyncio.run(go())


def test_the_manual_has_a_row_for_each_habit() -> None:
    rows = [line for line in MANUAL.read_text().splitlines() if line.startswith("|")]
    for habit in HABITS.values():
        (row,) = [row for row in rows if row.startswith(f"| {habit.what} |")]
        assert ("runs" in row.split("|")[2]) is habit.runs, row
        for key in habit.helped_by:
            assert f"`{key}" in row
