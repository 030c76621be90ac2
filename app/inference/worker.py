"""One run of the inference process, as the engine holds it."""

import multiprocessing
import os
import pickle
import socket
import struct
import sys
import time
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Final

import psutil

from app.inference.messages import MOST_ANSWERED, Answer, Question, Ready, Refused, unpacked
from app.inference.process import Build, serve
from inspection import errors
from inspection.errors import InspectorError, PassgateError
from inspection.messages.codes import Code
from inspection.messages.message import Message

PRELOAD: Final = ["app.inference.process", "app.recipes.inspectors"]
"""What the server of processes imports before its first: torch alone takes seconds."""
KILL_TIMEOUT_S: Final = 5.0
PART_HELD: Final = "the part goes to manual review, and the model is started anew"
"""What a lost process means for the part."""
STUCK_S: Final = 1.0
"""So long a message that has begun may not go on; longer, and the process has stopped amid it."""

# Never a fork of ourselves, who have threads; of a server that has imported what is needed, it is quick.
if sys.platform == "win32":
    _CONTEXT: Final = multiprocessing.get_context("spawn")
else:
    _CONTEXT: Final = multiprocessing.get_context("forkserver")


def preload() -> None:
    """Have what an inference process needs imported, in a process beside this one. Returns at once.

    Does nothing on Windows, where each process imports for itself.
    """
    if sys.platform != "win32":
        _CONTEXT.set_forkserver_preload(PRELOAD)
        forkserver.ensure_running()


class WorkerLostError(InspectorError):
    """The process has ended, hangs, or answers what is no answer: it is of no use any more."""

    code = Code.MODEL_LOST


class Worker:
    """One process. Its calls block; one thread at a time.

    Args:
        build: Builds the inspector, in the process.
        version: Of its recipe; None for the newest.

    Raises:
        OSError: No process can be started.
        WorkerLostError: What starts processes ended over it.
    """

    def __init__(self, build: Build, *, version: int | None = None) -> None:
        self._ours, theirs = _CONTEXT.Pipe()
        _never_stuck(self._ours)
        alive, self._alive = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(
            target=serve, args=(build, version, theirs, alive), name="inference", daemon=True
        )
        preload()
        try:
            self._process.start()
        except BaseException as error:
            self._ours.close()
            self._alive.close()
            if isinstance(error, EOFError):
                raise WorkerLostError("the server of processes ended over it", part=PART_HELD) from error
            raise
        finally:
            theirs.close()
            alive.close()

    @property
    def pid(self) -> int:
        """The process's."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def sentinel(self) -> int:
        """What ``multiprocessing.connection.wait`` finds ready once the process has ended."""
        return self._process.sentinel

    @property
    def stopped(self) -> bool:
        """Whether somebody has stopped it (SIGSTOP): it answers nothing until it goes on, if it ever does."""
        try:
            return psutil.Process(self.pid).status() == psutil.STATUS_STOPPED
        except psutil.Error:
            return False  # it has ended, which the sentinel says

    def ready(self, *, until_ns: int) -> Ready:
        """What it has built.

        Raises:
            PassgateError: It could not build its inspector; as it would have been raised here.
            WorkerLostError: It ended, or was not ready in time.
        """
        answer = self.answer(0, until_ns=until_ns)
        if isinstance(answer, Ready):
            return answer
        if isinstance(answer, Refused):
            raise raised(answer)
        raise WorkerLostError("the model's process did not get ready in time", part=PART_HELD)

    def ask(self, question: Question) -> None:
        """Send a question. Raises WorkerLostError."""
        try:
            self._ours.send(question)
        except (OSError, ValueError, pickle.PicklingError) as error:
            raise self._ended() from error

    def answer(self, number: int, *, until_ns: int) -> Answer | None:
        """The answer to the question of this number; None where it has not come by ``until_ns``.

        Answers to earlier questions are passed over.

        Args:
            number: The question's.
            until_ns: On the monotonic clock.

        Raises:
            WorkerLostError: It has ended, or said what is no answer.
        """
        while True:
            remaining_s = (until_ns - time.monotonic_ns()) / 1e9
            try:
                if not self._ours.poll(max(remaining_s, 0.0)):
                    return None
                answer = unpacked(self._ours.recv_bytes(MOST_ANSWERED))
            except (EOFError, OSError) as error:
                raise self._ended() from error
            except ValueError as error:
                raise WorkerLostError("the model's process said what is no answer", part=PART_HELD) from error
            if answer.number == number:
                return answer

    def end(self) -> None:
        """End it at once, even where it is stopped; from any thread. Whoever waits for an answer is told."""
        self._process.kill()
        self._process.join(KILL_TIMEOUT_S)

    def kill(self) -> None:
        """End it and let go of it, when nobody talks to it any more. May be called twice."""
        self.end()
        self._ours.close()
        self._alive.close()

    def _ended(self) -> WorkerLostError:
        self._process.join(1.0)
        code = self._process.exitcode
        how = "does not answer" if code is None else f"ended with signal {-code}" if code < 0 else "ended"
        return WorkerLostError(f"the model's process {how}", part=PART_HELD)


def _never_stuck(ours: Connection) -> None:
    """Have a message that has begun and does not go on end in OSError: ``poll`` sees its beginning alone.

    Does nothing on Windows, whose pipes have no such limit.
    """
    if sys.platform != "win32":
        limit = struct.pack("ll", int(STUCK_S), 0)
        with socket.socket(fileno=os.dup(ours.fileno())) as end:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def raised(refused: Refused) -> PassgateError:
    """The error that the process met, as it would have been raised here."""
    kind = getattr(errors, refused.error, None)
    if not (isinstance(kind, type) and issubclass(kind, PassgateError)):
        kind = InspectorError
    message = refused.message or Message(code=Code.INTERNAL_ERROR)
    return kind(refused.what, part=refused.part, todo=refused.todo, code=message.code, params=message.params)
