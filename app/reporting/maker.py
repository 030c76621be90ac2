"""Has reports made by a process of their own, which is killed where it takes too long."""

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

import app
from app.reporting.messages import Done, Refused, Wanted
from inspection.errors import AccessError, StoreError
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say
from inspection.station.recording.lone_thread import LoneThread

PROGRAM: Final = "app.reporting.process"
LEAVE_S: Final = 5.0
"""How long a killed process is waited for."""

T = TypeVar("T", bound=BaseModel)


class ReportRefusedError(StoreError):
    """There is no report, or no signature; ``said`` says why, in any language."""

    def __init__(self, said: Sentence) -> None:
        self.said = said
        super().__init__(said)

    @property
    def sentence(self) -> Sentence:
        """Why, as the process said it."""
        return self.said


class ReportDeniedError(AccessError):
    """Who asked may not; ``said`` says why, in any language."""

    def __init__(self, said: Sentence) -> None:
        self.said = said
        super().__init__(said)

    @property
    def sentence(self) -> Sentence:
        """Why, as the process said it."""
        return self.said


async def made(wanted: Wanted, *, limit_s: float) -> tuple[Done, bytes]:
    """Have a report made. A cancelled call ends the process.

    Args:
        wanted: Which.
        limit_s: How long it may take.

    Returns:
        What the process tells of it, and the bytes of its files where they were not written.

    Raises:
        ReportRefusedError: There is none.
    """
    return await answered(PROGRAM, wanted, Done, limit_s=limit_s)


async def answered(program: str, asked: BaseModel, kind: type[T], *, limit_s: float) -> tuple[T, bytes]:
    """Have something done by a program of ours, started for it. A cancelled call ends the process.

    Args:
        program: Its module.
        asked: What, handed to it as one line of JSON.
        kind: As what its first line is understood, where it ends well; it is a ``Refused`` otherwise.
        limit_s: How long it may take.

    Returns:
        Its first line, and what follows.

    Raises:
        ReportDeniedError: Who asked may not.
        ReportRefusedError: It was not done.
    """
    # A process that waits for a dead disk cannot be killed: nobody waits for it.
    thread = LoneThread("report")
    in_thread = partial(asyncio.get_running_loop().run_in_executor, thread)
    try:
        process = await in_thread(_started, program)
        try:
            answer = await in_thread(_answered, process, asked, limit_s)
        finally:
            process.kill()  # of one that has ended, nothing
    except OSError as error:
        raise ReportRefusedError(say(Code.REPORT_PROGRAM_FAILED, exit_code=error.errno or 0)) from error
    finally:
        thread.shutdown(wait=False, cancel_futures=True)
    if answer is None:
        raise ReportRefusedError(say(Code.REPORT_TOO_SLOW, limit_s=limit_s))
    head, _, content = answer.partition(b"\n")
    try:
        if process.returncode == 0:
            return kind.model_validate_json(head), content
    except ValidationError:
        pass
    try:
        refused = Refused.model_validate_json(head)
    except ValidationError as error:
        raise ReportRefusedError(say(Code.REPORT_PROGRAM_FAILED, exit_code=process.returncode)) from error
    said = Sentence(refused.detail, refused.coded)
    raise ReportDeniedError(said) if refused.denied else ReportRefusedError(said)


def _started(program: str) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join(
        filter(None, (str(Path(app.__file__).parent.parent), os.environ.get("PYTHONPATH")))
    )
    return subprocess.Popen(  # noqa: S603  (our own program)
        [sys.executable, "-P", "-m", program],  # -P: not what lies in the folder where we were started
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths},
    )


def _answered(process: subprocess.Popen[bytes], asked: BaseModel, limit_s: float) -> bytes | None:
    """What the process says, once it has ended; None where it was killed because it took too long."""
    try:
        return process.communicate(asked.model_dump_json().encode() + b"\n", timeout=limit_s)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=LEAVE_S)
        return None
