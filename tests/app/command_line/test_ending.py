"""However a command ends: words on stderr, with --json one object on stdout, an exit code that is true."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from app.command_line.ending import run_to_its_end
from inspection.errors import PassgateError, RecordRefusedError, SettingsError
from inspection.wording.value import value_in_words
from tests.app.commands.command_tree import Command, all_commands, some_value, wrong_values
from tests.app.running import Passgate, Said, assert_one_line

COMMANDS = all_commands()
ENDLESS = {"run", "console"}
"""They have no result, and go on until they are stopped."""


def refused(said: Said) -> dict[str, Any]:
    """Nothing but words on stderr and one object on stdout, which says the same."""
    assert said.code != 0, said
    assert "Traceback" not in said.err, said
    assert said.out.count("\n") == 1, said
    answer = json.loads(said.out)
    assert answer.keys() == {"schema_version", "error"}, said
    error: dict[str, Any] = answer["error"]
    assert error.keys() == {"kind", "what", "part", "todo"}
    words = PassgateError(error["what"], part=error["part"], todo=error["todo"])
    assert said.err.endswith(f"passgate: {words}\n")
    return error


def test_every_command_that_ends_by_itself_speaks_json() -> None:
    assert {str(command) for command in COMMANDS if not command.speaks_json} == ENDLESS


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_an_option_that_does_not_exist(passgate: Passgate, command: Command) -> None:
    said = passgate(*command.words, "--no-such-option", "--json")
    assert said.code == 2
    error = refused(said)
    assert error["kind"] == "usage"
    assert error["todo"] == f"see passgate {command} --help"


@pytest.mark.parametrize(
    "command", [one for one in COMMANDS if any(parameter.required for parameter in one.click.params)], ids=str
)
def test_what_is_needed_and_not_named(passgate: Passgate, command: Command) -> None:
    said = passgate(*command.words, "--json")
    assert said.code == 2
    assert refused(said)["kind"] == "usage"


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.speaks_json], ids=str)
def test_wrong_values_of_each_option(passgate: Passgate, tmp_path: Path, command: Command) -> None:
    """One after the other; what else is needed names what does not exist."""
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "file").write_bytes(b"")
    for parameter in command.click.params:
        for value in wrong_values(parameter, folder):
            words: list[object] = []
            for one in command.click.params:
                if one is parameter or one.required:
                    words += [one.opts[-1]] if one.param_type_name == "option" else []
                    words += [value if one is parameter else some_value(one, folder)]
            error = refused(passgate(*command.words, *words, "--json"))
            assert error["kind"] != "internal", words
    assert {path.name for path in folder.iterdir()} == {"file"}, "what is refused leaves nothing behind"


def test_a_settings_file_that_is_none(passgate: Passgate, tmp_path: Path) -> None:
    config = tmp_path / "station.toml"
    config.write_text("[station\n", encoding="utf-8")
    asked = [one for one in COMMANDS if "--config" in one.options and one.speaks_json]
    assert len(asked) >= 5
    for command in asked:
        more = [
            value
            for one in command.click.params
            if one.required and one.opts != ["--config"]
            for value in ([one.opts[-1]] if one.param_type_name == "option" else [])
            + [some_value(one, tmp_path)]
        ]
        error = refused(passgate(*command.words, *more, "--config", config, "--json"))
        assert error["kind"] == "settings"
        assert str(config) in error["what"]


# --- what is done ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("recipes")
@pytest.mark.parametrize(
    "words",
    [
        "recipe list",
        "recipe show cover",
        "model list",
        "model show",
        "plc map",
        "plc simulate --list-faults",
        "weights verify",
        "bench risk --lines 2",
        "dataset simulate --out {folder}/drawn.jsonl --parts 2",
    ],
)
def test_a_result_is_one_object_and_nothing_else(passgate: Passgate, tmp_path: Path, words: str) -> None:
    said = passgate(*words.format(folder=tmp_path).split(), "--json")
    assert said.code == 0, said
    assert said.out.count("\n") == 1
    result = json.loads(said.out)
    assert isinstance(result, dict)
    assert "error" not in result


def test_the_version_is_said(passgate: Passgate) -> None:
    said = passgate("--version")
    assert said.code == 0
    assert said.out.startswith("passgate 0.")


# --- how a command can end ------------------------------------------------------------------------------


def ended(capfd: pytest.CaptureFixture[str], error: BaseException, *arguments: str) -> Said:
    """What is said when a command ends with ``error``."""

    def command() -> None:
        raise error

    code = run_to_its_end(command, arguments)
    return Said(code, *capfd.readouterr())


@pytest.mark.parametrize(
    ("error", "code", "kind", "words"),
    [
        (SettingsError("no", todo="do"), 1, "settings", "passgate: no. do\n"),
        (RecordRefusedError("no", part="held"), 1, "record_refused", "passgate: no. held\n"),
        (
            OSError(28, "No space left on device", "/var/x"),
            1,
            "system",
            "passgate: the system refused /var/x: No space left on device. see that it exists, ",
        ),
        (MemoryError(), 1, "system", "passgate: the memory is used up"),
        (KeyboardInterrupt(), 130, "interrupted", "passgate: ended by Ctrl+C before it was done\n"),
    ],
)
def test_each_end_has_its_kind_and_code(
    capfd: pytest.CaptureFixture[str], error: BaseException, code: int, kind: str, words: str
) -> None:
    said = ended(capfd, error, "--json")
    assert said.code == code
    assert said.err.startswith(words)
    assert refused(said)["kind"] == kind
    assert ended(capfd, error).out == "", "without --json stdout is for results alone"


def test_an_error_in_passgate_itself_keeps_its_traceback_and_is_one_object_all_the_same(
    capfd: pytest.CaptureFixture[str],
) -> None:
    said = ended(capfd, ZeroDivisionError("by zero"), "--json")
    assert said.code == 1
    assert "Traceback" in said.err
    assert json.loads(said.out)["error"]["kind"] == "internal"


def test_sigterm_ends_like_ctrl_c_and_what_was_begun_is_cleared_away(
    capfd: pytest.CaptureFixture[str],
) -> None:
    cleared: list[str] = []
    before = signal.getsignal(signal.SIGTERM)

    def command() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10.0)  # never reached: the signal comes at once
        finally:
            cleared.append("away")

    code = run_to_its_end(command, ["--json"])
    said = Said(code, *capfd.readouterr())
    assert (code, refused(said)["kind"], cleared) == (143, "interrupted", ["away"])
    assert signal.getsignal(signal.SIGTERM) == before


def test_json_behind_two_dashes_is_a_name(capfd: pytest.CaptureFixture[str]) -> None:
    assert ended(capfd, SettingsError("no"), "--", "--json").out == ""


def test_a_result_that_says_no_is_the_one_object(passgate: Passgate, tmp_path: Path) -> None:
    """A broken record: the report itself, the words on stderr, and no second object."""
    from reports.settings import StoreSettings
    from reports.store.store import SqlStore

    store = SqlStore(StoreSettings(folder=tmp_path / "record"))
    store.open()
    store.close()
    head = "ab" * 32
    said = passgate("record", "verify", "--record", tmp_path / "record", "--head", head, "--json")
    assert said.code == 1
    assert said.out.count("\n") == 1
    assert json.loads(said.out)["intact"] is False
    assert "the record is broken" in said.err


def handles(pid: int, number: signal.Signals) -> bool:
    """Whether the process has a handler for the signal, as Linux says."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (caught,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> number - 1 & 1)


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_long_work_that_is_ended_by_a_signal(tmp_path: Path, number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-m", "app", "bench", "risk", "--lines", "100000000", "--json"]
    log = tmp_path / "err"
    with log.open("wb") as err, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err) as program:
        try:
            until = time.monotonic() + 60.0
            while not handles(program.pid, signal.SIGTERM):
                assert time.monotonic() < until
                assert program.poll() is None
                time.sleep(0.05)
            program.send_signal(number)
            out, _ = program.communicate(timeout=60.0)
        finally:
            program.kill()
    said = Said(program.returncode, out.decode(), log.read_text(encoding="utf-8"))
    assert said.code == code
    assert refused(said)["kind"] == "interrupted"


