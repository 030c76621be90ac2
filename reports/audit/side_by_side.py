"""The parts' rows looked at by two processes side by side, which halves the time of a record of millions.

They look at stretches of rows in turn, each behind the stored hash of the row before (``walk_parts``).
Whoever verifies takes these in the order of the rows, compares each joint, and from the first stretch on that
is at fault or does not fit looks at all rows itself (``verify_parts``): so what is found is what one process
finds, and the first broken row is the one that is named. A process that ends early only costs time.

A record's rows are never changed, so each process may read them in short transactions of its own, and a
station that writes beside is not held up. Both give way to it where it wants the processors.
"""

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle
from multiprocessing.connection import Connection
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from inspection.errors import StoreError
from reports.database.connecting import open_reader
from reports.record.parts_audit import Walked, walk_parts

LEAST_ROWS: Final = 50_000
"""Fewer are looked at by one process in as much time as others take to start."""
STRETCH_ROWS: Final = 10_000
"""Looked at in half a second, and in one transaction."""
_PROCESSES: Final = 2
_NICENESS: Final = 10

_CONTEXT: Final = multiprocessing.get_context("spawn")


@contextmanager
def side_by_side(url: str, *, rows: int, named_head: str | None = None) -> Iterator[Iterable[Walked]]:
    """What others find of the first ``rows`` rows, for ``verify_parts``; nothing where there are few.

    Args:
        url: The database.
        rows: Position of the last row to look at.
        named_head: A ``row_hash`` to look for, or its beginning.
    """
    if rows < LEAST_ROWS:
        yield ()
        return
    ends: list[Connection] = []
    processes = []
    try:
        for number in range(_PROCESSES):
            ours, theirs = _CONTEXT.Pipe(duplex=False)
            ends.append(ours)
            firsts = range(1 + number * STRETCH_ROWS, rows + 1, _PROCESSES * STRETCH_ROWS)
            stretches = [(first, min(first + STRETCH_ROWS - 1, rows)) for first in firsts]
            process = _CONTEXT.Process(target=_look, args=(url, named_head, stretches, theirs), daemon=True)
            process.start()
            processes.append(process)
            theirs.close()
        yield _in_turn(ends)
    finally:
        for end in ends:
            end.close()
        for process in processes:
            process.terminate()  # it only reads
            process.join()


def _in_turn(ends: list[Connection]) -> Iterator[Walked]:
    """The stretches in the order of their rows, up to the last, or to where a process has failed."""
    try:
        for end in cycle(ends):
            yield end.recv()
    except (EOFError, OSError):  # what is missing is looked at by whoever verifies
        return


def _look(url: str, named_head: str | None, stretches: list[tuple[int, int]], told: Connection) -> None:
    """In a process of its own: look at every other stretch, and tell what was found."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever verifies is interrupted as well, and ends this
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    try:
        reader = open_reader(url)
        for first, last in stretches:
            with reader.connect() as connection:
                walked = walk_parts(connection, first=first, last=last, expected_head=named_head)
            if walked is None:
                return
            told.send(walked)
    except (OSError, StoreError, SQLAlchemyError):  # whoever verifies looks there itself, and says it
        return
