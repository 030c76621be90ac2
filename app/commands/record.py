"""``passgate record``: the record itself."""

from typing import Annotated

import typer

from app.commands.output import JsonFlag, print_json
from app.commands.report import RecordOption, store_settings
from inspection.errors import StoreError

cli = typer.Typer(help="The record itself: verify it.", no_args_is_help=True)


@cli.callback()
def _noun() -> None:
    """Keep ``verify`` a verb although it is the only one yet."""


@cli.command()
def verify(
    record: RecordOption = None,
    head: Annotated[
        str | None, typer.Option(help="A chain head noted earlier, as on a shift report: it must occur.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Check every row against the hash chain: nothing changed, removed, inserted or reordered."""
    from reports.audit import verify as check
    from reports.database import open_reader

    reader = open_reader(store_settings(record).url)
    try:
        report = check(reader, expected_head=head)
    finally:
        reader.dispose()
    if as_json:
        print_json(report)
    elif report.intact:
        typer.echo(f"The record is intact: {report.rows} rows, head {report.head}")
    if not report.intact:
        where = "" if report.broken_at is None else f" at row {report.broken_at}"
        raise StoreError(
            f"the record is broken{where}: {report.reason}",
            todo="keep the folder as it is, and have the record examined",
        )
