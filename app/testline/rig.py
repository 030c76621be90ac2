"""A whole line on this machine: the PLC simulator, the engine and, where there is a screen, the console.

Each is a process of its own, started as a user would start it. The rig supervises the engine as a service
manager would: where it dies, it is started again, and the line must come to no harm.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import httpx
import structlog

from app.api.messages import HealthReport
from app.settings.station import load
from app.testline.panel_auth import PanelKeyAuth
from inspection.errors import LineError, PassgateError, SettingsError
from inspection.status import Mode
from reports.settings import StoreSettings

Tables = Mapping[str, str | Mapping[str, Any] | Sequence[Mapping[str, Any]]]
"""A TOML file: top-level strings, tables, and lists of tables, all of scalars."""

log = structlog.get_logger(__name__)

START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 10.0
STALL_TIMEOUT_S = 60.0
"""A line that finishes no part for so long will not finish."""
MAX_RESTARTS = 10
POLL_S = 0.1
_PASSGATE: Final = ("-m", "app")
LAST_LINES = 12
"""Of a log, told where its program crashed: a traceback's end fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleEnd:
    """How the console ended by itself: the operator closed it (exit code 0), or it crashed."""

    exit_code: int
    """Negative: the signal that ended it."""
    log: Path

    @property
    def crashed(self) -> bool:
        """Whether anything but a closed window ended it."""
        return self.exit_code != 0

    def in_words(self) -> str:
        """What happened, what it means for the line, where to read on, and the end of the log."""
        how = f"exit code {self.exit_code}"
        if self.exit_code < 0:
            how = f"signal {signal.Signals(-self.exit_code).name}"
        last = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-LAST_LINES:]
        said = "\n".join(f"  {line}" for line in last) or "  (it said nothing)"
        return f"the console crashed ({how}). The line did not notice. Its log, {self.log}, ends:\n{said}"


