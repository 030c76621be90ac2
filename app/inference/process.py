"""The inference process: builds an inspector, and does what the engine asks, one thing at a time.

It ends when the engine does, however that ends: the connection closes then.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import NamedTuple

import structlog

from app.command_line.logs import log_to_stderr
from app.inference.messages import (
    Answer,
    Done,
    Enough,
    Explain,
    Explained,
    Inspect,
    Judged,
    Motion,
    Ping,
    Prepare,
    Question,
    Ready,
    Refused,
)
from app.inference.messages import packed as packed
from app.inference.pictures import PlacedPictures
from app.memory_use import peak_memory_mb
from inspection.certification.certificate import UNCERTIFIED, Certification
from inspection.certification.probability import LabelledScores
from inspection.drift.usual import UsualView
from inspection.errors import PassgateError
from inspection.ports import Inspector
from inspection.recipe import Recipe
from inspection.result import LaterWords
from inspection.unheard import ALL_HEARD, Unheard

log = structlog.get_logger(__name__)


class Built(NamedTuple):
    """What an inspector was built for."""

    recipe: Recipe
    inspector: Inspector
    unheard: Unheard = ALL_HEARD
    certification: Certification = UNCERTIFIED
    labelled: LabelledScores | None = None
    usual: tuple[UsualView, ...] = ()


Build = Callable[[int | None], Built]
"""Builds the inspector in the inference process, by that version of its recipe, None for the newest.

Can be pickled. Raises PassgateError.
"""


def serve(build: Build, version: int | None, ours: Connection, alive: Connection) -> None:
    """The process's whole life.

    Args:
        build: Called once.
        version: Of the recipe; None for the newest.
        ours: To the engine.
        alive: Of which the engine holds the other end and never sends: it closes when the engine ends.
    """
    log_to_stderr()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the engine's to handle: it ends this process
    threading.Thread(target=_end_with, args=(alive,), name="engine-watch", daemon=True).start()
    with suppress(EOFError, OSError):  # the engine is gone
        try:
            built = build(version)
        except Exception as error:
            _told(ours, _refused(0, error, asked_to="begin"))
        else:
            _Serving(built, ours).run()


def _end_with(alive: Connection) -> None:
    """Wait until the engine ends; then end, whatever the model is at.

    Linux does it where no thread can: the model holds the interpreter, or the process is stopped.
    """
    if sys.platform == "linux":
        import fcntl

        pipe = alive.fileno()
        fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(pipe, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    try:
        alive.recv_bytes()
    except (EOFError, OSError):
        os._exit(0)


class _Serving:
    """One inspector, and the engine that asks."""

    def __init__(self, built: Built, ours: Connection) -> None:
        self._recipe, self._inspector, self._labelled = built.recipe, built.inspector, built.labelled
        self._ours = ours
        self._pictures = PlacedPictures()
        self._words: tuple[int, LaterWords] | None = None
        """What can still be said, and of which question's part: the newest one's alone is kept."""
        ready = Ready(
            recipe=built.recipe,
            model=built.inspector.model,
            unheard=built.unheard,
            certification=built.certification,
            usual=built.usual,
        )
        _told(ours, ready)

    def run(self) -> None:
        """Answer until the engine is gone (EOFError)."""
        while True:
            question: Question = self._ours.recv()
            if isinstance(question, Enough):
                continue  # the sentence had ended by itself
            try:
                answer = self._answer(question)
            except Exception as error:  # the engine decides what becomes of the part
                answer = _refused(question.number, error, asked_to=type(question).__name__.lower())
            _told(self._ours, answer)

    def _answer(self, question: Prepare | Inspect | Explain | Ping) -> Answer:
        match question:
            case Ping(number):
                return Done(number=number, peak_mb=peak_memory_mb())
            case Prepare(number, recipe):
                self._recipe = recipe
                self._inspector.prepare(recipe)
                return Done(number=number, peak_mb=peak_memory_mb())
            case Inspect():
                return self._judged(question)
            case Explain(number, of):
                return Explained(number=number, text=self._said_of(of))

    def _judged(self, question: Inspect) -> Judged:
        pictures = map(self._pictures.take, question.places)
        frames = tuple(
            replace(frame, picture=picture) for frame, picture in zip(question.frames, pictures, strict=True)
        )
        self._words = None
        result = self._inspector.inspect(
            frames,
            recipe=self._recipe,
            part_id=question.part_id,
            trigger_seq=question.trigger_seq,
            deadline_ns=question.deadline_ns,
        )
        decision = result.decision
        if self._labelled is not None:
            decision = self._labelled.on(decision)
        if result.words is not None:
            self._words = (question.number, result.words)
        return Judged(
            number=question.number,
            decision=decision,
            motion=None if result.motion is None else Motion.of(result.motion),
            scores=result.scores,
            words=result.words is not None,
        )

    def _said_of(self, question: int) -> str:
        """The words on the part of this question; empty for any but the newest, and the second time."""
        if self._words is None or self._words[0] != question:
            return ""
        (_, words), self._words = self._words, None
        return words(go_on=lambda: not self._ours.poll())


def _refused(number: int, error: Exception, *, asked_to: str) -> Refused:
    if isinstance(error, PassgateError):
        kind = type(error).__name__
        return Refused(
            number=number,
            error=kind,
            what=error.what,
            part=error.part,
            todo=error.todo,
            message=error.message,
        )
    log.exception("the inspector failed", asked_to=asked_to, error=repr(error))
    what = str(error) if isinstance(error, OSError) else f"internal error: {error!r}"  # which file, say
    return Refused(number=number, error="", what=what)


def _told(ours: Connection, answer: Answer) -> None:
    ours.send_bytes(packed(answer))
