"""The probe, against servers that we did not write and against scripted ones: what it finds and says."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
from typer.testing import CliRunner

from app.cli import cli
from inspection.status import Percentiles
from inspection.times.clock import SystemClock
from plc.commissioning import findings
from plc.commissioning.findings import Finding, Seen, Verdict
from plc.commissioning.probe import ProbeReport, probe
from plc.diagnostics.diagnostics import CycleReport
from plc.register_map.layout import RegisterLayout, WordOrder
from plc.register_map.registers import VISION_BASE, LineBits, LineBlock, VisionBlock
from plc.settings import LinkSettings
from tests.plc.handshaking import RUNNING
from tests.plc.interop.habits import HABITS
from tests.plc.peers import ForeignPlc, Misbehaviour, ScriptedPlc, free_port, refused

LINE = LineBlock(boot_id=77, bits=RUNNING, heartbeat=100, deadline_ms=500, trigger_seq=3, part_id=1234)
WATCH_S = 0.3
MS = 1_000_000


def beating(plc: ScriptedPlc, *, base: int = 0, then: Misbehaviour | None = None) -> Misbehaviour:
    """Count the heartbeat up with each request, wherever the line block is."""

    def answer(request: bytes, right: bytes) -> list[tuple[float, bytes]] | None:
        plc.registers[base + 1] = plc.registers[base + 1] + 1 & 0xFFFF
        return [(0.0, right)] if then is None else then(request, right)

    return answer


def look(
    settings: dict[str, object] | None = None,
    *,
    prepare: Callable[[ScriptedPlc], None] | None = None,
    write: bool = False,
    watch_s: float = WATCH_S,
) -> tuple[ProbeReport, ScriptedPlc]:
    """Probe a scripted PLC."""

    async def go() -> tuple[ProbeReport, ScriptedPlc]:
        async with ScriptedPlc(LINE) as plc:
            plc.always = beating(plc)
            if prepare is not None:
                prepare(plc)
            values = {"port": plc.port, "timeout_ms": 250} | (settings or {})
            report = await probe(
                LinkSettings.model_validate(values), SystemClock(), write=write, watch_s=watch_s
            )
            return report, plc

    return asyncio.run(go())


def found(report: ProbeReport, name: str) -> Finding:
    return next(finding for finding in report.findings if finding.name == name)


def faults(report: ProbeReport) -> set[str]:
    """What is wrong with the PLC. Its cycle is not: how long one takes here is this machine's affair."""
    return {one.name for one in report.findings if one.verdict is Verdict.WRONG} - {"cycle"}


def functions(plc: ScriptedPlc) -> set[int]:
    return {request[7] for request in plc.requests}


