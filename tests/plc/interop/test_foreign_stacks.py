"""Interoperation: Passgate before Modbus stacks that we did not write, thousands of parts, all accounted for.

The engine's side is the product's: link, handshake, station, recorder and SQLite on disk; only what looks at
the part is replaced by what is known of it (``app.testline.known_parts``), so that parts come as fast as the
handshake lets them. The PLC is another process: in C over libmodbus, with a program of its own; or
pyModbusTCP under our Structured Text. Now and then the inspector fails, or is late for the deadline.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

import pytest

from app.benches.faults import RunningStation
from app.testline.known_parts import KnownInspector, NoiseCamera, known_action, known_parts_station
from app.testline.reconciliation import account, read_plc_log, read_record
from inspection.decision import Action
from inspection.part import Inspection, MissedCause
from inspection.result import InspectionResult
from inspection.times.clock import SystemClock
from plc.link import ModbusLine
from plc.modbus.wire import Wire
from plc.settings import LinkSettings
from plc.simulator import PartResult

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]

PARTS = int(os.environ.get("PASSGATE_INTEROP_PARTS", "600"))
DEADLINE_MS = 500
FAILS_ON, LATE_ON = 401, 499
STALL_S = 60.0
"""A PLC that finishes no part for so long will not finish."""
SOURCE = Path(__file__).with_name("libmodbus_plc.c")


class LensCamera(NoiseCamera):
    """Pictures that are not said to be simulated: both PLCs refuse a simulated one."""

    simulated = False

    def capture(self, part_id: int) -> Any:
        from dataclasses import replace

        return replace(super().capture(part_id), simulated=False)


class TroubledInspector(KnownInspector):
    """Fails on some parts, and is late on some others."""

    def inspect(self, *args: Any, part_id: int, **kwargs: Any) -> InspectionResult:
        if part_id % FAILS_ON == 0:
            raise RuntimeError("the model broke, as the test wants it")
        if part_id % LATE_ON == 0:
            time.sleep(0.6)
        return super().inspect(*args, part_id=part_id, **kwargs)


def size(file: Path) -> int:
    """In bytes; 0 before it is there."""
    return file.stat().st_size if file.exists() else 0


async def inspect_all(port: int, plc: Process, *, log: Path, record: Path) -> ModbusLine:
    """Run the station until the PLC has come to its end; ``log`` grows with each part that has left."""
    clock = SystemClock()
    line = ModbusLine(LinkSettings(port=port, cycle_ms=5), clock)
    station, recorder = known_parts_station(
        line=line, clock=clock, folder=record, inspector=TroubledInspector(), camera=LensCamera()
    )
    async with RunningStation(station, recorder) as running:
        ended = asyncio.create_task(plc.wait())
        try:
            written, moved_s = 0, time.monotonic()
            while not ended.done():
                running.check()
                await asyncio.wait({ended}, timeout=0.2)
                if size(log) != written:
                    written, moved_s = size(log), time.monotonic()
                assert time.monotonic() - moved_s < STALL_S, "the line stands still"
        finally:
            ended.cancel()
    return line


def run(command: list[str], *, log: Path, record: Path) -> dict[str, Any]:
    """Start the PLC, run a station before it; returns the PLC's summary."""

    async def go() -> dict[str, Any]:
        plc = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
        )
        assert plc.stdout is not None
        try:
            word, port = (await asyncio.wait_for(plc.stdout.readline(), 30)).split()
            assert word == b"port"
            line = await inspect_all(int(port), plc, log=log, record=record)
            summary = json.loads(await plc.stdout.read())
        finally:
            if plc.returncode is None:
                plc.kill()
                await plc.wait()
        print(summary, line.counters())
        return dict(summary)

    return asyncio.run(go())


