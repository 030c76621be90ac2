"""``passgate demo`` with a console, as a user runs it: a closed console is success, a crashed one is not."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from app.testline.panel_auth import PanelKeyAuth

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PATIENCE_S = 120.0


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo whose console has a screen that nobody sees."""
    with subprocess.Popen(
        [sys.executable, "-m", "app", "demo", "--rate", "150", "--work", str(tmp_path / "demo"), "--json"],
        env={**os.environ, "DISPLAY": ":none", "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        yield program
        if program.poll() is None:
            program.terminate()


def console_that_is_open(demo: subprocess.Popen[str]) -> psutil.Process:
    """The demo's console, once the line has finished two parts beside it."""
    program = psutil.Process(demo.pid)
    deadline = time.monotonic() + PATIENCE_S
    finished_before: int | None = None
    while time.monotonic() < deadline:
        for child in program.children():
            command = child.cmdline()
            if "console" in command and child.net_connections():
                key = Path(command[command.index("--key") + 1])
                finished = finished_parts(command[command.index("--url") + 1], key)
                if finished_before is None:
                    finished_before = finished
                if finished >= finished_before + 2:
                    return child
        time.sleep(0.2)
    raise AssertionError("no console was opened")


def finished_parts(url: str, key: Path) -> int:
    """Parts whose outcome the engine knows."""
    counts = httpx.get(f"{url}/api/state", auth=PanelKeyAuth(key.parent)).json()[
        "counts"
    ]  # null while the engine starts
    return sum(counts["by_outcome"].values()) if counts else 0


@pytest.mark.parametrize(
    ("how", "exit_code", "word"),
    [(signal.SIGTERM, 0, ""), (signal.SIGABRT, 1, "the console crashed (signal SIGABRT)")],
    ids=["closed", "crashed"],
)
@pytest.mark.soak
def test_a_crashed_console_is_no_closed_one(
    demo: subprocess.Popen[str], how: signal.Signals, exit_code: int, word: str
) -> None:
    console_that_is_open(demo).send_signal(how)
    out, err = demo.communicate(timeout=PATIENCE_S)
    summary = json.loads(out)
    assert demo.returncode == exit_code, out + err
    assert (word in err) if word else ("the console crashed" not in err)
    assert summary["console"]["exit_code"] == (0 if exit_code == 0 else -how)
    assert summary["triggers"] == summary["accounted"] > 0, "the line did not notice"