# --- servers that we did not write ------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def pymodbus_plc(line: LineBlock, *, base: int = 0) -> AsyncIterator[int]:
    """pymodbus's server with a line block whose heart beats, and 200 registers in all."""
    registers = [0] * 200
    registers[base : base + 16] = line.pack()

    async def beat(_f: int, start: int, address: int, _c: int, now: list[int], new: object) -> None:
        if new is None:
            now[base + 1 - start] = now[base + 1 - start] + 1 & 0xFFFF

    device = SimDevice(id=0, simdata=[SimData(0, values=registers, datatype=DataType.REGISTERS)], action=beat)
    port = free_port()
    server = ModbusTcpServer(device, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    try:
        yield port
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("write", [False, True])
def test_a_good_plc_on_pymodbus_is_found_good(write: bool) -> None:
    async def go() -> ProbeReport:
        async with pymodbus_plc(LINE) as port:
            return await probe(
                LinkSettings(port=port, timeout_ms=250), SystemClock(), write=write, watch_s=WATCH_S
            )

    report = asyncio.run(go())
    assert not faults(report), report
    assert report.wrote is write
    assert ("with FC23" in found(report, "writing").text) is write
    assert "part_id reads 1234" in found(report, "word order").text


@pytest.mark.parametrize("fc23", [True, False])
def test_a_good_plc_on_pymodbustcp_is_found_good_with_or_without_fc23(fc23: bool) -> None:
    with ForeignPlc(fc23=fc23) as plc:
        plc.set(LINE)
        settings = LinkSettings(port=plc.port, timeout_ms=250)
        report = asyncio.run(probe(settings, SystemClock(), write=True, watch_s=WATCH_S))
        assert not faults(report), report
        assert found(report, "writing").verdict is Verdict.OK
        assert ("with FC23" in found(report, "writing").text) is fc23
        assert any(finding.name == "FC23" for finding in report.findings) is not fc23
        assert plc.vision().bits == 0, "as a Passgate that is not online"
        assert report.exchanging is not None


def test_a_base_that_is_off_by_one_is_found_on_pymodbus() -> None:
    async def go() -> ProbeReport:
        async with pymodbus_plc(LINE, base=1) as port:
            return await probe(LinkSettings(port=port, timeout_ms=250), SystemClock(), watch_s=WATCH_S)

    report = asyncio.run(go())
    assert faults(report)
    finding = found(report, "line block")
    assert "begins at register 1: the address is off by one" in finding.text
    assert "set line_base = 1" in finding.todo
    assert found(report, "heartbeat").verdict is Verdict.OK, "it goes on from there"


# --- it does not disturb ----------------------------------------------------------------------------------


def test_without_leave_to_write_it_only_reads_and_says_what_it_did_not_check() -> None:
    report, plc = look()
    assert not faults(report)
    assert functions(plc) == {3}
    assert not report.wrote
    writing = found(report, "writing")
    assert writing.verdict is Verdict.NOT_CHECKED
    assert "--write" in writing.todo


def test_another_clients_vision_block_is_noticed_and_never_written_over() -> None:
    def engine(plc: ScriptedPlc) -> None:
        plc.registers[100:121] = VisionBlock(boot_id=9, heartbeat=7).pack()

        def both_beat(request: bytes, right: bytes) -> list[tuple[float, bytes]]:
            plc.registers[1] += 1
            plc.registers[101] += 1
            return [(0.0, right)]

        plc.always = both_beat

    report, _ = look(prepare=engine)
    assert not faults(report), "a running engine is no fault"
    assert "another client writes the vision block now (boot id 9)" in found(report, "other clients").text
    report, plc = look(prepare=engine, write=True)
    assert faults(report)
    assert functions(plc) == {3}
    assert not report.wrote


def test_a_vision_base_that_belongs_to_something_else_is_never_written_over() -> None:
    def others(plc: ScriptedPlc) -> None:
        plc.registers[100] = 4711

    report, plc = look(prepare=others, write=True)
    assert "register 100 holds 4711" in found(report, "vision block").text
    assert functions(plc) == {3}


# --- what is wrong ----------------------------------------------------------------------------------------


def test_nobody_there_is_wrong_and_ends_it() -> None:
    report = asyncio.run(probe(LinkSettings(port=free_port(), preset="codesys"), SystemClock()))
    assert [finding.name for finding in report.findings] == ["connection"]
    assert faults(report)
    assert "CODESYS" in report.findings[0].todo


def test_swapped_bytes_show_in_the_map_version() -> None:
    def swap(plc: ScriptedPlc) -> None:
        plc.registers[0:16] = RegisterLayout(byte_swap=True).registers(LINE)
        plc.always = None

    report, _ = look(prepare=swap)
    finding = found(report, "byte order")
    assert "0x0100" in finding.text
    assert "set byte_swap = true" in finding.todo
    assert "part_id reads 1234" in found(report, "word order").text, "it goes on with the bytes put right"
    report, _ = look({"byte_swap": True})
    assert "set byte_swap = false" in found(report, "byte order").todo


def test_a_part_id_the_wrong_way_round_is_noticed() -> None:
    def swap(plc: ScriptedPlc) -> None:
        plc.registers[4:6] = [1234, 0]

    report, _ = look(prepare=swap)
    finding = found(report, "word order")
    assert finding.verdict is Verdict.WRONG
    assert "would read 1234 with low-first" in finding.text
    report, _ = look({"word_order": "low-first"}, prepare=swap)
    assert found(report, "word order").verdict is Verdict.OK


def test_the_modicon_number_is_put_right() -> None:
    report, _ = look({"line_base": 40001})
    finding = found(report, "line block")
    assert "no holding registers at 40001; the line block begins at register 0" in finding.text
    assert "what a manual calls 40001 is register 0" in finding.todo


def test_a_base_that_is_one_too_high_is_found_out() -> None:
    report, _ = look({"line_base": 1})
    assert "begins at register 0: the address is off by one" in found(report, "line block").text


@pytest.mark.parametrize(("value", "words"), [(0, "are all zero"), (0xFFFF, "are all 0xFFFF")])
def test_registers_that_nobody_fills_are_said_to_be_so(value: int, words: str) -> None:
    def fill(plc: ScriptedPlc) -> None:
        plc.registers[:] = [value] * len(plc.registers)
        plc.always = None

    report, _ = look(prepare=fill)
    finding = found(report, "line block")
    assert words in finding.text
    assert "start the PLC's program" in finding.todo
    assert faults(report)


def test_another_map_version_is_told() -> None:
    report, _ = look(prepare=lambda plc: plc.show(replace(LINE, map_version=9)))
    assert "holds 9, not map version 1" in found(report, "line block").text


def test_a_plc_that_answers_as_another_unit_only_is_found() -> None:
    def only_255(plc: ScriptedPlc) -> None:
        plc.always = beating(plc, then=lambda r, right: [(0.0, right)] if r[6] == 255 else [])

    report, _ = look(prepare=only_255)
    finding = found(report, "unit id")
    assert "nobody answers as unit 1, but unit 255 does" in finding.text
    assert found(report, "heartbeat").verdict is Verdict.OK


def test_a_frozen_heartbeat_is_wrong() -> None:
    report, _ = look(prepare=lambda plc: setattr(plc, "always", None))
    finding = found(report, "heartbeat")
    assert finding.verdict is Verdict.WRONG
    assert "stands at 100" in finding.text


def test_a_vision_block_out_of_reach_is_wrong() -> None:
    report, _ = look({"vision_base": 290})
    finding = found(report, "vision block")
    assert "cannot be read at register 290" in finding.text
    assert "vision_base" in finding.todo


def test_a_vision_block_that_may_not_be_read_is_noted_with_what_that_costs() -> None:
    def write_only(plc: ScriptedPlc) -> None:
        def answer(request: bytes, right: bytes) -> list[tuple[float, bytes]]:
            plc.registers[1] += 1
            to_vision = request[7] == 3 and request[8:10] == VISION_BASE.to_bytes(2, "big")
            return [(0.0, refused(request, 4) if to_vision else right)]

        plc.always = answer

    finding = found(look(prepare=write_only)[0], "vision block")
    assert finding.verdict is Verdict.NOTE
    assert "second engine" in finding.todo


def test_what_is_written_and_does_not_stay_is_noticed() -> None:
    def rewrites(plc: ScriptedPlc) -> None:
        def answer(request: bytes, right: bytes) -> list[tuple[float, bytes]]:
            plc.registers[1] += 1
            plc.registers[101] = 0
            return [(0.0, right)]

        plc.always = answer

    report, _ = look(prepare=rewrites, write=True)
    assert "what is read back differs" in found(report, "writing").text
    assert faults(report)


def test_a_block_that_may_not_be_written_is_wrong() -> None:
    def read_only(plc: ScriptedPlc) -> None:
        plc.always = beating(plc, then=lambda r, right: [(0.0, right if r[7] == 3 else refused(r, 2))])

    report, _ = look(prepare=read_only, write=True)
    assert "Modbus exception 2" in found(report, "writing").text


@pytest.mark.parametrize("name", HABITS)
def test_each_habit_is_named_with_what_to_set(name: str) -> None:
    """The plain probe, and the one that may write: wrong where the line would not run, and never silent."""
    habit = HABITS[name]

    def take_it_up(plc: ScriptedPlc) -> None:
        plc.always, plc.hangs_up = beating(plc, then=habit.does), habit.hangs_up

    settings: dict[str, object] = {"timeout_ms": 100}
    plain, plc = look(settings, prepare=take_it_up, watch_s=0.06)
    assert functions(plc) <= {3}
    assert bool(faults(plain)) is not habit.runs, plain
    writing, _ = look(settings, prepare=take_it_up, write=True, watch_s=0.06)
    assert bool(faults(writing)) is not habit.runs, writing
    said = "\n".join(f"{one.text}. {one.todo}" for one in writing.findings)
    for key in habit.helped_by:
        assert f"set {key} = " in said
    if name.startswith("fc23"):
        finding = found(writing, "FC23")
        assert finding.verdict is Verdict.NOTE
        assert "writes the registers all the same" in finding.text
        assert 'telegrams = "fc16-fc03"' in finding.todo
        assert "with FC16 and FC03" in found(writing, "writing").text


def test_where_the_settings_ask_for_fc23_alone_its_lack_is_wrong() -> None:
    def lacks_it(plc: ScriptedPlc) -> None:
        plc.always = beating(plc, then=HABITS["fc23exc2"].does)

    report, _ = look({"telegrams": "fc23"}, prepare=lacks_it, write=True)
    assert faults(report) == {"FC23"}
    assert 'set telegrams = "fc16-fc03"' in found(report, "FC23").todo


def test_what_fc23_reads_is_read_before_it_writes_anything() -> None:
    """An exception to FC23 for its read part does not mean that nothing was written."""
    report, plc = look(write=True)
    asked = [(request[7], int.from_bytes(request[8:10], "big")) for request in plc.requests]
    first = next(at for at, (function, _) in enumerate(asked) if function == 23)
    assert asked[first - 1] == (3, 0)
    assert {(3, 0), (3, 100)} <= set(asked[:first])
    out_of_reach, plc = look({"line_base": 290}, write=True)
    assert faults(out_of_reach)
    assert all(request[7] == 3 or int.from_bytes(request[8:10], "big") == 0 for request in plc.requests)
    assert not faults(report)


def test_answers_that_fail_are_told_with_the_last_reason() -> None:
    def every_third_is_busy(plc: ScriptedPlc) -> None:
        def answer(request: bytes, right: bytes) -> list[tuple[float, bytes]]:
            plc.registers[1] += 1
            return [(0.0, refused(request, 6) if len(plc.requests) % 3 == 0 else right)]

        plc.always = answer

    report, _ = look(prepare=every_third_is_busy)
    finding = found(report, "answers")
    assert finding.verdict is Verdict.WRONG
    assert "busy" in finding.text


def test_a_plc_that_hangs_while_it_is_watched_ends_the_watch() -> None:
    def hangs(plc: ScriptedPlc) -> None:
        def answer(request: bytes, right: bytes) -> list[tuple[float, bytes]]:
            return [(0.0, right)] if len(plc.requests) < 3 else []

        plc.always = answer

    report, plc = look(prepare=hangs)
    assert "did not answer" in found(report, "answers").text
    assert len(plc.requests) < 12


# --- judgements alone -------------------------------------------------------------------------------------


def watched(beats: list[int], *, every_ms: int = 20) -> Seen:
    return Seen(
        lines=[(n * every_ms * MS, LineBlock(boot_id=1, heartbeat=beat)) for n, beat in enumerate(beats)]
    )


@given(start=st.integers(0, 0xFFFF), step=st.integers(1, 50), n=st.integers(10, 60))
def test_a_heartbeat_is_good_also_where_it_wraps(start: int, step: int, n: int) -> None:
    seen = watched([(start + k * step) & 0xFFFF for k in range(n)])
    finding = findings.heartbeat(seen)
    assert finding.verdict is Verdict.OK
    assert f"about {step * 50} beats a second" in finding.text


@given(still=st.integers(13, 100), before=st.integers(1, 20), after=st.integers(0, 20))
def test_a_heartbeat_that_stands_for_a_quarter_second_is_wrong(still: int, before: int, after: int) -> None:
    beats = [*range(before + 1), *[before] * still, *range(before + 1, before + 1 + after)]
    finding = findings.heartbeat(watched(beats))
    assert finding.verdict is Verdict.WRONG
    assert "stood for" in finding.text


@pytest.mark.parametrize(
    ("p50", "p99", "verdict"),
    [(20.0, 22.0, Verdict.OK), (20.0, 31.0, Verdict.NOTE), (31.0, 32.0, Verdict.WRONG)],
)
def test_a_cycle_half_as_long_again_as_asked_for_is_slow(p50: float, p99: float, verdict: Verdict) -> None:
    times = Percentiles(p50=p50, p95=p99, p99=p99, max=p99, n=100)
    report = CycleReport(target_ms=20, interval_ms=times, exchange_ms=times)
    assert findings.cycle(report).verdict is verdict


def test_a_probe_is_good_when_nothing_is_wrong() -> None:
    fine, doubt, bad = findings.ok("a", ""), findings.note("b", ""), findings.wrong("c", "")
    assert ProbeReport(peer="", preset=None, wrote=False, findings=(fine, doubt)).ok
    assert not ProbeReport(peer="", preset=None, wrote=False, findings=(fine, bad)).ok


def test_a_boot_id_of_zero_or_that_moves_is_wrong() -> None:
    assert findings.boot_id(Seen(lines=[(0, LineBlock(boot_id=0))])).verdict is Verdict.WRONG
    moving = Seen(lines=[(0, LineBlock(boot_id=1)), (1, LineBlock(boot_id=2))])
    assert "changed while it was watched: 1, 2" in findings.boot_id(moving).text


@given(st.lists(st.integers(1, 9), min_size=1, max_size=3), st.integers(0, 0xFFFF))
def test_one_engine_that_restarts_is_not_taken_for_two(boots: list[int], beat: int) -> None:
    visions = [VisionBlock(boot_id=boot, heartbeat=beat) for boot in dict.fromkeys(boots)]
    assert findings.other_clients(visions, writing=False).verdict is not Verdict.WRONG


@pytest.mark.parametrize("visions", [[(1, 5), (2, 9), (1, 6)], [(1, 500), (1, 20), (1, 501)]])
def test_two_clients_that_write_in_turn_are_wrong(visions: list[tuple[int, int]]) -> None:
    blocks = [VisionBlock(boot_id=boot, heartbeat=beat) for boot, beat in visions]
    finding = findings.other_clients(blocks, writing=False)
    assert finding.verdict is Verdict.WRONG
    assert "several clients" in finding.text


def test_a_certificate_that_expires_soon_is_worth_a_note() -> None:
    assert findings.certificate(10).verdict is Verdict.NOTE
    assert findings.certificate(400).verdict is Verdict.OK


def test_a_plc_that_is_not_enabled_is_worth_a_note() -> None:
    assert findings.readiness(replace(LINE, bits=LineBits.AUTO)).verdict is Verdict.NOTE
    assert findings.readiness(LINE).verdict is Verdict.OK


@given(part=st.integers(1, 0xFFFF))
def test_word_order_is_told_from_small_part_ids(part: int) -> None:
    right = Seen(lines=[(0, replace(LINE, part_id=part))])
    wrong = Seen(lines=[(0, replace(LINE, part_id=part << 16))])
    for order in WordOrder:
        assert findings.word_order(right, configured=order).verdict is Verdict.OK
        assert findings.word_order(wrong, configured=order).verdict is Verdict.WRONG


# --- the command ------------------------------------------------------------------------------------------


def station(folder: Path, port: int) -> Path:
    config = folder / "station.toml"
    config.write_text(
        f'[station]\nrecipe = "cover"\n[plc]\nport = {port}\ntimeout_ms = 250\n'
        '[[cameras]]\nkind = "simulated"\nname = "main"\n'
    )
    return config


def test_the_command_prints_one_object_and_its_exit_code_tells_right_from_wrong(tmp_path: Path) -> None:
    with ForeignPlc() as plc:
        plc.set(LINE)
        config = str(station(tmp_path, plc.port))
        arguments = ["plc", "probe", "--config", config, "--seconds", "0.3", "--json"]
        good = CliRunner().invoke(cli, arguments)
        plc.set(replace(LINE, map_version=5))
        bad = CliRunner().invoke(cli, arguments)
    assert good.exit_code == 0, good.output
    assert json.loads(good.stdout)["ok"] is True
    assert bad.exit_code == 1
    told = json.loads(bad.stdout)
    assert told["ok"] is False
    assert any("map version" in finding["text"] for finding in told["findings"])


def test_the_command_against_pymodbus_with_and_without_leave_to_write(tmp_path: Path) -> None:
    async def go() -> None:
        async with pymodbus_plc(LINE) as port:
            arguments = ["plc", "probe", "--config", str(station(tmp_path, port)), "--seconds", "0.3"]
            read = await asyncio.to_thread(CliRunner().invoke, cli, arguments)
            written = await asyncio.to_thread(CliRunner().invoke, cli, [*arguments, "--write"])
        assert read.exit_code == written.exit_code == 0, read.output + written.output
        assert "NOT CHECKED  writing" in read.stdout
        assert "the vision block can be written, with FC23" in written.stdout

    asyncio.run(go())


def test_the_command_tells_people_what_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["plc", "probe", "--config", str(station(tmp_path, free_port()))])
    assert result.exit_code == 1
    assert "WRONG" in result.stdout
    assert "Check the PLC, the network and [plc] in the settings" in result.stdout
