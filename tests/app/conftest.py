"""The command line as a user has it, and something to use it on."""

import sys
from pathlib import Path

import cv2
import pytest

from app import cli
from inspection.cameras.simulated import SimulatedCamera
from inspection.simulation import Variation
from tests.app.running import Passgate, Said


@pytest.fixture
def passgate(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Passgate:
    """Run a command as the entry point does."""

    def run(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["passgate", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        out, err = capfdbinary.readouterr()
        return Said(code, out.decode(), err.decode())

    return run


@pytest.fixture
def recipes(home: Path, taught_library: Path) -> None:
    """The simulated product is in the user's library."""
    home.mkdir(parents=True)
    (home / "recipes").symlink_to(taught_library, target_is_directory=True)


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """Pictures of simulated parts in folders ``good`` and ``bad``."""
    for folder, rate in (("good", 0.0), ("bad", 1.0)):
        camera = SimulatedCamera("main", seed=1, variation=Variation(defect_rate=rate, contrast=(0.5, 0.6)))
        camera.open()
        (tmp_path / "parts" / folder).mkdir(parents=True)
        for number in range(6):
            picture = cv2.cvtColor(camera.capture(number).picture, cv2.COLOR_RGB2BGR)
            cv2.imencode(".png", picture)[1].tofile(tmp_path / "parts" / folder / f"{number}.png")
    return tmp_path / "parts"
