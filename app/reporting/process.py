"""The process that makes one report, ``python -m app.reporting.process``. The engine starts it, and kills it.

It is told on stdin what is wanted, in one line of JSON, answers on stdout, and ends. Whatever a report needs
of the processors, of memory and of libraries, the line's process needs none of it.
"""

import os
import shutil
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil

from app.reporting.messages import Done, Refused, Wanted
from inspection.errors import StoreError
from inspection.messages.codes import Code
from inspection.times.local_time import zone_named

MEGABYTE: Final = 1_000_000
NICENESS: Final = 19
"""The last to get a processor."""
PAGES_DPI: Final = 110.0
"""Of pages on a screen: A4 is as wide as three quarters of a panel of 1280 pixels."""
GAP_PX: Final = 12
GAP_GREY: Final = 160
"""Between pages."""


def main() -> None:
    """Make what is wanted, and say so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the engine's to handle: it ends this process
    step_back()
    wanted = Wanted.model_validate_json(sys.stdin.buffer.readline())
    answer = sys.stdout.buffer
    try:
        done, contents = make(wanted, now=datetime.now(UTC))
    except StoreError as error:
        said = error.sentence
        answer.write(Refused(detail=said, coded=said.coded).model_dump_json().encode() + b"\n")
    else:
        answer.write(done.model_dump_json().encode() + b"\n")
        for content in contents:
            answer.write(content)
    answer.flush()


def make(wanted: Wanted, *, now: datetime) -> tuple[Done, tuple[bytes, ...]]:
    """Make a report, and write it where a folder is named.

    Args:
        wanted: Which.
        now: The wall clock, with time zone.

    Returns:
        What is told of it, and what follows: its files where they are not written.

    Raises:
        StoreError: The record cannot be read, a file cannot be made or written, or the disk is too full.
    """
    from reports.database.connecting import open_reader
    from reports.shift.document.kinds import Kind
    from reports.shift.document.writing import write_files
    from reports.shift.files import Asked, report_files
    from reports.store.waiting import read_waiting

    shift = wanted.shift
    waiting = read_waiting(wanted.store)
    reader = open_reader(wanted.store.url)
    try:
        made = report_files(
            reader,
            Asked(
                start=shift.start,
                end=shift.end,
                shift=shift,
                station=wanted.station,
                zone=zone_named(wanted.zone),
                kinds=(Kind.JSON,) if wanted.pages else wanted.kinds,
                languages=wanted.languages,
                rule_set=wanted.rule_set,
                subgroup=wanted.subgroup,
                archive=wanted.store.pictures,
            ),
            waiting=waiting,
            now=now,
        )
    finally:
        reader.dispose()
    files = _pages(made.files, wanted) if wanted.pages else made.files
    if wanted.folder is not None:
        _refuse_full(wanted.folder, files, wanted.keep_free_bytes)
        write_files(wanted.folder, files)
    done = Done(
        names=tuple(files),
        sizes=tuple(map(len, files.values())),
        final=made.summary.final,
        statement=made.summary.statement,
        as_of=made.summary.as_of,
    )
    return done, () if wanted.folder is not None else tuple(files.values())


def _pages(json: Mapping[str, bytes], wanted: Wanted) -> Mapping[str, bytes]:
    """The printed pages below each other, as one PNG; from the very JSON of which all is printed."""
    import cv2
    import numpy as np

    from reports.shift.document.as_pdf import to_pages
    from reports.shift.document.report import ShiftReport
    from reports.shift.document.words.words import Words

    ((name, text),) = json.items()
    pages = to_pages(
        ShiftReport.model_validate_json(text),
        Words(wanted.languages[0]),
        zone=zone_named(wanted.zone),
        archive=wanted.store.pictures,
        dots_per_inch=PAGES_DPI,
    )
    drawn = [np.asarray(cv2.imdecode(np.frombuffer(page, np.uint8), cv2.IMREAD_COLOR)) for page in pages]
    apart = [np.vstack([page, np.full((GAP_PX, page.shape[1], 3), GAP_GREY, np.uint8)]) for page in drawn]
    return {f"{Path(name).stem}.png": cv2.imencode(".png", np.vstack(apart))[1].tobytes()}


def _refuse_full(folder: Path, files: Mapping[str, bytes], keep_free_bytes: int) -> None:
    """Raise StoreError where files would take room that is to stay free: the record may share that disk."""
    there = next(one for one in (folder, *folder.resolve().parents) if one.exists())
    free = shutil.disk_usage(there).free
    if free - sum(map(len, files.values())) < keep_free_bytes:
        raise StoreError(
            f"only {free / MEGABYTE:.0f} MB are free for reports in {folder}, and"
            f" {keep_free_bytes / MEGABYTE:.0f} MB stay free",
            todo="make room there",
            code=Code.REPORT_NO_ROOM,
            params={"free_mb": free / MEGABYTE, "least_mb": keep_free_bytes / MEGABYTE},
        )


def step_back() -> None:
    """Leave the processors to the line where both want them."""
    if sys.platform == "win32":
        psutil.Process().nice(psutil.IDLE_PRIORITY_CLASS)
    else:
        os.nice(NICENESS)


if __name__ == "__main__":
    main()
