"""``passgate record``: the record itself."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from app.command_line.options import ConfigOption, RecordOption
from app.command_line.output import JsonFlag, print_json
from app.progress import progress
from app.settings.finding import find_record
from inspection.errors import StoreError

if TYPE_CHECKING:
    from app.progress import Bar
    from reports.audit.picture_audit import Show
    from reports.audit.verification import RecordReport

cli = typer.Typer(help="The record itself: verify it.", no_args_is_help=True)


@cli.callback()
def _noun() -> None:
    """Keep ``verify`` a verb although it is the only one yet."""


@cli.command()
def verify(
    record: RecordOption = None,
    config: ConfigOption = None,
    head: Annotated[
        str | None,
        typer.Option(
            help="A chain head noted earlier, as on a shift report, or its first 16 digits: it must occur."
        ),
    ] = None,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Hash every picture that is due as well: minutes to hours.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Check every row against the hash chains, and the spool: nothing changed, removed or inserted."""
    from reports.audit.verification import verify_record

    settings = find_record(record=record, config=config)
    if pictures:
        with progress("pictures", None) as bar:
            report = verify_record(settings, head=head, pictures=True, show=_shown_on(bar))
    else:
        report = verify_record(settings, head=head)
    if as_json:
        print_json(report)
    elif report.intact:
        for line in _words(report):
            typer.echo(line)
    if not report.intact:
        raise StoreError(
            f"the record is broken{report.where}: {report.reason}",
            todo=report.advice,
        )


def _shown_on(bar: "Bar") -> "Show":
    """Tells ``bar`` how many pictures are done, and how fast they are read."""
    began_s = time.perf_counter()

    def show(done: int, total: int, read_bytes: int) -> None:
        rate = read_bytes / 1e6 / max(time.perf_counter() - began_s, 1e-3)
        bar.show(done, total, f"{read_bytes / 1e6:.0f} MB, {rate:.0f} MB/s")

    return show


def _words(report: "RecordReport") -> list[str]:
    """An intact record, for people."""
    from reports.record.chain import words_of_head

    spool, found, seen = report.spool, report.named_head, report.pictures
    lines = [
        f"The record is intact: {report.rows} rows and {report.events.rows} events",
        f"head {words_of_head(report.head)}",
        f"events' head {words_of_head(report.events.head)}",
        f"{spool.waiting} records wait in the spool {spool.folder}, and follow the chain"
        if spool.waiting
        else "no record waits in the spool",
    ]
    if found is not None:
        whole = "" if found.digits == len(found.row_hash) else f", named by its first {found.digits} digits,"
        row = "row" if found.table == "inspections" else "event"
        lines.append(f"the head {found.row_hash}{whole} is that of {row} {found.position}")
    if report.pictures_not_kept:
        lines.append(f"{report.pictures_not_kept} parts were looked at, but not all their pictures were kept")
    if seen is None:
        lines.append("the pictures were not checked (--pictures does it)")
        return lines
    lines.append(
        f"{seen.hashed} pictures are what the record says ({seen.hashed_bytes / 1e6:.0f} MB in"
        f" {seen.elapsed_s:.1f} s); {seen.expired} expired, as events say"
    )
    if seen.absent_before_events:
        lines.append(
            f"{seen.absent_before_events} are absent that an older Passgate kept: it left no word of what it"
            " deleted, so whether they expired cannot be told"
        )
    return lines