def assert_promises(
    log: list[PartResult], record: list[Inspection], summary: dict[str, Any], *, parts: int
) -> None:
    """Promises 1 and 2, from both sides' books."""
    assert summary["complete"]
    assert summary["released_without_pass"] == 0
    found = account(log, record, witness=None, known_action=known_action, deadline_ms=DEADLINE_MS)
    assert found.contradictions == ()
    assert (found.parts, found.accounted, found.unreconciled) == (parts, parts, 0)
    assert found.released_without_matching_pass == 0
    assert found.released == summary["released"]
    stored = {inspection.trigger.seq: inspection for inspection in record}
    for part in log:
        if part.action is not None:
            assert stored[part.seq].decision.action is part.action, part
    good = sum(known_action(part.part_id) is Action.PASS for part in log)
    assert found.released > good / 2, "a line that only rejects would keep every promise but be of no use"


@pytest.fixture(scope="module")
def libmodbus_plc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The C program, built here. Skips where it cannot be; CI installs what it needs."""
    compiler, config = shutil.which("cc"), shutil.which("pkg-config")
    found = (
        compiler and config and not subprocess.run([config, "--exists", "libmodbus"], timeout=30).returncode
    )
    if not found:
        pytest.skip("needs a C compiler, pkg-config and libmodbus-dev")
    assert compiler is not None
    assert config is not None
    flags = subprocess.run(
        [config, "--cflags", "--libs", "libmodbus"], capture_output=True, text=True, check=True, timeout=30
    ).stdout.split()
    program = tmp_path_factory.mktemp("libmodbus") / "plc"
    warnings = ["-Wall", "-Wextra", "-Werror"]
    subprocess.run(
        [compiler, "-std=gnu11", "-O1", *warnings, str(SOURCE), "-o", str(program), *flags],
        check=True,
        timeout=120,
    )
    return program


def test_a_plc_in_c_over_libmodbus_with_its_own_program(libmodbus_plc: Path, tmp_path: Path) -> None:
    first = 65535 - PARTS // 2  # the numbers go over 65535 on the way
    log = tmp_path / "plc.jsonl"
    command = [str(libmodbus_plc), str(PARTS), str(first), "4711", str(log)]
    summary = run(command, log=log, record=tmp_path / "record")
    record = read_record(tmp_path / "record")
    # The PLC had counted up to `first` before we knew it: that number is on record as missed.
    before = [inspection for inspection in record if inspection.trigger.seq == first]
    assert [inspection.missed for inspection in before] == [MissedCause.RESTART]
    record.remove(before[0])
    assert_promises(read_plc_log(log), record, summary, parts=PARTS)
    assert summary["refused_writes"] == 0


def test_a_plc_in_c_keeps_the_word_that_a_refused_engine_writes(libmodbus_plc: Path, tmp_path: Path) -> None:
    async def go(port: int) -> None:
        wire = Wire(LinkSettings(port=port))
        await wire.connect()
        try:
            assert (await wire.read()).refused_boot_id == 0
            await wire.write_refused_boot_id(4712)
            await asyncio.sleep(0.05)  # ten scans
            assert (await wire.read()).refused_boot_id == 4712
        finally:
            wire.close()

    command = [str(libmodbus_plc), "1", "7", "4711", str(tmp_path / "plc.jsonl")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as plc:
        assert plc.stdout is not None
        try:
            asyncio.run(go(int(plc.stdout.readline().split()[1])))
        finally:
            plc.terminate()
        assert json.loads(plc.stdout.read())["refused_writes"] == 0


def test_our_structured_text_over_pymodbustcp(tmp_path: Path) -> None:
    log = tmp_path / "plc.jsonl"
    command = [sys.executable, "-m", "tests.plc.interop.pymodbustcp_plc", str(PARTS), str(log)]
    summary = run(command, log=log, record=tmp_path / "record")
    assert_promises(read_plc_log(log), read_record(tmp_path / "record"), summary, parts=PARTS)
    assert summary["lost"] == summary["taken"] > 0
    assert (summary["unknown"], summary["skipped"]) == (0, 0)
