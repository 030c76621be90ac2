"""``passgate challenge``: known parts that show whether the station still sees."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.command_line.options import ConfigOption, RecordOption
from app.command_line.output import JsonFlag, print_json
from app.command_line.secrets import ask
from app.command_line.stretch import DateOption, FromOption, NameOption, ToOption, find_stretch
from app.commands.running.engine_api import EngineApi, UrlOption, base_of, own_api, signed_in_api
from app.settings.finding import find_record
from inspection.challenge.shown import ChallengeOrder, ChallengeStatus
from inspection.errors import AccessError, PassgateError, SettingsError
from inspection.times.local_time import shown

if TYPE_CHECKING:
    from app.access.accounts import Accounts
    from app.access.signing_in import SignedIn

cli = typer.Typer(
    help="Known parts that show whether the station still sees. All but report ask the running engine.",
    no_args_is_help=True,
)

_NAME: Final = "passgate challenge"
"""What the engine calls whoever gives no user."""

ByOption = Annotated[
    str | None,
    typer.Option("--user", metavar="NAME", help="Who does it: asks for his password, and is on record."),
]


@cli.command()
def status(url: UrlOption = None, config: ConfigOption = None, as_json: JsonFlag = False) -> None:
    """How the station stands to its challenge. Exit code 0 only if parts may pass, as far as that goes."""
    standing = _standing(own_api(base_of(url, config), name=_NAME, record=None, config=config))
    if as_json:
        print_json(standing)
    else:
        _print(standing)
    if standing.closed:
        raise typer.Exit(1)


@cli.command()
def start(
    user: ByOption = None,
    url: UrlOption = None,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Begin a challenge: the parts that come now are its pieces, and no part passes until it has passed."""
    _ordered(ChallengeOrder.START, user, url, record, config, as_json=as_json)


@cli.command()
def abort(
    user: ByOption = None,
    url: UrlOption = None,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """End the challenge under way. It is due again; where a piece did not get what it must, it has failed."""
    _ordered(ChallengeOrder.ABORT, user, url, record, config, as_json=as_json)


@cli.command()
def release(
    user: Annotated[
        str, typer.Option("--user", metavar="NAME", help="Somebody of quality: asks for his password.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why the station may be opened, for the record.")],
    url: UrlOption = None,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Open the station that a challenge keeps closed: quality says so, on record, with a reason."""
    if not reason.strip() or len(reason) > 500 or not reason.isprintable():
        raise typer.BadParameter("say in 1 to 500 printable characters why", param_hint="--reason")
    base = base_of(url, config)
    standing = _standing(own_api(base, name=_NAME, record=record, config=config))
    if not standing.closed or standing.round is not None:
        raise PassgateError(
            standing.why or "no challenge keeps the station closed",
            todo="wait until the challenge under way has ended" if standing.round else "nothing was changed",
        )
    accounts = _accounts(record, config)
    signed = _signed_in(accounts, user)
    accounts.release(standing, reason.strip(), by=signed)
    api = own_api(base, name=signed.name, record=record, config=config)
    _tell(api, ChallengeOrder.RELEASE, as_json=as_json)


@cli.command()
def report(
    start: FromOption = None,
    end: ToOption = None,
    day: DateOption = None,
    name: NameOption = None,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """The challenges of a stretch of time, and each look at a piece: material for a study of agreement.

    Exit code 0 only if every look in it was right.
    """
    from reports.database.connecting import open_reader
    from reports.shift.challenges import calls_among, challenge_runs
    from reports.shift.query import shift_on_record
    from reports.store.waiting import read_waiting

    now = datetime.now(UTC)
    asked = find_stretch(config=config, start=start, end=end, day=day, name=name, now=now)
    settings = find_record(record=record, config=config)
    waiting = read_waiting(settings)
    reader = open_reader(settings.url)
    try:
        found = shift_on_record(reader, start=asked.start, end=asked.end, waiting=waiting, now=now)
    finally:
        reader.dispose()
    runs, calls = challenge_runs(found.noted), calls_among(found.noted)
    if as_json:
        print_json(
            {
                "runs": [run.model_dump(mode="json") for run in runs],
                "looks": [{**call._asdict(), "at": call.at.isoformat()} for call in calls],
                "intact": found.events.intact,
            }
        )
    else:
        table = Table("at", "piece", "must get", "got", "", "part", "by")
        for call in calls:
            right = "" if call.as_expected else "WRONG"
            at = shown(call.at, zone=asked.zone)
            row = (call.piece, call.expected, call.got, right, str(call.part_id), call.by)
            table.add_row(at, *map(escape, row))
        Console().print(table)
        for run in runs:
            wrong = f", wrong: {', '.join(run.wrong)}" if run.wrong else ""
            began = "before" if run.began is None else shown(run.began, zone=asked.zone)
            typer.echo(f"{began}, by {run.by}: {run.result} in {run.looks} looks{wrong}")
        if not found.events.intact:
            typer.echo(f"THE RECORD IS BROKEN: {found.events.reason}", err=True)
    if not found.events.intact or any(not call.as_expected for call in calls):
        raise typer.Exit(1)


def _ordered(
    order: ChallengeOrder,
    user: str | None,
    url: str | None,
    record: Path | None,
    config: Path | None,
    *,
    as_json: bool,
) -> None:
    base = base_of(url, config)
    if user is None:
        _tell(own_api(base, name=_NAME, record=record, config=config), order, as_json=as_json)
        return
    with signed_in_api(base, user, name=_NAME) as api:
        _tell(api, order, as_json=as_json)


def _standing(api: EngineApi) -> ChallengeStatus:
    """As the engine says. Raises PassgateError where it does not, or has no challenge."""
    from inspection.status import StationStatus

    standing = StationStatus.model_validate_json(api.asked("GET", "/api/state")).challenge
    if standing is None:
        raise SettingsError(
            "the station has no challenge", todo="write [challenge] into its file (docs/quality.md)"
        )
    return standing


def _tell(api: EngineApi, order: ChallengeOrder, *, as_json: bool) -> None:
    from inspection.status import CommandResult

    said = CommandResult.model_validate_json(api.asked("POST", f"/api/challenge/{order}"))
    if as_json:
        print_json({"accepted": said.accepted, "message": said.message})
    elif said.accepted:
        typer.echo(said.message or "no part is kept from passing by a challenge")
    if not said.accepted:
        raise AccessError(said.message, todo="passgate challenge status shows how it stands")


def _accounts(record: Path | None, config: Path | None) -> "Accounts":
    from app.access.accounts import Accounts

    return Accounts(find_record(record=record, config=config))


def _signed_in(accounts: "Accounts", name: str) -> "SignedIn":
    from inspection.access.rights import Proof

    return accounts.sign_in(name, ask(f"password of {name}"), proof=Proof.PASSWORD)


def _print(standing: ChallengeStatus) -> None:
    since = "" if standing.since is None else f", since {shown(standing.since)}"
    typer.echo(f"{standing.state}{since}: {standing.why}" if standing.closed else f"{standing.state}")
    if standing.met_at is not None:
        typer.echo(f"last passed or opened {shown(standing.met_at)}")
    if standing.round is not None and standing.round.wrong:
        typer.echo(f"wrong so far: {', '.join(standing.round.wrong)}")
    for piece in standing.pieces:
        named = f", {piece.defect} named" if piece.defect else ""
        typer.echo(f"  {piece.name}: {' or '.join(piece.expects)}{named}")
