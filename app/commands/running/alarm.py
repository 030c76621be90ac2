"""``passgate alarm``: the alarms that stand, and those that there were, from the record."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.command_line.options import ConfigOption, RecordOption
from app.command_line.output import JsonFlag, print_json
from app.command_line.stretch import moment_of
from app.settings.finding import find_record, find_zone
from inspection.alarms.history import MOST_A_PAGE, AlarmOnRecord, HistoryAsked
from inspection.alarms.priority import Priority, priority_of
from inspection.alarms.response import response_to
from inspection.messages.message import Coded
from inspection.messages.telling import tell
from inspection.status import Alarm
from inspection.times.local_time import shown
from reports.shift.document.kinds import Language

if TYPE_CHECKING:
    from datetime import tzinfo

cli = typer.Typer(
    help="Alarms, from the record, whether or not the engine runs. The console shelves them.",
    no_args_is_help=True,
)

LanguageOption = Annotated[
    Language, typer.Option("--lang", help="In which language texts are told; --json has both.")
]


@cli.command(name="list")
def list_alarms(
    lang: LanguageOption = Language.EN,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the alarms that stand by the record, each with what it means and what to do."""
    from reports.queries.alarms import alarms_standing

    alarms = alarms_standing(find_record(record=record, config=config))[::-1]
    if as_json:
        print_json({"alarms": [_standing(alarm) for alarm in alarms]})
        return
    zone = find_zone(config)
    for alarm in alarms:
        typer.echo(f"{shown(alarm.came_last_at, zone=zone)}  {_line(alarm, lang, zone)}")
        means, todo = response_to(alarm.code, lang)
        typer.echo(f"    {means} {todo}".rstrip())
    if not alarms:
        typer.echo("no alarm stands by the record")


@cli.command()
def history(
    start: Annotated[str | None, typer.Option("--from", help="ISO 8601: raised then or later.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="ISO 8601: raised before.")] = None,
    priority: Annotated[Priority | None, typer.Option("--priority", help="Of this priority alone.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST_A_PAGE, help="How many at a time.")] = 50,
    before: Annotated[
        int | None, typer.Option("--before", min=1, help="Those before this position: the next page.")
    ] = None,
    lang: LanguageOption = Language.EN,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the alarms that there were, newest first: when each came, who saw it, when it was over."""
    from reports.queries.alarms import alarms_before, records_waiting

    zone = find_zone(config)
    settings = find_record(record=record, config=config)
    asked = HistoryAsked(
        start=None if start is None else moment_of(start, "--from", zone),
        end=None if end is None else moment_of(end, "--to", zone),
        priority=priority,
        limit=limit,
        before=before,
    )
    page = alarms_before(settings, asked, waiting=records_waiting(settings))
    if as_json:
        rows = [one.model_dump(mode="json") | {"texts": _texts(one.coded, one.text)} for one in page.alarms]
        print_json({"alarms": rows, "next": page.next, "waiting": page.waiting})
        return
    for one in page.alarms:
        typer.echo(f"{shown(one.raised_at, zone=zone)}  {_recorded(one, lang)}")
        typer.echo(f"    {_became(one, zone)}")
    if not page.alarms:
        typer.echo("no such alarm is on record")
    if page.next is not None:
        typer.echo(f"there are earlier ones: --before {page.next}")
    if page.waiting:
        typer.echo(f"Mind: {page.waiting} records wait in the spool and are not in this list", err=True)


def _texts(coded: Coded, text: str) -> dict[str, str]:
    return {language: tell(coded, text, language) for language in Language}


def _standing(alarm: Alarm) -> dict[str, object]:
    """One alarm for programs, in both languages."""
    told = alarm.model_dump(mode="json")
    told |= {"state": alarm.state.value, "priority": priority_of(alarm.code).value}
    responses = {language: response_to(alarm.code, language)._asdict() for language in Language}
    return told | {"texts": _texts(alarm.coded, alarm.text), "response": responses}


def _line(alarm: Alarm, language: Language, zone: "tzinfo | None") -> str:
    """One alarm for people."""
    marks = [priority_of(alarm.code).value, alarm.state.value]
    if alarm.shelf is not None:
        marks.append(f"until {shown(alarm.shelf.until, zone=zone, timespec='minutes')} by {alarm.shelf.by}")
    marks += ["first-out"] if alarm.first_out else []
    return f"0x{alarm.code:04X} [{', '.join(marks)}] {tell(alarm.coded, alarm.text, language)}"


def _recorded(one: AlarmOnRecord, language: Language) -> str:
    """One alarm of the history, for people."""
    marks = [one.priority.value]
    marks += ["first-out"] if one.first_out else []
    marks += [f"{one.times} times"] if one.times > 1 else []
    return f"0x{one.code:04X} [{', '.join(marks)}] {tell(one.coded, one.text, language)}"


def _became(one: AlarmOnRecord, zone: "tzinfo | None") -> str:
    """What became of it."""

    def when(at: datetime) -> str:
        return shown(at, zone=zone)

    seen = one.acknowledged_at
    told = ["not acknowledged" if seen is None else f"acknowledged {when(seen)} by {one.acknowledged_by}"]
    if one.shelf is not None:
        told.append(f"shelved until {when(one.shelf.until)} by {one.shelf.by}: {one.shelf.reason}")
    if one.dropped_at is not None:
        told.append(f"dropped from a full list {when(one.dropped_at)}")
    elif one.cleared_at is None:
        told.append("its cause is not known to be gone")
    else:
        told.append(f"over {when(one.cleared_at)}")
    return "; ".join(told)
