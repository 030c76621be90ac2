"""A known state is drawn with the words that matter, in any terminal, and within its size."""

import io

import pytest
from rich.console import Console

from inspection.decision import Action
from plc.simulator import LineFault
from plc.simulator.drawing import LinePicture
from tests.plc.handshaking import AT
from tests.plc.simulator.lines import Line


def drawn(line: Line, *, width: int = 80, height: int = 24, ascii_only: bool = False) -> str:
    sink = io.TextIOWrapper(io.BytesIO(), encoding="ascii" if ascii_only else "utf-8")
    console = Console(record=True, width=width, height=height, file=sink, force_terminal=True)
    console.print(LinePicture(line.bench.state(), title="PLC 127.0.0.1:5020"))
    return console.export_text()


def test_a_running_line_says_what_it_does() -> None:
    line = Line(parts=20, rate_per_min=120, answer=lambda t: list(Action)[t.seq % 2])
    line.run_until(lambda: len(line.results) == 2)
    text = drawn(line)
    for word in (
        "PLC 127.0.0.1:5020  boot 7",
        "● GREEN",
        "the line runs",
        "camera",
        "photo-eye",
        "gate eye",
        "diverter",
        "250 mm/s (set 250)",
        "link 0 ms old",
        "1 diverted, 1 released",
        "#1 part 100: rework after",
        "#2 part 101: pass after",
        "-> released",
        "faults    none now",
    ):
        assert word in text, f"{word!r} is missing in\n{text}"
    assert "██" in text
    assert "#3R" in text, "a part shows its number and its decision"


def test_trouble_is_said_in_words() -> None:
    line = Line(parts=20, rate_per_min=120)
    line.run_until(lambda: line.bench.triggers == 3)
    line.bench.inject(LineFault.parse("emergency-stop@0s:5s"))
    line.run(0.1)
    text = drawn(line)
    assert "(●)RED" in text
    assert "emergency stop" in text
    assert "emergency-stop for 4.9 s, 1 so far" in text
    assert "~" in text, "parts slide"


def test_old_words_of_passgate_look_old() -> None:
    line = Line()
    assert "link never heard of" in drawn(line)
    line.run(0.1)
    line.bench.scan(line.registers, received_ns=line.now_ns - 700_000_000, now_ns=line.now_ns, at=AT)
    assert "link 700 ms old" in drawn(line)


@pytest.mark.parametrize(
    ("width", "height"), [(60, 22), (80, 24), (100, 30), (200, 60), (59, 24), (80, 10), (20, 3)]
)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_picture_fits_its_terminal(width: int, height: int, ascii_only: bool) -> None:
    line = Line(parts=20, rate_per_min=300, faults=["crowd-parts@0s=0", "stick-part@2s"])
    for _ in range(8):
        line.run(0.7)
        text = drawn(line, width=width, height=height, ascii_only=ascii_only)
        rows = text.rstrip("\n").split("\n")
        assert max(map(len, rows)) <= width
        if width >= 60 and height >= 22:
            assert len(rows) <= height
        if ascii_only:
            assert text.isascii()
