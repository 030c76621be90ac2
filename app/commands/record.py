"""``passgate record``: the record itself."""

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from app.command_line.options import ConfigOption, RecordOption
from app.command_line.output import JsonFlag, print_json
from app.command_line.plant import Copies, PlantOption, StationsOption, copies_asked
from app.commands.records import archive, backup
from app.commands.records.archive import shown_on
from app.progress import progress
from app.settings.finding import find_record, find_zone
from inspection.errors import StoreError
from inspection.times.local_time import shown

if TYPE_CHECKING:
    from datetime import tzinfo

    from inspection.part import Inspection
    from inspection.reviews.review import Review
    from reports.audit.verification import RecordReport

cli = typer.Typer(help="The record itself: verify it, find parts in it, back it up.", no_args_is_help=True)
cli.add_typer(backup.cli)
cli.add_typer(archive.cli, name="archive")


@cli.command()
def find(
    serial: Annotated[str, typer.Option(help="Parts with this serial.")] = "",
    lot: Annotated[str, typer.Option(help="Parts of this lot; with --serial, those of both.")] = "",
    record: RecordOption = None,
    config: ConfigOption = None,
    plant: PlantOption = None,
    station: StationsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Find the parts that bear a serial or lot: the latest of each, in the order of their triggers.

    With --plant or --station: those of many stations, one station behind the other.
    """
    from reports.database.connecting import open_reader
    from reports.record.rows import Named
    from reports.shift.query import EVER, all_inspections, reviews_of_parts, shift_inspections

    copies = copies_asked(plant, station, record=record, config=config)
    settings = find_record(record=record, config=config) if copies is None else None
    if not (serial or lot):
        raise StoreError("nothing says which parts are meant", todo="name --serial or --lot")
    named = Named(serial=serial, lot=lot)
    start, end = EVER
    found: list[tuple[str, Inspection, Review | None]] = []
    if settings is not None:
        parts = all_inspections(settings, start=start, end=end, named=named)
        reader = open_reader(settings.url)
        try:
            reviews = reviews_of_parts(reader, parts)
        finally:
            reader.dispose()
        found += [("", one, reviews.get(one.inspection_id)) for one in parts]
    elif copies is not None:
        for copy in copies.stations:
            with copies.opened(copy) as reader:
                parts = shift_inspections(reader, start=start, end=end, named=named)
                reviews = reviews_of_parts(reader, parts)
            found += [(copy.station, one, reviews.get(one.inspection_id)) for one in parts]
            if lacks := copy.lacks(end=end, now=datetime.now(UTC)).fault:
                typer.echo(f"Mind: {lacks}", err=True)
    if as_json:
        told = [
            ({"station": name} if name else {})
            | one.model_dump(mode="json")
            | {"review": None if review is None else review.model_dump(mode="json")}
            for name, one, review in found
        ]
        print_json({"parts": len(found), "found": told})
        return
    zone = find_zone(config)
    for name, one, review in found:
        said = _line(one, zone) + ("" if review is None else f"; reviewed by {review.by}: {review.said}")
        typer.echo(f"{name}: {said}" if name else said)
    if not found:
        typer.echo("no part on record bears that name")


@cli.command()
def verify(
    record: RecordOption = None,
    config: ConfigOption = None,
    head: Annotated[
        str | None,
        typer.Option(
            help="A chain head noted earlier, as on a shift report, or its first 16 digits; or the report's"
            " JSON, which has two: each must occur."
        ),
    ] = None,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Hash every picture that is due as well: minutes to hours.")
    ] = False,
    plant: PlantOption = None,
    station: StationsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Check every row against the hash chains, and the spool: nothing changed, removed or inserted.

    With --plant or --station: what the plant's database has of the stations.
    """
    from reports.audit.verification import verify_record

    copies = copies_asked(plant, station, record=record, config=config)
    if copies is not None:
        if pictures:
            raise typer.BadParameter("the plant has no pictures", param_hint="--pictures")
        _verify_copies(copies, _heads(head), as_json=as_json)
        return
    heads = _heads(head)
    settings = find_record(record=record, config=config)
    with progress("rows", None) as rows, progress("pictures", None) if pictures else nullcontext() as bar:
        show = {} if bar is None else {"show": shown_on(bar)}
        report = verify_record(settings, **heads, pictures=pictures, show_rows=rows.show, **show)
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


class _Heads(TypedDict):
    head: str | None
    events_head: str | None


def _heads(text: str | None) -> _Heads:
    """What --head names: digits, or a report's JSON with the heads of both chains."""
    from reports.audit.report_heads import heads_of_report

    if text is None or not Path(text).is_file():
        return {"head": text, "events_head": None}
    heads = heads_of_report(Path(text))
    return {"head": heads.parts, "events_head": heads.events}


def _verify_copies(copies: Copies, heads: _Heads, *, as_json: bool) -> None:
    """The plant's copies, one station behind the other."""
    from reports.plant.verifying import verify_copy

    if any(heads.values()) and copies.several:
        raise typer.BadParameter("it is of one station: name that with --station", param_hint="--head")
    reports = [verify_copy(copies.url, one.station, **heads) for one in copies.stations]
    broken = [one for one in reports if not one.intact]
    if as_json:
        print_json({"intact": not broken, "stations": [one.model_dump(mode="json") for one in reports]})
    else:
        for one in reports:
            rows = f"{one.parts.rows} rows and {one.events.rows} events"
            typer.echo(f"{one.station}: {f'intact: {rows}' if one.intact else f'BROKEN: {one.reason}'}")
    if broken:
        raise StoreError(
            f"the plant's copy of {broken[0].station!r} is broken: {broken[0].reason}",
            todo="compare it with the station's own record (passgate record verify), and have it examined",
        )


def _line(part: "Inspection", zone: "tzinfo | None") -> str:
    """A part that was found, for people."""
    identity, decision = part.identity, part.decision
    named = () if identity is None else (("serial", identity.serial), ("lot", identity.lot))
    known = ", ".join(f"{name} {text}" for name, text in named if text)
    became = part.outcome.value if part.outcome else "no outcome yet"
    seen = shown(part.trigger.seen_at, zone=zone)
    said = f"{decision.action.value}, {became}; {decision.reason}"
    return f"part {part.trigger.part_id} at {seen}: {known}; {said}"


def _words(report: "RecordReport") -> list[str]:
    """An intact record, for people."""
    from reports.record.chain import words_of_head

    spool, seen = report.spool, report.pictures
    lines = [
        f"The record is intact: {report.rows} rows and {report.events.rows} events",
        f"head {words_of_head(report.head)}",
        f"events' head {words_of_head(report.events.head)}",
        *([f"{report.user_rows} rows of users are what the events say"] if report.user_rows else []),
        *([f"{report.signatures} signatures are what the events say"] if report.signatures else []),
        f"{spool.waiting} records wait in the spool {spool.folder}, and follow the chain"
        if spool.waiting
        else "no record waits in the spool",
    ]
    for found in report.named_heads:
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
