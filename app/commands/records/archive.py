"""``passgate record archive``: the pictures beside the record."""

import time
from typing import TYPE_CHECKING

import typer

from app.command_line.options import ConfigOption, RecordOption
from app.command_line.output import JsonFlag, print_json
from app.progress import progress
from app.settings.finding import find_record
from inspection.errors import StoreError

if TYPE_CHECKING:
    from app.progress import Bar
    from reports.audit.archive_check import ArchiveReport
    from reports.audit.picture_audit import Show

cli = typer.Typer(help="The pictures beside the record.", no_args_is_help=True)


@cli.callback()
def _archive() -> None:
    """Keeps ``check`` a word of its own."""


@cli.command()
def check(record: RecordOption = None, config: ConfigOption = None, as_json: JsonFlag = False) -> None:
    """Hash every picture that is due and look up every file: missing, swapped, or named by nobody.

    What retention deleted, and left word of, is not missing. Exit 0 if no picture is missing or swapped.
    """
    from reports.audit.archive_check import check_archive

    settings = find_record(record=record, config=config)
    with progress("pictures", None) as bar, progress("files looked up", None) as files:
        report = check_archive(settings, show=shown_on(bar), show_files=files.show)
    if as_json:
        print_json(report)
    else:
        for line in _words(report):
            typer.echo(line)
    if not report.intact:
        first = report.pictures.first_broken[0]
        raise StoreError(
            f"{report.pictures.broken} pictures are not what the record says; the first is {first.file} of "
            f"part {first.part_id}: {first.reason}",
            todo="keep the folder as it is; restore those pictures from a backup, where it has them",
        )


def shown_on(bar: "Bar") -> "Show":
    """Tells ``bar`` how many pictures are done, and how fast they are read."""
    began_s = time.perf_counter()

    def show(done: int, total: int, read_bytes: int) -> None:
        rate = read_bytes / 1e6 / max(time.perf_counter() - began_s, 1e-3)
        bar.show(done, total, f"{read_bytes / 1e6:.0f} MB, {rate:.0f} MB/s")

    return show


def _words(report: "ArchiveReport") -> list[str]:
    """What was found, for people."""
    pictures, orphans = report.pictures, report.orphans
    lines = [
        f"{pictures.hashed} pictures are what the record says ({pictures.hashed_bytes / 1e6:.0f} MB in "
        f"{pictures.elapsed_s:.1f} s); {pictures.expired} expired, as events say",
        f"{orphans.files} files that no record names ({orphans.bytes / 1e6:.0f} MB); retention takes them "
        "with those of held parts",
    ]
    if orphans.in_flight:
        lines.append(f"{orphans.in_flight} others were used in the last ten minutes: their record may follow")
    if pictures.absent_before_events:
        lines.append(
            f"{pictures.absent_before_events} are absent that an older Passgate kept: it left no word of what"
            " it deleted"
        )
    lines += [f"  {path}" for path in orphans.first[:10]]
    lines += [f"  {one.file} of part {one.part_id}: {one.reason}" for one in pictures.first_broken[:10]]
    return lines
