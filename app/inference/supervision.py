"""An inference process that is always there: watched, killed where it hangs or lies, and started anew.

A thread that hangs in native code can only be waited for; a process can be killed. Whoever talks to it does
so by ``talking``, one exchange at a time: what is lost over an exchange is killed on the spot, and the watch,
a thread of its own, starts another process that judges as the lost one did. Between exchanges the watch sees
at once when the process ends, and asks it every second whether it lives.
"""

import itertools
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Pipe, connection
from typing import Final

import structlog

from app.inference.messages import Answer, Done, Ping, Prepare, Ready, Refused
from app.inference.process import Build
from app.inference.worker import PART_HELD, Worker, WorkerLostError, raised
from inspection.errors import InspectorError, PassgateError
from inspection.messages.codes import Code
from inspection.messages.message import coded
from inspection.messages.telling import said_as
from inspection.recipe import Recipe

LOOK_EVERY_S: Final = 1.0
"""How often an idle process is asked whether it lives."""
PING_TIMEOUT_S: Final = 5.0
"""An idle process that has not answered for so long is stopped or hangs."""
FIRST_BACKOFF_S: Final = 0.5
MAX_BACKOFF_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 5.0
TURN_S: Final = 0.02
"""How soon it is noticed that a longer exchange must end, or that an inspection wants the process."""

log = structlog.get_logger(__name__)


