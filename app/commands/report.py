"""``passgate report``: the record, in numbers and part by part."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from app.command_line.options import ConfigOption, RecordOption
from app.command_line.output import JsonFlag, print_json
from app.command_line.stretch import DateOption, FromOption, NameOption, ToOption, find_stretch
from app.settings.finding import find_record
from inspection.errors import StoreError
from reports.statistics.rule_sets import RuleSet

cli = typer.Typer(help="Reports from the record.", no_args_is_help=True)


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
    start: FromOption = None,
    end: ToOption = None,
    day: DateOption = None,
    name: NameOption = None,
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

    While the shift still runs its figures are provisional. Times without an offset are the plant's. One that
    comes twice or never, because the clock is set that night, is refused: write its offset.
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
    asked = find_stretch(config=config, start=start, end=end, day=day, name=name, now=datetime.now(UTC))
    settings = find_record(record=record, config=config)
    waiting = read_waiting(settings)
    reader = open_reader(settings.url)
    try:
        summary = shift_summary(
            reader, start=asked.start, end=asked.end, waiting=waiting, shift=asked.shift, rule_set=rules
        )
        if form is Format.CSV and not as_json:
            parts = shift_inspections(reader, start=asked.start, end=asked.end, waiting=waiting)
            sys.stdout.buffer.write(to_csv(parts, separator=marks[0], decimal=marks[1]))
            sys.stdout.buffer.flush()
    finally:
        reader.dispose()
    if as_json:
        print_json(summary)
    elif form is Format.TABLE:
        Console().print(to_table(summary, zone=asked.zone))
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
