"""``passgate report``: the record, in numbers and part by part."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from app.command_line.options import ConfigOption, RecordOption
from app.command_line.output import JsonFlag, print_json
from app.settings.finding import find_record
from app.settings.station import load
from inspection.errors import StoreError
from inspection.times.local_time import moment, moments, shown
from inspection.times.shifts import shift_start
from reports.statistics.rule_sets import RuleSet

cli = typer.Typer(help="Reports from the record.", no_args_is_help=True)

SHIFT = timedelta(hours=8)


class Format(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    CSV = "csv"


class Separator(StrEnum):
    """What stands between the cells of a CSV."""

    COMMA = ","
    SEMICOLON = ";"
    TAB = "tab"

    @property
    def character(self) -> str:
        """As it is written."""
        return "\t" if self is Separator.TAB else self.value


class Decimal(StrEnum):
    """The decimal mark of a CSV."""

    POINT = "."
    COMMA = ","


@cli.callback()
def _noun() -> None:
    """Keep ``shift`` a verb although it is the only one yet."""


@cli.command()
def shift(
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="ISO 8601; default: when the station's shift began (--config), or eight hours before --to.",
        ),
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="ISO 8601; default: now.")] = None,
    record: RecordOption = None,
    config: ConfigOption = None,
    form: Annotated[Format, typer.Option("--format", help="table: the summary. csv: part by part.")] = (
        Format.TABLE
    ),
    decimal: Annotated[
        Decimal | None,
        typer.Option(help="Of --format csv: the decimal mark that your Excel has; default: '.'."),
    ] = None,
    separator: Annotated[
        Separator | None,
        typer.Option(help="Of --format csv: between its cells; default: ',', with --decimal ',' ';'."),
    ] = None,
    rules: Annotated[
        RuleSet, typer.Option(help="Which points of a control chart are called signals: by whose rules.")
    ] = RuleSet.NELSON_1984,
    as_json: JsonFlag = False,
) -> None:
    """Report a shift: counts by action and outcome, yields, defects, control charts, capability, latency.

    Times without an offset are local. One that comes twice or never, because the clock is set that night, is
    refused: write its offset.
    Exit code 0 only if all parts of the shift are in it, and all of them in an intact chain.
    """
    from reports.database.connecting import open_reader
    from reports.record.chain import words_of_head
    from reports.shift.as_csv import to_csv
    from reports.shift.as_table import to_table
    from reports.shift.figures import shift_summary
    from reports.shift.query import shift_inspections
    from reports.store.waiting import read_waiting

    marks = _marks(separator, decimal, csv=form is Format.CSV and not as_json)
    until = _moment(end, "--to") if end else datetime.now(UTC)
    since = _moment(start, "--from") if start else None
    settings = find_record(record=record, config=config)
    if since is None:
        since = _begin(until, () if config is None else load(config).station.shifts)
    waiting = read_waiting(settings)
    reader = open_reader(settings.url)
    try:
        summary = shift_summary(reader, start=since, end=until, waiting=waiting, rule_set=rules)
        if form is Format.CSV and not as_json:
            parts = shift_inspections(reader, start=since, end=until, waiting=waiting)
            sys.stdout.buffer.write(to_csv(parts, separator=marks[0], decimal=marks[1]))
            sys.stdout.buffer.flush()
    finally:
        reader.dispose()
    if as_json:
        print_json(summary)
    elif form is Format.TABLE:
        Console().print(to_table(summary))
        typer.echo(f"chain head {words_of_head(summary.chain.head)}")
    if not summary.final:
        raise StoreError(
            summary.statement,
            todo=summary.advice,
        )


def _marks(separator: Separator | None, decimal: Decimal | None, *, csv: bool) -> tuple[str, str]:
    """Separator and decimal mark; one that is not named fits the other."""
    if not csv and (separator or decimal):
        raise StoreError(
            "--separator and --decimal are of --format csv", todo="leave them out, or add --format csv"
        )
    decimal = decimal or Decimal.POINT
    if separator is None:
        separator = Separator.SEMICOLON if decimal is Decimal.COMMA else Separator.COMMA
    if separator.character == decimal.value:
        raise StoreError(
            f"{decimal.value!r} cannot be both the separator and the decimal mark",
            todo="leave --separator out, or take --separator ';'",
        )
    return separator.character, decimal.value


def _begin(until: datetime, shifts: Sequence[time]) -> datetime:
    """When the shift began that ends, or still runs, at ``until``.

    Without a station's ``shifts`` it is the eight hours before by the local clock, which are seven or nine in
    the nights when the clock is set.
    """
    try:
        if shifts:
            return shift_start(until - timedelta.resolution, shifts)
        return moment(until.astimezone().replace(tzinfo=None) - SHIFT)
    except OverflowError as error:
        raise StoreError("--to leaves no time for a shift before it", todo="choose a later time") from error


def _moment(text: str, option: str) -> datetime:
    try:
        written = datetime.fromisoformat(text)
        if written.tzinfo is not None:
            return written.astimezone(UTC)
        meant = moments(written)
        if len(meant) == 1:
            return meant[0]
        taken_for = moment(written)
    except (ValueError, OverflowError) as error:
        raise StoreError(
            f"{option} {text!r} is not a time",
            todo="write it like 2026-03-02T06:00 or 2026-03-02T06:00+01:00",
        ) from error
    if meant:
        first, second = (_with_offset(one) for one in meant)
        raise StoreError(
            f"{option} {text} comes twice here, because the clock is set back that night",
            todo=f"write which one is meant: {first} (the first) or {second} (the second)",
        )
    raise StoreError(
        f"{option} {text} does not exist here, because the clock is set forward over it",
        todo=f"write a time that exists, with its offset, such as {_with_offset(taken_for)}",
    )


def _with_offset(at: datetime) -> str:
    return shown(at, timespec="auto").replace(" ", "T")
