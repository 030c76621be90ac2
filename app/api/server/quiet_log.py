"""The API process's log: on stderr, bounded in rate, however much clients give it to say."""

import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TextIO

from app.api.rate import Rate

LINES_PER_S: Final = 1.0
LINES_AT_ONCE: Final = 20
MOST_LETTERS: Final = 2000
"""Of one entry, its traceback and all."""


class QuietHandler(logging.Handler):
    """Writes what the rate allows, cut to a bound, and how many entries it left out before.

    Args:
        sink: Where to; what cannot be written there is lost.
        monotonic: A clock, in seconds.
    """

    def __init__(
        self, sink: TextIO | None = None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._sink = sink or sys.stderr
        self._rate = Rate(LINES_PER_S, burst=LINES_AT_ONCE, monotonic=monotonic)
        self._left_out = 0
        self.setFormatter(
            logging.Formatter("%(asctime)sZ [%(levelname)s] API process: %(message)s", "%Y-%m-%dT%H:%M:%S")
        )
        assert self.formatter is not None
        self.formatter.converter = time.gmtime

    def emit(self, record: logging.LogRecord) -> None:
        """Write one entry, or count it."""
        if not self._rate.allows():
            self._left_out += 1
            return
        left_out, self._left_out = self._left_out, 0
        text = self.format(record)
        if len(text) > MOST_LETTERS:
            half = MOST_LETTERS // 2
            text = f"{text[:half]} … {text[-half:]}"
        if left_out:
            text += f" (and {left_out} entries before it that are left out)"
        with suppress(OSError, ValueError):
            self._sink.write(text + "\n")
            self._sink.flush()


def log_quietly() -> None:
    """Send all of this process's log through one ``QuietHandler``."""
    logging.basicConfig(handlers=[QuietHandler()], level=logging.WARNING, force=True)