class SupervisedProcess:
    """One inference process after the other, and at most one at a time.

    Args:
        build: Builds the inspector, in the process; called again for each new one.
        start_timeout_s: To build it, and to prepare a recipe, each.
        on_lost: Called whenever a process was killed, before another one is started.

    Raises:
        PassgateError: The first one cannot be built; as ``build`` raised it.
    """

    def __init__(self, build: Build, *, start_timeout_s: float, on_lost: Callable[[], None]) -> None:
        self._build = build
        self._start_timeout_s = start_timeout_s
        self._on_lost = on_lost
        self._lock = threading.Lock()
        """Of the worker and of all that is said to it."""
        self._worker: Worker | None = None
        self._counter = itertools.count(1)
        self._asked = 0
        """The newest question's number."""
        self._starting: Worker | None = None
        self.prepared: Recipe | None = None
        """By which recipe the process is ready to judge."""
        self.fault: str = ""
        """Why there is no process now; empty where there is one."""
        self.replaced = 0
        """How often a process was killed or found dead."""
        self.peak_mb = 0.0
        """Largest resident size of a process so far, in MB (10⁶ bytes)."""
        self.changed: Callable[[], None] = lambda: None
        """Called, from any thread, when ``fault`` has changed."""
        self._closing = threading.Event()
        self._bell, self._hears_bell = _bell()
        self._worker, self.ready = self._started(None)
        self._finalizer = weakref.finalize(self, _end, self._closing, self._worker)
        self._watch = threading.Thread(target=self._watching, name="inference-watch", daemon=True)
        self._watch.start()

    @property
    def pid(self) -> int | None:
        """The process's; None while there is none."""
        worker = self._worker
        return None if worker is None else worker.pid

    def close(self) -> None:
        """End the process for good. May be called twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._ring()
        for worker in (self._starting, self._worker):  # what is being started need not get ready any more
            if worker is not None:
                worker.end()
        self._watch.join(CLOSE_TIMEOUT_S)
        if self._lock.acquire(timeout=CLOSE_TIMEOUT_S):  # whoever was answered by its end is through
            try:
                if self._worker is not None:
                    self._worker.kill()
            finally:
                self._lock.release()
        self._finalizer.detach()

    # --- talking to the process -----------------------------------------------------------------------

    @contextmanager
    def talking(self, *, until_ns: int) -> Iterator[Worker]:
        """The process, for one exchange; what is lost over it is killed, and replaced by the watch.

        Args:
            until_ns: How long to wait for it where it is at work for somebody else; on the monotonic clock.

        Raises:
            InspectorError: There is none, or it stays at work.
        """
        if not self._lock.acquire(timeout=max((until_ns - time.monotonic_ns()) / 1e9, 0.0)):
            raise InspectorError("the model is busy", part="the part goes to manual review")
        try:
            worker = self._worker
            if worker is None:
                why = coded(self.fault)
                raise InspectorError(
                    self.fault or "there is no model",
                    part="the part goes to manual review",
                    code=why[0].code if why else Code.MODEL_LOST,
                )
            try:
                yield worker
            except WorkerLostError as error:
                self._lose(worker, error.what)
                raise
        finally:
            self._lock.release()

    def number(self) -> int:
        """The next question's number: none comes twice, whichever process is asked. While talking to it."""
        self._asked = next(self._counter)
        return self._asked

    def expect(self, worker: Worker, number: int, *, until_ns: int, otherwise: str) -> Answer:
        """The answer to a question. While talking to it.

        Args:
            worker: Who was asked.
            number: The question's.
            until_ns: By when it must have come; on the monotonic clock.
            otherwise: What the process did not do where it has not.

        Raises:
            PassgateError: What was asked cannot be done, as the process says.
            WorkerLostError: It ended, hangs, or said what is no answer.
        """
        answer = worker.answer(number, until_ns=until_ns)
        if answer is None:
            raise WorkerLostError(f"the model's process {otherwise}", part=PART_HELD)
        if isinstance(answer, Refused):
            raise raised(answer)
        if isinstance(answer, Done):
            self.peak_mb = max(self.peak_mb, answer.peak_mb)
        return answer

    def prepare(self, recipe: Recipe) -> None:
        """Have the process get ready to judge by ``recipe``, and each that comes after it.

        Raises:
            PassgateError: As the inspector raises it, or where its process is lost.
        """
        with self.talking(until_ns=in_ns(self._start_timeout_s)) as worker:
            self._prepare(worker, recipe)
            self.prepared = recipe

    def _prepare(self, worker: Worker, recipe: Recipe) -> None:
        question = Prepare(self.number(), recipe)
        worker.ask(question)
        answer = self.expect(
            worker,
            question.number,
            until_ns=in_ns(self._start_timeout_s),
            otherwise="did not get ready in time",
        )
        if not isinstance(answer, Done):
            raise nonsense()

    # --- the watch ------------------------------------------------------------------------------------

    def _lose(self, worker: Worker, why: str) -> None:
        """Kill it; the watch starts another one. Under the lock."""
        if self._worker is not worker:
            return
        self.fault = said_as(f"waits for the model: {why}; it is started anew", Code.MODEL_LOST)
        self._worker = None
        self.replaced += 1
        log.error("the inference process is lost and started anew", why=why, pid=worker.pid)
        worker.kill()
        self._on_lost()
        self._ring()
        self.changed()

    def _ring(self) -> None:
        with suppress(OSError):
            self._bell.send_bytes(b"!")

    def _watching(self) -> None:
        """The watch's whole life."""
        backoff_s = FIRST_BACKOFF_S
        while not self._closing.is_set():
            worker = self._worker
            if worker is not None:
                backoff_s = FIRST_BACKOFF_S
                ready = connection.wait([worker.sentinel, self._hears_bell], timeout=LOOK_EVERY_S)
                self._hear_bell()
                if worker.sentinel in ready:
                    self._found_dead(worker)
                elif worker.stopped:
                    log.error("the inference process was stopped, and is killed", pid=worker.pid)
                    worker.end()  # whoever waits for its answer is told at once
                elif not ready:
                    self._ask_whether_it_lives(worker)
                continue
            if not self._start_anew():
                self._closing.wait(backoff_s)
                backoff_s = min(2 * backoff_s, MAX_BACKOFF_S)

    def _hear_bell(self) -> None:
        while self._hears_bell.poll():
            self._hears_bell.recv_bytes()

    def _found_dead(self, worker: Worker) -> None:
        with self._lock:
            if self._worker is worker and not self._closing.is_set():
                try:
                    worker.answer(-1, until_ns=0)
                    why = "its process ended"
                except WorkerLostError as error:
                    why = error.what
                self._lose(worker, why)

    def _ask_whether_it_lives(self, worker: Worker) -> None:
        """In turns, so that an inspection never waits for it."""
        if not self._lock.acquire(blocking=False):
            return  # it is at work, and whoever asked it watches
        number, until_ns = 0, in_ns(PING_TIMEOUT_S)
        try:
            number = self.number()
            worker.ask(Ping(number))
        except WorkerLostError as error:
            self._lose(worker, error.what)
            return
        finally:
            self._lock.release()
        while not self._closing.is_set():
            with self._lock:
                if self._worker is not worker or self._asked != number:
                    return  # it was asked something else since, and whoever did has its answers
                try:
                    answer = worker.answer(number, until_ns=in_ns(TURN_S))
                    if isinstance(answer, Done):
                        self.peak_mb = max(self.peak_mb, answer.peak_mb)
                        return
                    if time.monotonic_ns() >= until_ns:
                        raise WorkerLostError("its process hangs")
                except WorkerLostError as error:
                    self._lose(worker, error.what)
                    return
            time.sleep(TURN_S / 4)  # whoever waits for the lock gets it now

    # --- starting one ---------------------------------------------------------------------------------

    def _started(self, version: int | None) -> tuple[Worker, Ready]:
        worker = self._starting = Worker(self._build, version=version)
        try:
            if self._closing.is_set():  # before that, there was nothing yet that ``close`` could end
                raise WorkerLostError("the station ends")
            return worker, worker.ready(until_ns=in_ns(self._start_timeout_s))
        except BaseException:
            worker.kill()
            raise

    def _start_anew(self) -> bool:
        """Whether there is a process again that judges as the last one did."""
        began_s = time.monotonic()
        worker: Worker | None = None
        first = self.ready
        try:
            worker, ready = self._started(first.recipe.version)
            if (ready.recipe, ready.model, ready.unheard) != (first.recipe, first.model, first.unheard):
                raise InspectorError(
                    "recipe or model on disk are no longer those that the station runs with",
                    todo="restart the engine to run with the new ones, or bring the old ones back",
                )
            if self.prepared is not None:
                self._prepare(worker, self.prepared)
        except Exception as error:  # whatever it is, it is tried again: nobody else would
            if worker is not None:
                worker.kill()
            why = str(error) if isinstance(error, PassgateError | OSError) else f"internal error: {error!r}"
            log.error("the inference process cannot be started", error=why)  # noqa: TRY400
            waits = f"waits for the model, which cannot be started: {why}"
            self._tell(said_as(waits, Code.MODEL_NOT_STARTED))
            return False
        with self._lock:
            self._worker, self.fault = worker, ""
            self._finalizer.detach()
            self._finalizer = weakref.finalize(self, _end, self._closing, worker)
        log.info("the inference process runs again", after_s=round(time.monotonic() - began_s, 1))
        self.changed()
        return True

    def _tell(self, fault: str) -> None:
        if self.fault != fault:
            self.fault = fault
            self.changed()


def nonsense() -> WorkerLostError:
    """What to raise where the process answered something else than it was asked."""
    return WorkerLostError("the model's process answered something else than it was asked", part=PART_HELD)


def in_ns(seconds: float) -> int:
    """So long from now, on the monotonic clock, in ns."""
    return time.monotonic_ns() + int(seconds * 1e9)


def _end(closing: threading.Event, worker: Worker) -> None:
    """Where nobody closed it before the interpreter ends."""
    closing.set()
    worker.kill()


def _bell() -> tuple[connection.Connection, connection.Connection]:
    """One end to ring, one that ``connection.wait`` hears."""
    hears, rings = Pipe(duplex=False)
    return rings, hears
