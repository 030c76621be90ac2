"""``passgate bench soak``: all that is too long for CI, one after the other, in one JSON that is committed.

Each run is a program of its own, started as a user would start it. What it prints, how it ended and on which
commit it ran go into the file at once; a run that hangs is ended and counts as failed, as does one whose
command does not exist. ``docs/measurements/soak.md`` says what the runs are for.
"""

import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psutil

from inspection.decision import Frozen
from inspection.errors import SettingsError

RESULT: Final = Path("docs/measurements/soak.json")
LAST_LINES: Final = 15
"""Of what a failed run said."""
END_TIMEOUT_S: Final = 20.0
_KILLS: Final = ("tests/e2e", "tests/reports", "-k", "e2e or kill")
"""Real programs, killed at every step: nothing may be lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One program of the soak."""

    name: str
    arguments: Sequence[str]
    """Of this Python."""
    limit_s: float
    """It is ended after so long."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Beside ours."""


def _bench(name: str, *arguments: str, limit_min: float) -> Run:
    words = ("-m", "app", "bench", name, *arguments, "--json")
    return Run(name=name, arguments=words, limit_s=60 * limit_min)


def _tests(name: str, *arguments: str, limit_min: float, **environment: str) -> Run:
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "1800", *arguments)
    required = {"PASSGATE_REQUIRE_ALL": "1", **environment}
    return Run(name=name, arguments=words, limit_s=60 * limit_min, environment=required)


RUNS: Final[Sequence[Run]] = (
    _bench("console", "--soak", "--minutes", "10", limit_min=20),
    _bench("line", "--parts", "600", limit_min=20),
    Run(
        name="label",
        arguments=("-m", "app", "bench", "line", "--parts", "600", "--label", "--json"),
        limit_s=60 * 20,
    ),
    _bench("camera", "--triggers", "500", limit_min=90),
    _bench("api", limit_min=60),
    _bench("inference", "--times", "20", limit_min=40),
    _bench("faults", "--parts", "1200", "--seed", "1", limit_min=40),
    _bench("kill", "--runs", "200", limit_min=150),
    _bench("hostile", "--seconds", "300", limit_min=60),
    _bench("damage", "--files", "2000", limit_min=60),
    *(_tests(f"kills-{again}", *_KILLS, limit_min=60) for again in (1, 2, 3)),
    _tests(
        "explore",
        *("tests/plc/handshake/test_both_sides.py", "tests/plc/structured_text/test_station.py"),
        limit_min=60,
        PASSGATE_HANDSHAKE_EXAMPLES="8000",
    ),
)
"""Everything, in this order."""


class Outcome(Frozen):
    """How one run ended."""

    kept: bool
    """It ended by itself, in time, with exit code 0."""
    command: str
    exit_code: int | None
    """None: it was ended after its limit."""
    seconds: float
    at: datetime
    """When it began."""
    commit: str
    """What it ran; "+" where files differed from that."""
    result: dict[str, Any] | None
    """The JSON object that it printed, if any."""
    said: str
    """The end of what else it said."""


class Soak(Frozen):
    """The file."""

    schema_version: int = 1
    machine: dict[str, str]
    runs: dict[str, Outcome]

    @property
    def kept(self) -> bool:
        """Every run is there, and was kept."""
        return all(run.name in self.runs and self.runs[run.name].kept for run in RUNS)


def soak(
    *,
    root: Path,
    into: Path,
    only: Sequence[str] = (),
    runs: Sequence[Run] = RUNS,
    on_progress: Callable[[int, str], None],
) -> Soak:
    """Run them, and write ``into`` after each; what was in it of other runs stays.

    Args:
        root: The checkout: tests lie there.
        into: The JSON file.
        only: Names of those to run; all of them, if empty.
        runs: What there is.
        on_progress: Told how many are done, and the name of the one that begins.

    Raises:
        SettingsError: A name that there is not, a file that is none of ours or has no folder, or no checkout
            at ``root``.
    """
    unknown = sorted(set(only) - {run.name for run in runs})
    if unknown:
        raise SettingsError(
            f"the soak has no run {', '.join(unknown)}", todo=f"it has {', '.join(run.name for run in runs)}"
        )
    if not (root / "tests").is_dir():
        raise SettingsError(f"{root} is no checkout of Passgate", todo="run the soak from the checkout")
    if not into.parent.is_dir():
        raise SettingsError(
            f"there is no folder {into.parent} for the result",
            part="nothing was run",
            todo="make it, or name another file with --into",
        )
    done = _read(into)
    chosen = [run for run in runs if not only or run.name in only]
    for number, run in enumerate(chosen):
        on_progress(number, run.name)
        done[run.name] = _outcome(run, root)
        written = Soak(
            machine=_machine(), runs={one.name: done[one.name] for one in runs if one.name in done}
        )
        into.write_text(
            json.dumps(written.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    on_progress(len(chosen), "")
    return written


def _read(path: Path) -> dict[str, Outcome]:
    if not path.exists():
        return {}
    try:
        return dict(Soak.model_validate_json(path.read_text(encoding="utf-8")).runs)
    except ValueError as error:
        raise SettingsError(f"{path} is no result of a soak", todo="name another with --into") from error


def _outcome(run: Run, root: Path) -> Outcome:
    # what is run is what stands there now: somebody may commit before it ends
    at, started_s, commit = datetime.now(UTC), time.monotonic(), _commit(root)
    with subprocess.Popen(  # noqa: S603  (our own programs)
        [sys.executable, *run.arguments],
        cwd=root,
        env={**os.environ, **run.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as program:
        exit_code: int | None = None
        try:
            out, err = program.communicate(timeout=run.limit_s)
            exit_code = program.returncode
        except subprocess.TimeoutExpired:
            _end(program)
            out, err = program.communicate()
            err += f"\nended after its limit of {run.limit_s:g} s"
        except BaseException:
            _end(program)
            raise
    result = _last_object(out)
    said = (err if result is not None else f"{out}\n{err}").strip().splitlines()[-LAST_LINES:]
    return Outcome(
        kept=exit_code == 0,
        command=" ".join(["python", *run.arguments]),
        exit_code=exit_code,
        seconds=round(time.monotonic() - started_s, 1),
        at=at.replace(microsecond=0),
        commit=commit,
        result=result,
        said="\n".join(line.rstrip() for line in said),
    )


def _end(program: subprocess.Popen[str]) -> None:
    """End it and all that it started: the whole session."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(program.pid, number)
            program.wait(END_TIMEOUT_S)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _last_object(out: str) -> dict[str, Any] | None:
    """The JSON object in the last line that has one; none where that says why there is no result."""
    for line in reversed(out.splitlines()):
        if line.startswith("{"):
            try:
                found = json.loads(line)
            except ValueError:
                continue
            return found if isinstance(found, dict) and "error" not in found else None
    return None


def _commit(root: Path) -> str:
    def git(*words: str) -> str:
        done = subprocess.run(  # noqa: S603  (fixed words only)
            ["git", *words],  # noqa: S607
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", f":!{RESULT.as_posix()}")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def _machine() -> dict[str, str]:
    cores = psutil.cpu_count(logical=True)
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text(encoding="utf-8").splitlines() if "model name" in line]
        model = names[0].partition(":")[2].strip() if names else model
    return {
        "processor": f"{model}, {cores} cores",
        "memory": f"{psutil.virtual_memory().total / 1e9:.0f} GB",
        "system": platform.platform(),
        "python": platform.python_version(),
    }
