"""Has people looked up by a process of its own, one question at a time, within a bounded time."""

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

import structlog

import app
from app.access.doors.messages import Looked, Told
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.station.recording.lone_thread import LoneThread
from reports.settings import StoreSettings

PROGRAM: Final = "app.access.doors.process"
LIMIT_S: Final = 15.0
"""For one answer; the process waits at most 5 s for a record that others write."""
LONGEST_ANSWER: Final = 4 * 1024 * 1024

log = structlog.get_logger(__name__)


class Looking(Protocol):
    """Looks people up."""

    async def look(self, asked: Looked) -> Told:
        """The answer; that people cannot be looked up is one."""

    def close(self) -> None:
        """Nobody asks any more."""


class LookingProcess:
    """The process, started when it is asked first, and again where it was lost.

    Args:
        settings: Where the record lies.
        limit_s: It is killed where an answer takes longer.
    """

    def __init__(self, settings: StoreSettings, *, limit_s: float = LIMIT_S) -> None:
        self._settings = settings
        self._limit_s = limit_s
        self._thread = LoneThread("people")  # a process that waits for a dead disk must not hang the engine
        self._process: subprocess.Popen[bytes] | None = None
        self._round = 0
        """Of processes: one that is given up begins another."""
        self._turn = asyncio.Lock()

    async def look(self, asked: Looked) -> Told:
        """The answer; that people cannot be looked up is one."""
        line = asked.model_dump_json().encode() + b"\n"
        async with self._turn:
            try:
                async with asyncio.timeout(self._limit_s):
                    said = await asyncio.get_running_loop().run_in_executor(
                        self._thread, self._answer, line, self._round
                    )
                return Told.model_validate_json(said)
            except (TimeoutError, OSError, ValueError) as error:
                log.warning("people cannot be looked up", error=type(error).__name__)
                self._kill()
            except asyncio.CancelledError:
                self._kill()  # its answer would be taken for the next one's
                raise
        return Told.refusing(say(Code.SIGN_IN_UNCHECKED))

    def _answer(self, line: bytes, asked_in: int) -> bytes:
        """In the thread. Raises OSError where the process was given up meanwhile."""
        process = self._process
        if process is not None and process.poll() is not None:
            _let_go(process)
            process = None
        if process is None:
            process = self._started()
            self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        if asked_in == self._round:
            process.stdin.write(line)
            process.stdin.flush()
            said = process.stdout.readline(LONGEST_ANSWER)
            if asked_in == self._round:
                return said
        _end(process)  # nobody waits: its answer must not be taken for that to the next question
        raise OSError("the process was given up")

    def _started(self) -> subprocess.Popen[bytes]:
        root = str(Path(app.__file__).parent.parent)
        paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        process = subprocess.Popen(  # noqa: S603  (our own program)
            [sys.executable, "-P", "-m", PROGRAM],  # -P: not what lies in the folder where we were started
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},
        )
        assert process.stdin is not None
        process.stdin.write(self._settings.model_dump_json().encode() + b"\n")
        return process

    def _kill(self) -> None:
        self._round += 1
        process, self._process = self._process, None
        if process is not None:
            _end(process)

    def close(self) -> None:
        """Nobody asks any more; the process ends by itself."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
        self._kill()
        self._thread.shutdown(wait=False, cancel_futures=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    _let_go(process)


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Reap what was killed, and close our ends of its pipes."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(1.0)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
