"""``passgate report``: the record, in numbers and part by part."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from app.command_line.options import ConfigOption, RecordOption
from app.command_line.output import JsonFlag, print_json
from app.command_line.plant import PlantOption, StationsOption, copies_asked
from app.command_line.stretch import DateOption, FromOption, NameOption, ToOption, find_stretch
from app.commands.plant.copies import report_copies
from app.commands.reports.signing import broken_since, check, finder, sign, signatures
from app.settings.finding import find_record
from app.settings.station import load
from inspection.errors import StoreError
from reports.shift.document.kinds import Kind, Language
from reports.statistics.rule_sets import MOST_IN_SUBGROUP, RuleSet

if TYPE_CHECKING:
    from reports.shift.figures import ShiftSummary

cli = typer.Typer(help="Reports from the record.", no_args_is_help=True)


TABLE: Final = "table"
"""The summary, on the terminal."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a report is made as."""

    on_terminal: str = ""
    """``table`` or ``csv``; empty where files are written."""
    files: tuple[Kind, ...] = ()


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


cli.command()(sign)
cli.command()(signatures)
cli.command()(check)


@cli.command()
def shift(
    start: FromOption = None,
    end: ToOption = None,
    day: DateOption = None,
    name: NameOption = None,
    record: RecordOption = None,
    config: ConfigOption = None,
    forms: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="On the terminal table (the summary) or csv (part by part); with --out any of "
            "pdf,xlsx,csv,json,dfq. Default: table, with --out all of them.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write files to this folder.")] = None,
    lang: Annotated[Language, typer.Option(help="Of --out: the language of pdf and xlsx.")] = Language.EN,
    decimal: Annotated[
        Decimal | None,
        typer.Option(help="Of --format csv: the decimal mark that your Excel has; default: '.'."),
    ] = None,
    separator: Annotated[
        Separator | None,
        typer.Option(help="Of --format csv: between its cells; default: ',', with --decimal ',' ';'."),
    ] = None,
    rules: Annotated[
        RuleSet | None,
        typer.Option(
            help="Which points of a control chart are called signals: by whose rules; default: nelson_1984. "
            "Not of a signed shift, whose figures stand."
        ),
    ] = None,
    subgroup: Annotated[
        int,
        typer.Option(
            min=1,
            max=MOST_IN_SUBGROUP,
            help="So many parts in a row are a subgroup of a gauge's control chart; with 1 each is a point.",
        ),
    ] = 1,
    plant: PlantOption = None,
    station: StationsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Report a shift: counts by action and outcome, yields, defects, control charts, capability, latency.

    With --out it is written to files: pdf to be printed, xlsx for Excel, csv part by part, json for machines,
    dfq (Q-DAS) with what gauges read. The same record gives the same files, byte by byte.

    While the shift still runs its figures are provisional. Once signed they stand, and what came since is
    listed beside them (passgate report sign). Times without an offset are the plant's. One that comes twice
    or never, because the clock is set that night, is refused: write its offset.
    With --plant or --station: of many stations, from the plant's database, each by itself; with --out in a
    folder each.
    Exit code 0 only if all parts of the shift are in it, and all of them in an intact chain.
    """
    from reports.database.connecting import open_reader
    from reports.record.chain import words_of_head
    from reports.shift.as_table import to_table
    from reports.shift.document.words.words import Words
    from reports.shift.document.writing import write_files
    from reports.shift.figures import shift_summary
    from reports.shift.files import Asked, listed_parts, report_files
    from reports.shift.signing.signed_report import report_as_signed, signed_as_asked
    from reports.shift.signing.tables import said_of
    from reports.store.waiting import read_waiting

    forms_asked = _asked(forms, out)
    csv_asked = Kind.CSV in forms_asked.files or (forms_asked.on_terminal == Kind.CSV and not as_json)
    marks = _marks(separator, decimal, csv=csv_asked)
    now = datetime.now(UTC)
    if (copies := copies_asked(plant, station, record=record, config=config)) is not None:
        asked = find_stretch(config=config, start=start, end=end, day=day, name=name, now=now)
        wanted = Asked(
            start=asked.start,
            end=asked.end,
            shift=asked.shift,
            zone=asked.zone,
            kinds=forms_asked.files,
            languages=(lang,),
            rule_set=rules or RuleSet.NELSON_1984,
            subgroup=subgroup,
            separator=marks[0],
            decimal=marks[1],
        )
        on_terminal = csv_asked and out is None
        report_copies(copies, wanted, now=now, out=out, csv=on_terminal, as_json=as_json)
        return
    if name is None:  # what is no time is told before the record is looked for
        find_stretch(config=config, start=start, end=end, day=day, name=name, now=now)
    settings = find_record(record=record, config=config)
    waiting = read_waiting(settings)
    reader = open_reader(settings.url)
    written: tuple[Path, ...] = ()
    csv = b""
    try:
        asked = find_stretch(
            config=config, start=start, end=end, day=day, name=name, now=now, signed=finder(reader)
        )
        signed = signed_as_asked(reader, asked.shift)
        if signed is not None and (rules is not None or subgroup > 1):
            raise StoreError(
                "this shift is signed, and its figures stand", todo="leave --rules and --subgroup out"
            )
        signing = None
        if out is not None:
            made = report_files(
                reader,
                Asked(
                    start=asked.start,
                    end=asked.end,
                    shift=asked.shift,
                    station="" if config is None else load(config).station.name,
                    zone=asked.zone,
                    archive=settings.pictures,
                    kinds=forms_asked.files,
                    languages=(lang,),
                    rule_set=rules or RuleSet.NELSON_1984,
                    subgroup=subgroup,
                    separator=marks[0],
                    decimal=marks[1],
                ),
                waiting=waiting,
                now=now,
            )
            summary, signing = made.summary, made.signing
            written = write_files(out, made.files)
        elif signed is not None:
            report = report_as_signed(reader, signed, waiting=waiting, now=now)
            summary, signing = report.summary, report.signing
        else:
            summary = shift_summary(
                reader,
                start=asked.start,
                end=asked.end,
                waiting=waiting,
                shift=asked.shift,
                now=now,
                rule_set=rules or RuleSet.NELSON_1984,
                subgroup=subgroup,
                hurried=True,
            )
        if csv_asked and out is None:
            listed = listed_parts(reader, start=asked.start, end=asked.end, signed=signed, waiting=waiting)
            csv = listed.to_csv(separator=marks[0], decimal=marks[1])
    finally:
        reader.dispose()
    if out is not None:
        _tell_written(written, summary, as_json=as_json)
    elif as_json:
        print_json(summary)
    elif forms_asked.on_terminal == TABLE:
        Console().print(to_table(summary, zone=asked.zone))
        typer.echo(f"chain head {words_of_head(summary.chain.head)}")
        if signing is not None:
            said = said_of(signing, Words(Language.EN), asked.zone)
            typer.echo("\n".join(text for text, _ in said))
    else:
        sys.stdout.buffer.write(csv)
        sys.stdout.buffer.flush()
    if not summary.final:
        raise StoreError(
            summary.statement,
            todo=summary.advice,
        )
    if signing is not None and signing.fault:
        raise broken_since(signing)


def _asked(forms: str | None, out: Path | None) -> _Asked:
    """What ``--format`` and ``--out`` ask for."""
    names = [name.strip() for name in forms.split(",")] if forms else []
    if unknown := [name for name in names if name not in (TABLE, *Kind)]:
        raise StoreError(
            f"there is no format {unknown[0]!r}",
            todo=f"choose from {TABLE}, {', '.join(Kind)}, in any number",
        )
    if out is not None:
        if TABLE in names:
            raise StoreError("a table is for the terminal", todo="leave --out out, or 'table'")
        return _Asked(files=tuple(kind for kind in Kind if not names or kind in names))
    if names and names not in ([TABLE], [Kind.CSV]):
        raise StoreError(
            f"--format {forms} makes files, and no folder is named for them", todo="add --out FOLDER"
        )
    return _Asked(on_terminal=names[0] if names else TABLE)


def _tell_written(written: Sequence[Path], summary: "ShiftSummary", *, as_json: bool) -> None:
    if as_json:
        files = [str(path) for path in written]
        print_json({"files": files, "final": summary.final, "statement": summary.statement})
    else:
        for path in written:
            typer.echo(str(path))


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
