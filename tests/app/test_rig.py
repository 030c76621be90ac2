"""What the rig says of a console that ended by itself."""

from pathlib import Path

import pytest

from app.rig import LAST_LINES, ConsoleEnd


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