class LineRig:
    """One line. A context manager: leaving it ends every process that it started."""

    def __init__(
        self,
        folder: Path,
        *,
        tables: Tables,
        parts: int,
        rate: float,
        seed: int,
        engine: Sequence[str] = (*_PASSGATE, "run"),
        most_restarts: int = MAX_RESTARTS,
    ) -> None:
        """Prepare a line.

        Args:
            folder: Settings, logs and records go there. A relative one counts from where we are now; what the
                settings name counts from their own folder.
            tables: The engine's settings but for ports, table by table.
            parts: Parts that the PLC triggers; 0 for no end.
            rate: Parts a minute.
            seed: Of the PLC's randomness.
            engine: How Python starts the engine; ``--config FILE`` follows.
            most_restarts: How often the engine may be started again.
        """
        self.folder = folder.resolve()
        self.parts = parts
        self.engine_restarts = 0
        self.engine_ready_s = 0.0
        """From the start of the engine's process until it took parts, at its first start."""
        self.engine_peak_mb = 0.0
        self.link: dict[str, Any] = {}
        """What the engine told of its link last (``plc.diagnostics.diagnostics.LinkDiagnostics``)."""
        self._plc_port, self._api_port = _free_port(), _free_port()
        self._tables = tables
        self._rate = rate
        self._seed = seed
        self._engine = tuple(engine)
        self._most_restarts = most_restarts
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.auth = PanelKeyAuth(self.record)
        """Lets in whoever asks this line's API."""
        self._http = httpx.Client(base_url=self.url, timeout=2.0, auth=self.auth)

    @property
    def url(self) -> str:
        """The engine's API."""
        return f"http://127.0.0.1:{self._api_port}"

    @property
    def plc_log(self) -> Path:
        """One JSON line a part, written by the PLC's process as each part ends."""
        return self.folder / "plc.jsonl"

    @property
    def record(self) -> Path:
        """The engine's record, where the environment names no other."""
        return self.folder / "record"

    @property
    def store(self) -> StoreSettings:
        """Where the engine's record is, in a folder or on a server: as the engine itself finds it."""
        return load(self._config).store

    @property
    def _config(self) -> Path:
        return self.folder / "station.toml"

    # --- start and end --------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        tables = {
            **self._tables,
            "plc": {"host": "127.0.0.1", "port": self._plc_port},
            "api": {"port": self._api_port},
            "store": {"folder": str(self.record)},
        }
        self._config.write_text(_toml(tables), encoding="utf-8")
        try:
            self._start_plc()
            started = time.monotonic()
            self._start_engine()
            self._await_ready(started)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every process: the PLC before the engine, which is to record each part of the PLC's log."""
        for name in ("console", "plc", "engine"):
            process = self._processes.pop(name, None)
            if process is not None:
                _end(process)
        self._http.close()

    def start_console(self, environment: Mapping[str, str] | None = None) -> None:
        """Open the operator console on this line; ``environment`` is added to ours."""
        key = ("--key", str(self.auth.place))
        self._spawn("console", *_PASSGATE, "console", "--url", self.url, *key, environment=environment)

    @property
    def console_open(self) -> bool:
        """It was opened, and has not ended since."""
        console = self._processes.get("console")
        return console is not None and console.poll() is None

    @property
    def console_end(self) -> ConsoleEnd | None:
        """How the console ended by itself; None while it is open, or where there is none."""
        console = self._processes.get("console")
        code = None if console is None else console.poll()
        return None if code is None else ConsoleEnd(exit_code=code, log=self.folder / "console.log")

    @property
    def console_pid(self) -> int:
        """The console's process, for those who look at it."""
        return self._processes["console"].pid

    def kill_console(self) -> None:
        """End the console without warning, as a crash would."""
        self._processes["console"].kill()

    @property
    def engine_pid(self) -> int:
        """The engine's process, for tests that kill it."""
        return self._processes["engine"].pid

    def health(self) -> HealthReport | None:
        """What the engine says of itself; None where it does not answer."""
        try:
            return HealthReport.model_validate(self._http.get("/api/health").json())
        except (httpx.HTTPError, ValueError):
            return None

    # --- while it runs --------------------------------------------------------------------------------

    def watch(self, *, until: Callable[[], bool], on_progress: Callable[[int], None]) -> None:
        """Supervise until the PLC has run all its parts, or ``until`` says so.

        Raises:
            LineError: No part was finished for a minute, or the engine died again and again.
        """
        finished, moved = 0, time.monotonic()
        while self._processes["plc"].poll() is None and not until():
            time.sleep(POLL_S)
            self._keep_engine_alive()
            now_finished = self.parts_finished()
            if now_finished != finished:
                finished, moved = now_finished, time.monotonic()
                on_progress(finished)
                self.measure_engine()
            if self.parts and time.monotonic() - moved > STALL_TIMEOUT_S:
                raise LineError(
                    f"no part was finished for {STALL_TIMEOUT_S:.0f} s",
                    part="the parts on the belt stay there",
                    todo=f"read {self.folder / 'engine.log'} and {self.folder / 'plc.log'}",
                )
        on_progress(self.parts_finished())
        code = self._processes["plc"].poll()
        if code:
            raise LineError(
                f"the PLC simulator ended with exit code {code}", todo=f"read {self.folder / 'plc.log'}"
            )

    def parts_finished(self) -> int:
        """Parts that the PLC has seen through to their outcome."""
        try:
            with self.plc_log.open("rb") as lines:
                return sum(line.endswith(b"\n") for line in lines)
        except FileNotFoundError:
            return 0

    def _keep_engine_alive(self) -> None:
        code = self._processes["engine"].poll()
        if code is None:
            return
        self.engine_restarts += 1
        if self.engine_restarts > self._most_restarts:
            raise PassgateError(
                f"the engine ended {self._most_restarts} times (last exit code {code})",
                todo=f"read {self.folder / 'engine.log'}",
            )
        log.warning("the engine ended; starting it again", exit_code=code)
        self._start_engine()

    def measure_engine(self) -> None:
        """Ask the engine how large it has been, and how its link does."""
        try:
            health = self._http.get("/api/health").json()
            self.link = self._http.get("/api/plc/diagnostics").json()
        except (httpx.HTTPError, ValueError):  # killed amid an answer
            return  # it is being started again
        self.engine_peak_mb = max(self.engine_peak_mb, float(health["peak_memory_mb"]))

    # --- processes ------------------------------------------------------------------------------------

    def _start_plc(self) -> None:
        self._spawn(
            "plc",
            *(*_PASSGATE, "plc", "simulate", "--port", str(self._plc_port), "--rate", str(self._rate)),
            *("--parts", str(self.parts), "--seed", str(self._seed), "--log", str(self.plc_log)),
            "--allow-simulated",
        )

    def _start_engine(self) -> None:
        self._spawn("engine", *self._engine, "--config", str(self.folder / "station.toml"))

    def _spawn(self, name: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        with (self.folder / f"{name}.log").open("ab") as sink:
            self._processes[name] = subprocess.Popen(  # noqa: S603  (our own program)
                [sys.executable, *arguments],
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
            )

    def _await_ready(self, started: float) -> None:
        while time.monotonic() - started < START_TIMEOUT_S:
            for name in ("plc", "engine"):
                code = self._processes[name].poll()
                if name == "plc" and code == 0 and self.parts:
                    return  # all its parts are through already: few parts, a busy machine
                if code is not None:
                    raise SettingsError(
                        f"the {name} did not start: {_last_line(self.folder / f'{name}.log')}",
                        todo=f"read {self.folder / f'{name}.log'}",
                    )
            try:
                mode = self._http.get("/api/health").json()["mode"]
            except httpx.HTTPError:
                mode = None
            if mode in {Mode.IDLE, Mode.EXECUTE}:
                self.engine_ready_s = time.monotonic() - started
                return
            time.sleep(POLL_S)
        raise LineError(
            f"the line was not ready after {START_TIMEOUT_S:.0f} s",
            todo=f"read {self.folder / 'engine.log'}",
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _toml(tables: Tables) -> str:
    """Tables as TOML."""
    lines = [f"{name} = {_value(value)}" for name, value in tables.items() if isinstance(value, str)]
    for name, table in tables.items():
        if isinstance(table, str):
            continue
        for one in [table] if isinstance(table, Mapping) else table:
            lines += ["", f"[{name}]" if isinstance(table, Mapping) else f"[[{name}]]"]
            lines += [f"{key} = {_value(value)}" for key, value in one.items()]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    """JSON's scalars are TOML's, and so are its strings and lists of them; its objects are not."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)


def has_display() -> bool:
    """There is a screen to show the console on."""
    return sys.platform in {"win32", "darwin"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
