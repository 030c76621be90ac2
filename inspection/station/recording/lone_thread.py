"""One thread for calls that may hang for ever: it says so, and does not keep the process from ending.

The threads of ``ThreadPoolExecutor`` are joined when the interpreter exits; one that hangs on a dead disk
would keep the process alive until somebody kills it.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class LoneThread(Executor):
    """Calls one function at a time, in order, in a daemon thread that starts with the first call.

    Args:
        name: Of the thread.
        monotonic_ns: The monotonic clock, ns.
    """

    def __init__(self, name: str, *, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._monotonic_ns = monotonic_ns
        self._under_way_since_ns: int | None = None
        self._free_since_ns = 0
        self._calls: SimpleQueue[tuple[int, Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._lock = threading.Lock()
        self._shut = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have ``fn`` called after all that was submitted before. Raises RuntimeError after ``shutdown``."""
        with self._lock:
            if self._shut:
                raise RuntimeError(f"the thread {self._thread.name!r} was told to end")
            if self._thread.ident is None:
                self._thread.start()
            future: Future[T] = Future()
            self._calls.put((self._monotonic_ns(), future, partial(fn, *args, **kwargs)))
            return future

    @property
    def busy_s(self) -> float:
        """For how long, in s, the call that is under way has been so, whatever it is; 0 where none is."""
        since_ns = self._under_way_since_ns
        return 0.0 if since_ns is None else (self._monotonic_ns() - since_ns) / 1e9

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the thread after what was submitted; what hangs ends with the process.

        Args:
            wait: Return when it has ended.
            cancel_futures: Cancel what has not begun.
        """
        with self._lock:
            self._shut = True
            while cancel_futures:
                try:
                    call = self._calls.get_nowait()
                except Empty:
                    break
                if call is not None:
                    call[1].cancel()
            self._calls.put(None)
        if wait and self._thread.ident is not None:
            self._thread.join()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            submitted_ns, future, work = call
            if future.set_running_or_notify_cancel():
                self._under_way_since_ns = max(submitted_ns, self._free_since_ns)
                try:
                    result = work()
                except BaseException as error:  # whoever waits for it is told
                    self._is_free()
                    future.set_exception(error)
                else:
                    self._is_free()
                    future.set_result(result)
                    del result
            del call, future, work  # what they hold is not kept until the next call

    def _is_free(self) -> None:
        """Before the answer is given: whoever has it sees that the call is over."""
        self._free_since_ns = self._monotonic_ns()
        self._under_way_since_ns = None
