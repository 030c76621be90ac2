"""What the rig says of a console that ended by itself, and where its record lies."""

from pathlib import Path

import pytest

from app.demo.challenge import simulated_challenge
from app.settings.station import load
from app.testline.rig import LAST_LINES, ConsoleEnd, LineRig, Tables, _toml
from inspection.cameras.simulated import SimulatedCamera


@pytest.mark.parametrize(
    ("exit_code", "how"), [(-6, "signal SIGABRT"), (-11, "signal SIGSEGV"), (1, "exit code 1")]
)
def test_a_crash_is_told_with_the_end_of_its_log(tmp_path: Path, exit_code: int, how: str) -> None:
    log = tmp_path / "console.log"
    log.write_text("\n".join(f"line {number}" for number in range(40)), encoding="utf-8")
    end = ConsoleEnd(exit_code=exit_code, log=log)
    assert end.crashed
    said = end.in_words()
    assert said.startswith(f"the console crashed ({how}). The line did not notice.")
    assert str(log) in said
    assert said.endswith("line 39")
    assert said.count("\n") == LAST_LINES


def test_a_closed_window_is_no_crash(tmp_path: Path) -> None:
    assert not ConsoleEnd(exit_code=0, log=tmp_path / "console.log").crashed


def test_a_relative_folder_is_the_same_for_the_rig_and_in_the_settings_that_lie_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``demo --work trial``: the engine wrote to ``trial/trial/record``, and the demo found no record."""

    class Unmanned(LineRig):
        def _start_plc(self) -> None: ...
        def _start_engine(self) -> None: ...
        def _await_ready(self, started: float) -> None: ...

    monkeypatch.chdir(tmp_path)
    tables: Tables = {"station": {"recipe": "x"}, "cameras": [{"name": "main", "kind": "simulated"}]}
    with Unmanned(Path("trial"), tables=tables, parts=1, rate=60.0, seed=0) as rig:
        assert rig.record == tmp_path.resolve() / "trial" / "record"
        assert rig.store.folder == rig.record
        monkeypatch.setenv("PASSGATE_STORE__DATABASE_URL", "postgresql+psycopg://passgate@/plant")
        assert rig.store.url == "postgresql+psycopg://passgate@/plant"


def test_the_demos_challenge_is_one_that_the_station_takes_and_its_pieces_are_what_they_are_said_to_be(
    tmp_path: Path,
) -> None:
    tables: Tables = {
        "station": {"recipe": "x"},
        "cameras": [{"name": "main", "kind": "simulated"}],
        "challenge": simulated_challenge(seed=5),
    }
    (tmp_path / "station.toml").write_text(_toml(tables), encoding="utf-8")
    asked = load(tmp_path / "station.toml").challenge
    assert asked is not None
    camera = SimulatedCamera("main", seed=5)
    camera.open()
    for piece in asked.pieces:
        truth = camera.capture(piece.part_ids[0]).truth
        assert truth is not None
        assert truth.defective != piece.good
