"""The simulated PLC in a process of its own, for benches that must not share an interpreter with it."""

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Final, Self

from inspection.errors import LineError
from plc.simulator import Progress, Report, SimulatorSettings, run_simulator

START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 10.0
PRELOAD: Final = ["app.testline.plc_process"]
"""What the server of processes imports before its first."""

# Never a fork of ourselves, who may have threads; of a server that has imported what is needed, it is quick.
if sys.platform == "win32":
    _CONTEXT: Final = multiprocessing.get_context("spawn")
else:
    _CONTEXT: Final = multiprocessing.get_context("forkserver")


class PlcProcess:
    """One run of the simulated PLC. A context manager: leaving it ends the process."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._settings = settings
        self._ours, theirs = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_serve, args=(settings, theirs), daemon=True)
        self._theirs = theirs
        self.progress: Progress | None = None
        """The newest; None before the port is open."""
        self.report: Report | None = None
        """Once it has come to its end by itself."""

    def __enter__(self) -> Self:
        if sys.platform != "win32":
            _CONTEXT.set_forkserver_preload(PRELOAD)
        self._process.start()
        self._theirs.close()
        if not self._ours.poll(START_TIMEOUT_S):
            self.close()
            raise LineError(
                f"the simulated PLC did not start within {START_TIMEOUT_S:.0f} s",
                todo="look at what it says above; this computer may be too busy",
            )
        self.listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def port(self) -> int:
        """Where it serves Modbus TCP."""
        if self.progress is None:
            raise LineError("the simulated PLC is not running", todo="look at what it says above")
        return self.progress.port

    @property
    def alive(self) -> bool:
        """The process runs."""
        return self._process.is_alive()

    def listen(self) -> None:
        """Take in what it has told since; never waits."""
        try:
            while self._ours.poll():
                told = self._ours.recv()
                if isinstance(told, Report):
                    self.report = told
                else:
                    self.progress = told
        except (EOFError, OSError):
            return  # it is gone; ``report`` says whether by itself

    def freeze(self) -> None:
        """Stop it where it stands, connections open, as behind a dead switch. Not on Windows."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, as loss of power would; the system closes its connections."""
        self._process.kill()
        self._process.join(STOP_TIMEOUT_S)

    def finish(self) -> Report | None:
        """Have it end in order; returns what it saw, None where it was killed before."""
        if self.alive:
            os.kill(self.pid, signal.SIGTERM)
            self._ours.poll(STOP_TIMEOUT_S)
        self._process.join(STOP_TIMEOUT_S)
        self.listen()
        return self.report

    def close(self) -> None:
        """End it, if it runs."""
        if self.alive:
            self._process.kill()
        self._process.join(STOP_TIMEOUT_S)
        self._ours.close()

    @property
    def pid(self) -> int:
        """The process's, for those who kill it."""
        pid = self._process.pid
        assert pid is not None
        return pid


def _serve(settings: SimulatorSettings, ours: Connection) -> None:
    """The process's whole life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the bench's to handle: it ends this process
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # prints every telegram that it cannot read
    ours.send(asyncio.run(run_simulator(settings, ours.send)))
