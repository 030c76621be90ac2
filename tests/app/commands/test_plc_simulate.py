"""``passgate plc simulate``: faults as they are written, the report, watching with and without a terminal."""

import io
import json
import signal
import sys
import threading
from collections.abc import Callable

import pytest
from rich.console import Console

from app import cli
from app.demo import line_watch
from plc.simulator import Report, TestBench
from tests.plc.simulator.lines import Line

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def simulate(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["passgate", "plc", "simulate", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


@pytest.fixture
def ends_at_once(monkeypatch: pytest.MonkeyPatch) -> list[TestBench]:
    """The simulator runs three scans, each of which is watched, and is told to end."""
    from plc.simulator import run

    seen: list[TestBench] = []
    scan = run._Run._scan

    async def counted(self: run._Run, now_ns: int) -> None:
        await scan(self, now_ns)
        seen.append(self.bench)
        if len(seen) == 3:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(run._Run, "_scan", counted)
    return seen


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--fault", "explode@5s"], "'explode' is none of freeze-heartbeat"),
        (["--fault", "restart@soon"], "KIND@START"),
        (["--belt-speed", 4000], "cannot measure parts of 60 mm; at most 1500 mm/s"),
    ],
)
def test_what_makes_no_sense_is_one_clear_line(simulate: Command, arguments: list[object], why: str) -> None:
    code, out, err = simulate(*arguments)
    assert (code, out) == (1, "")
    assert why in err
    assert len(err.strip().splitlines()) == 1


def test_a_value_out_of_range_is_said_of_its_option(simulate: Command) -> None:
    code, out, err = simulate("--fault-rate", -1)
    assert (code, out) == (2, "")
    assert "'--fault-rate': should be at least 0.0 (it is -1)" in err


def test_the_faults_that_there_are_can_be_read_back(simulate: Command) -> None:
    code, out, _ = simulate("--list-faults")
    assert code == 0
    from plc.simulator import LineFault, LineFaultKind

    written = [line.split()[0] for line in out.splitlines()[1:]]
    assert {LineFault.parse(fault).kind for fault in written} == set(LineFaultKind)


def test_an_interrupted_run_prints_its_report_and_the_faults_that_came(
    simulate: Command, ends_at_once: list[TestBench]
) -> None:
    code, out, _ = simulate("--port", 0, "--fault", "bypass@0s:1s", "--json")
    assert code == 0
    report = Report.model_validate(json.loads(out))
    assert report.ended_by == "it was told to end"
    assert [str(fault) for fault in report.bench.faults] == ["bypass@0s:1s"]


def test_without_a_terminal_watching_is_declined_in_words(
    simulate: Command, ends_at_once: list[TestBench]
) -> None:
    code, out, err = simulate("--port", 0, "--watch")
    assert code == 0
    assert "No terminal to draw in" in err
    assert out.startswith("0 parts: it was told to end")


def test_a_terminal_shows_the_newest_state_and_is_given_back() -> None:
    drawn = threading.Event()

    class Terminal(io.StringIO):
        def write(self, text: str) -> int:
            if "PLC here" in text:
                drawn.set()
            return super().write(text)

    sink = Terminal()
    console = Console(file=sink, force_terminal=True, width=80, height=24)
    line = Line()
    line.run(2)
    with line_watch.watching(console, lambda: "PLC here") as watch:
        assert "The line starts" in str(watch.picture())
        watch.look(line.bench)
        first = watch.picture()
        watch.look(line.bench)
        assert watch.picture() is first, "a scan later it is not time for another picture"
        assert drawn.wait(10)
    said = sink.getvalue()
    assert "PLC here" in said
    assert said.index("\x1b[?1049h") < said.index("PLC here") < said.index("\x1b[?1049l")


def test_a_dumb_terminal_is_not_drawn_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert line_watch.can_draw(Console(force_terminal=True, _environ={"TERM": "xterm"}))
    assert not line_watch.can_draw(Console(force_terminal=True, _environ={"TERM": "dumb"}))
    assert not line_watch.can_draw(Console(file=io.StringIO()))