CAUGHT_IN_EXEC = """
import signal, sys
from app.command_line.ending import run_to_its_end

def command():
    exec("import signal; signal.raise_signal(signal.SIGINT)")

sys.exit(run_to_its_end(command, ()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no exit by signal")
def test_ctrl_c_amid_an_import_that_makes_classes_ends_with_its_exit_code_too(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(CAUGHT_IN_EXEC, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "interrupted"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), *sys.path))},
        capture_output=True,
        text=True,
        timeout=60.0,
    )
    assert (done.returncode, done.stderr) == (130, "passgate: ended by Ctrl+C before it was done\n")


# --- options that need each other -------------------------------------------------------------------------


def test_an_option_that_would_be_ignored_is_refused(passgate: Passgate, tmp_path: Path) -> None:
    assert_one_line(passgate("demo", "--headless", "--recipe", "cover"), r"--recipe: it is for --images")
    assert_one_line(passgate("weights", "pull", "--from", tmp_path / "none"), "there is no folder")
    foreign = passgate("inspect", tmp_path / "a.png", "--recipe", "cover", "--inspector", "foreign")
    assert_one_line(foreign, r"'--inspector'.*only as a station's \[model\]")


@pytest.mark.parametrize(
    ("type_", "given", "said"),
    [
        ("int_parsing", "5O2", "should be a whole number (it is '5O2')"),
        ("float_parsing", "0,5", "should be a number (it is '0,5'): write a decimal point, 0.5"),
        ("float_parsing", "a,b", "should be a number (it is 'a,b')"),
        ("bool_parsing", "ja", "should be true or false (it is 'ja')"),
        ("model_type", 5, "should be a table (it is 5)"),
    ],
)
def test_a_value_is_called_by_what_it_should_be(type_: str, given: object, said: str) -> None:
    assert value_in_words({"type": type_, "loc": ("x",), "msg": "", "input": given}) == said
