"""``passgate report sign``, ``signatures``, ``check``: who answers for a shift, and whether a file is it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.command_line.options import ConfigOption, RecordOption
from app.command_line.output import JsonFlag, print_json
from app.command_line.secrets import ask
from app.command_line.stretch import find_stretch
from app.settings.finding import find_record, find_zone
from app.settings.station import load
from inspection.access.rights import Meaning
from inspection.errors import StoreError
from inspection.times.local_time import shown, zone_named

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from reports.record.signatures.on_record import SignedShift
    from reports.record.signatures.table import ClosedShift, Signature
    from reports.settings import StoreSettings
    from reports.shift.signing.state import Signing

Day = Annotated[
    str, typer.Option("--date", metavar="DATE", help="On which the shift began, like 2026-03-02.")
]
Name = Annotated[
    str, typer.Option("--shift", metavar="NAME", help="As the station's settings name the shift.")
]


def sign(
    day: Day,
    name: Name,
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="Who signs.")],
    meaning: Annotated[Meaning, typer.Option(help="What the signature says.")],
    reason: Annotated[
        str,
        typer.Option(
            help="What there is to say; asked for where parts are unconfirmed, where records came after the "
            "first signature, or where the clock was set back."
        ),
    ] = "",
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Sign the report of a shift that is over. Asks for the password, each time; the answer is on record.

    The first signature makes name, bounds and figures of the shift stand for ever: what comes later is listed
    as added after signing. Its control charts are those of [report] in the station's file.

    Nobody signs the same meaning twice, nor reviews or approves what he has written while a second person may
    sign.
    """
    from app.access.making import make_up_to_date
    from app.access.signing import ToSign
    from app.access.signing import sign as put_on_record
    from reports.database.connecting import open_reader

    settings = find_record(record=record, config=config)
    reader = open_reader(settings.url)  # a folder that was mistyped is told, and stays as it is
    try:
        asked = find_stretch(
            config=config,
            start=None,
            end=None,
            day=day,
            name=name,
            now=datetime.now(UTC),
            signed=finder(reader),
        )
    finally:
        reader.dispose()
    assert asked.shift is not None
    make_up_to_date(settings)
    to_sign = ToSign(asked.shift, meaning, zone=asked.zone, reason=reason.strip())
    if config is not None:
        station = load(config)
        charts = station.report
        to_sign = to_sign._replace(
            station=station.station.name, rule_set=charts.rules, subgroup=charts.subgroup
        )
    done = put_on_record(settings, user, ask(f"password of {user}"), to_sign)
    if as_json:
        shift, signature = (each.model_dump(mode="json") for each in (done.shift, done.signature))
        print_json({"shift": shift, "signature": signature, "signatures": done.nth})
        return
    typer.echo(_line(done.signature, asked.zone))
    typer.echo(f"SHA-256 {done.shift.report_sha256}, on record as signature {done.nth} of this shift")


def signatures(
    day: Day, name: Name, record: RecordOption = None, config: ConfigOption = None, as_json: JsonFlag = False
) -> None:
    """Show who has signed the report of a shift, what was signed, and what came to the record since.

    Exit code 0 only if each signature is what the record's events say, and the shift's rows can be proven.
    """
    from reports.shift.signing.signed_report import report_as_signed
    from reports.store.waiting import read_waiting

    settings = find_record(record=record, config=config)
    waiting = read_waiting(settings)
    found, reader = _found(settings, day, name)
    try:
        if found is None:
            if as_json:
                print_json({"shift": None, "signing": None})
            else:
                typer.echo(f"nobody has signed the report of shift {name!r} of {day}")
            return
        signing = report_as_signed(reader, found, waiting=waiting, now=datetime.now(UTC)).signing
    finally:
        reader.dispose()
    assert signing is not None
    if as_json:
        shown_as = {"shift": found.shift, "signing": signing}
        print_json({name: one.model_dump(mode="json") for name, one in shown_as.items()})
    else:
        for one in found.signatures:
            typer.echo(_line(one, zone_named(found.shift.zone or None)))
        typer.echo(f"SHA-256 {found.shift.report_sha256}")
        late = len(signing.added) + len(signing.added_events)
        typer.echo(f"{late} records of the shift came after the first signature, {signing.spooled} wait")
    if signing.fault:
        raise broken_since(signing)


def check(
    file: Annotated[
        Path, typer.Argument(help="The JSON of a report, or a PDF or XLSX with its JSON beside it.")
    ],
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Check a report's file against the record: figures, chain heads and signatures.

    A PDF or XLSX is printed anew from the JSON beside it, and compared byte by byte.
    Exit code 0 only if the file says what was signed, or, unsigned, what the record says now.
    """
    from reports.shift.signing.checking import check_file

    settings = find_record(record=record, config=config)
    found = check_file(file, settings, zone=find_zone(config), now=datetime.now(UTC))
    if as_json:
        print_json(found)
    elif found.sound:
        for line in found.lines:
            typer.echo(line)
    if not found.sound:
        raise StoreError(
            f"{file} is not what the record says: {found.reason}",
            todo="print the report again, and keep this file and the folder as they are",
        )


def broken_since(signing: "Signing") -> StoreError:
    """That what was signed cannot be proven any more, and why."""
    return StoreError(
        f"the record of this shift cannot be proven any more: {signing.fault}",
        todo="passgate record verify says where",
    )


def finder(reader: "Engine") -> "Callable[[date, str], ClosedShift | None]":
    """Finds the signed shift of a date and name in a record, for ``find_stretch``."""
    from reports.shift.signing.signed_report import signed_shift

    def find(day: date, name: str) -> "ClosedShift | None":
        found = signed_shift(reader, day=day, name=name)
        return None if found is None else found.shift

    return find


def _found(settings: "StoreSettings", day: str, name: str) -> "tuple[SignedShift | None, Engine]":
    from reports.database.connecting import open_reader
    from reports.shift.signing.signed_report import signed_shift

    try:
        on = date.fromisoformat(day)
    except ValueError as error:
        raise StoreError(f"--date {day!r} is no date", todo="write it like 2026-03-02") from error
    reader = open_reader(settings.url)
    try:
        return signed_shift(reader, day=on, name=name), reader
    except StoreError:
        reader.dispose()
        raise


def _line(one: "Signature", zone: tzinfo | None) -> str:
    at = shown(one.at, zone=zone)
    utc = f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    said = f": {one.reason}" if one.reason else ""
    return f"{one.name}, {one.role}: {one.meaning} at {at} ({utc}){said}"
