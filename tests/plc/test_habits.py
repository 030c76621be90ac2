"""Whatever habits a PLC or gateway has: the line runs, or words say what is wrong and what to set."""

import asyncio
from pathlib import Path

import pytest

from plc.link import ModbusLine
from plc.registers import LineBlock
from tests.plc.habits import HABITS, PlcHabit
from tests.plc.handshaking import RUNNING
from tests.plc.peers import ScriptedPlc, eventually, running

MANUAL = Path(__file__).parents[2] / "docs" / "integrator.md"


def settled(line: ModbusLine, *, runs: bool) -> bool:
    """It runs, and nothing is tried out any more; or it says why not."""
    state = line.state()
    return line.counters().cycles > 30 and state.connected if runs else bool(state.down_reason)


async def meet(habit: PlcHabit, *, runs: bool, settings: dict[str, object]) -> tuple[ModbusLine, ScriptedPlc]:
    """Run a link against a PLC with the habit until it runs, or says why it does not."""

    def does(request: bytes, answer: bytes) -> list[tuple[float, bytes]] | None:
        plc.registers[1] = plc.registers[1] + 1 & 0xFFFF
        return habit.does(request, answer)

    async with ScriptedPlc(LineBlock(boot_id=77, bits=RUNNING, deadline_ms=500)) as plc:
        plc.always, plc.hangs_up = does, habit.hangs_up
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


def test_the_manual_has_a_row_for_each_habit() -> None:
    rows = [line for line in MANUAL.read_text().splitlines() if line.startswith("|")]
    for habit in HABITS.values():
        (row,) = [row for row in rows if row.startswith(f"| {habit.what} |")]
        assert ("runs" in row.split("|")[2]) is habit.runs, row
        for key in habit.helped_by:
            assert f"`{key}" in row
