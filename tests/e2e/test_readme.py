"""The README's own text works: its station file loads, its commands parse and run as they stand."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import httpx
import pytest
import typer

from app import cli
from app.settings.finding import find_record
from app.settings.station import load
from inspection.cameras.simulated import SimulatedCamera
from inspection.simulation import Variation

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
(STATION,) = [text for language, text in BLOCKS if language == "toml"]
SHELL = [text for language, text in BLOCKS if language == ""]
PATIENCE_S = 120.0


def commands(block: str) -> list[list[str]]:
    """The ``passgate`` lines of a shell block as arguments, continued lines joined, comments left out."""
    lines = block.replace("\\\n", " ").splitlines()
    found = [shlex.split(line, comments=True) for line in lines]
    return [words[1:] for words in found if words and words[0] == "passgate"]


def found(words: list[str]) -> tuple[Any, list[str]]:
    """The command that ``words`` name, and the rest of them."""
    command: Any = typer.main.get_command(cli.cli)  # typer brings a click of its own
    while hasattr(command, "commands") and words:
        command, words = command.commands[words[0]], words[1:]
    return command, words


def test_the_station_file_loads_and_its_record_is_found(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text(STATION, encoding="utf-8")
    assert load(path).station.recipe == "bracket"
    assert find_record(record=None, config=path).folder == tmp_path / "record"


@pytest.mark.parametrize("words", [words for block in SHELL for words in commands(block)], ids=" ".join)
def test_a_command_in_a_block_parses_as_it_stands(words: list[str]) -> None:
    command, rest = found(list(words))
    assert command.make_context(words[0], rest) is not None


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder that holds the pictures which the README names."""
    for folder, rate, count in (("pictures/good", 0.0, 20), ("test/good", 0.0, 3), ("test/bad", 1.0, 3)):
        camera = SimulatedCamera(
            "main", seed=count, variation=Variation(defect_rate=rate, contrast=(0.5, 0.6))
        )
        camera.open()
        (tmp_path / folder).mkdir(parents=True)
        for number in range(count):
            picture = cv2.cvtColor(camera.capture(number).picture, cv2.COLOR_RGB2BGR)
            cv2.imencode(".png", picture)[1].tofile(tmp_path / folder / f"{number}.png")
    (tmp_path / "part.png").write_bytes((tmp_path / "test/bad/0.png").read_bytes())
    (tmp_path / "station.toml").write_text(STATION, encoding="utf-8")
    return tmp_path


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.soak
def test_the_blocks_run_from_first_to_last(work: Path) -> None:
    """Taught, measured, judged, shown and run by the README's text, on pictures where it says they are."""
    for block in SHELL:
        for words in commands(block):
            if words[0] == "run":
                run_until_it_serves(words, work)
                continue
            match words:
                case ["demo", *_]:  # it would wait for a person to close its console
                    more = ["--headless", "--parts", "4"]
                case ["recipe", "teach", *_]:  # an eye is trained for minutes, after the recipe is kept
                    more = ["--quick"]
                case _:
                    more = []
            done = subprocess.run(
                [sys.executable, "-m", "app", *words, *more],
                cwd=work,
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=False,
            )
            assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"


def run_until_it_serves(words: list[str], work: Path) -> None:
    """The engine of a station whose PLC and camera are not there: it waits for them, and stops as asked."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (work / "engine.log").open("wb") as log:
        engine = subprocess.Popen(
            [sys.executable, "-m", "app", *words],
            cwd=work,
            env={**os.environ, "PASSGATE_API__PORT": str(port)},
            stdout=log,
            stderr=log,
        )
        try:
            until = time.monotonic() + PATIENCE_S
            while not serves(port):
                assert engine.poll() is None, (work / "engine.log").read_text(encoding="utf-8")
                assert time.monotonic() < until
                time.sleep(0.1)
            engine.send_signal(signal.SIGTERM)
            assert engine.wait(PATIENCE_S) == 0, (work / "engine.log").read_text(encoding="utf-8")
        finally:
            engine.kill()
            engine.wait()


def serves(port: int) -> bool:
    """Whether the engine's API answers."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=2.0).status_code == 200
    except httpx.HTTPError:
        return False
