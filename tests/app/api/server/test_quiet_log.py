"""The API process's log is bounded, however much clients give it to say."""

import io
import logging

from app.api.server.quiet_log import LINES_AT_ONCE, MOST_LETTERS, QuietHandler
from tests.app.api.clients import Clock


def test_a_flood_of_entries_is_a_few_lines_and_a_count() -> None:
    sink, clock = io.StringIO(), Clock()
    log = logging.Logger("test")
    log.addHandler(QuietHandler(sink, monotonic=clock))
    for _ in range(10_000):
        try:
            raise ValueError("x" * 10_000)
        except ValueError:
            log.exception("too many open files")
    assert sink.getvalue().count("too many open files") == LINES_AT_ONCE
    assert len(sink.getvalue()) < LINES_AT_ONCE * (MOST_LETTERS + 100)
    clock.now_s = 1.0
    log.warning("the end")
    assert sink.getvalue().endswith(
        f"the end (and {10_000 - LINES_AT_ONCE} entries before it that are left out)\n"
    )


def test_a_log_that_cannot_be_written_is_lost_and_nothing_else() -> None:
    sink = io.StringIO()
    log = logging.Logger("test")
    log.addHandler(QuietHandler(sink))
    sink.close()
    log.warning("to nobody")
