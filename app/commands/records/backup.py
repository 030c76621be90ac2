"""``passgate record backup`` and ``record restore``: a copy of the record, and the record of a copy."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.command_line.login import login
from app.command_line.options import ConfigOption, RecordOption
from app.command_line.output import JsonFlag, print_json
from app.progress import progress
from app.settings.finding import find_record
from inspection.errors import StoreError
from inspection.times.local_time import shown

if TYPE_CHECKING:
    from app.progress import Bar
    from reports.backups.making import Backup
    from reports.backups.restoring import Restored

cli = typer.Typer()


@cli.command()
def backup(
    out: Annotated[
        Path,
        typer.Option(
            help="A folder that is there: the backup is made in it, named by the time. Or the backup itself"
            ", which is not there yet."
        ),
    ],
    record: RecordOption = None,
    config: ConfigOption = None,
    pictures: Annotated[
        bool,
        typer.Option(
            "--pictures", help="Copy the archive too; what the newest backup beside it has is linked."
        ),
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Copy the record while its station runs, and verify the copy. Exit 0 if the record is intact in it."""
    from reports.backups.making import make_backup

    settings = find_record(record=record, config=config)
    with progress("backup", None, unit_bytes=True) as bar:
        told = _Counted(bar)
        made = make_backup(
            settings,
            out,
            by=login(),
            pictures=pictures,
            plan=told.plan,
            show=told.show,
            show_pictures=told.prove,
        )
    if as_json:
        print_json(made)
    else:
        for line in _of_backup(made, settings.pictures):
            typer.echo(line)
    if not made.manifest.intact:
        raise StoreError(
            f"the backup {made.folder} was made, and holds a record that is broken: {made.manifest.reason}",
            todo="keep record and backups as they are, and have them examined",
        )


@cli.command()
def restore(
    backup_folder: Annotated[Path, typer.Option("--from", help="The backup: a folder of record backup.")],
    to: Annotated[Path, typer.Option(help="The record's new folder: not there yet, or empty.")],
    as_json: JsonFlag = False,
) -> None:
    """Make a record from a backup, verify it, and put on record that it was restored.

    Never over anything. Exit 0 if the record is intact.
    """
    from reports.backups.restoring import restore as restore_from

    with progress("restore", None, unit_bytes=True) as bar:
        told = _Counted(bar)
        done = restore_from(
            backup_folder, to, by=login(), plan=told.plan, show=told.show, show_pictures=told.prove
        )
    if as_json:
        print_json(done)
    else:
        for line in _of_restored(done):
            typer.echo(line)
    if not done.intact:
        raise StoreError(
            f"the record was restored as it was backed up, and it was broken then already: {done.reason}",
            todo="have it examined before a station goes on with it",
        )


class _Counted:
    """What is told to one bar: bytes to copy, bytes copied, and then how many pictures are proven."""

    def __init__(self, bar: "Bar") -> None:
        self._bar = bar
        self._total = self._done = 0

    def plan(self, total: int) -> None:
        """So many bytes will be copied."""
        self._total = total

    def show(self, more: int) -> None:
        """So many more were."""
        self._done = min(self._done + more, self._total)
        self._bar.show(self._done, self._total)

    def prove(self, done: int, total: int, _: int) -> None:
        """So many pictures of the copy were hashed."""
        self._bar.show(self._done, self._total, f"{done} of {total} pictures verified")


def _of_backup(made: "Backup", archive: Path) -> list[str]:
    """A backup that was made, for people."""
    from reports.record.chain import words_of_head

    said = made.manifest
    lines = [
        f"backup {made.folder}: {made.bytes / 1e6:.0f} MB in {made.elapsed_s:.1f} s, verified",
        f"the record as it was at {shown(said.made_at)}: {said.rows} rows and {said.events} events",
        f"head {words_of_head(said.head)}",
        f"{said.waiting} records waited in the spool and are in it"
        if said.waiting
        else "no record waited in the spool",
    ]
    if said.pictures is None:
        lines.append(
            f"the pictures are not in it (--pictures); they never change: rsync -a {archive} does it"
        )
    else:
        lines.append(
            f"{said.pictures.files} pictures, {made.linked} of them shared with the backup before it"
        )
    if made.same_disk:
        lines.append("Mind: it lies on the disk of the record, and goes with it")
    return lines


def _of_restored(done: "Restored") -> list[str]:
    """A record that was restored, for people."""
    from reports.record.chain import words_of_head

    said = done.manifest
    lines = [
        f"the record {done.folder} is restored, and verified: {done.rows} rows and {done.events} events",
        f"head {words_of_head(done.head)}",
        f"it ends at {shown(said.made_at)}: what was recorded after that is not in it",
        "it has the event record_restored, so that whoever reads it knows",
    ]
    if said.pictures is None:
        lines.append("pictures are not in it: copy those that you have into its folder pictures")
    lines.append(
        "let [store] folder in the station's file name it, then passgate record verify --config FILE"
    )
    return lines
