"""One thread for calls that may hang for ever: it does not keep the process from ending.

The threads of ``ThreadPoolExecutor`` are joined when the interpreter exits; one that hangs on a dead disk
would keep the process alive until somebody kills it.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class LoneThread(Executor):
    """Calls one function at a time, in order, in a daemon thread that starts with the first call."""

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
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
            self._calls.put((future, partial(fn, *args, **kwargs)))
            return future

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
                    call[0].cancel()
            self._calls.put(None)
        if wait and self._thread.ident is not None:
            self._thread.join()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            future, work = call
            if future.set_running_or_notify_cancel():
                try:
                    result = work()
                except BaseException as error:  # whoever waits for it is told
                    future.set_exception(error)
                else:
                    future.set_result(result)
            del call, future, work  # what they hold is not kept until the next call
