"""``passgate user``: who may do what at the station."""

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.command_line.login import login
from app.command_line.options import ConfigOption, RecordOption
from app.command_line.output import JsonFlag, print_json
from app.command_line.secrets import ask
from app.commands.users.finding import accounts_on, signed_in
from app.commands.users.keys import cli as keys
from inspection.access.rights import Proof, Role
from inspection.errors import AccessError

if TYPE_CHECKING:
    from app.access.accounts import Standing
    from reports.record.users.on_record import User

cli = typer.Typer(
    help="Users and their rights. Passwords and PINs are asked for, or read from stdin, a line each.",
    no_args_is_help=True,
)

cli.add_typer(keys, name="key")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name, in capitals or not.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="The administrator who does it.")]
RoleOption = Annotated[Role, typer.Option("--role", help="What he is at the station.")]


@cli.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As it is printed from now on.")],
    role: RoleOption,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="NAME", help="The administrator who adds; not for the first."),
    ] = None,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Add a user. Asks for the administrator's password, then for one that the user begins with.

    The first is an administrator, added without --by on the station's machine; he chooses his password.
    """
    accounts = accounts_on(record, config, first=by is None)
    if by is not None:
        administrator = signed_in(accounts, by)
        password = ask(f"password that {name} begins with", twice=True)
        _told(accounts.add(name, role, password, by=administrator), "added", as_json=as_json)
        return
    if accounts.has_users():
        raise AccessError(
            "a user is added by an administrator", todo="name him with --by; nothing was changed"
        )
    if role is not Role.ADMINISTRATOR:
        raise AccessError(
            "the first user is an administrator, who adds the others",
            todo="give him --role administrator; nothing was changed",
        )
    password = ask(f"password of {name}", twice=True)
    _told(accounts.add_first(name, password, login=login()), "added", as_json=as_json)


@cli.command()
def disable(
    name: Name,
    by: By,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Disable a user, for good; the name is never given again."""
    accounts = accounts_on(record, config)
    _told(accounts.disable(name, by=signed_in(accounts, by)), "disabled", as_json=as_json)


@cli.command(name="role")
def give_role(
    name: Name,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="What he is from now on.")],
    by: By,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Give a user another role."""
    accounts = accounts_on(record, config)
    _told(accounts.give_role(name, role, by=signed_in(accounts, by)), "changed", as_json=as_json)


@cli.command()
def password(
    name: Name,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="NAME", help="The administrator who gives one where it was forgotten."),
    ] = None,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Change a password: one's own, or with --by that of somebody who has forgotten it or is locked out.

    What an administrator gives opens nothing until its user has replaced it; his PIN is void by then.
    """
    accounts = accounts_on(record, config)
    if by is not None:
        administrator = signed_in(accounts, by)
        given = ask(f"password that {name} goes on with", twice=True)
        _told(accounts.give_password(name, given, by=administrator), "changed", as_json=as_json)
        return
    user = signed_in(accounts, name, to_choose_password=True)
    chosen = ask("new password", twice=True)
    _told(accounts.choose(Proof.PASSWORD, chosen, by=user), "changed", as_json=as_json)


@cli.command()
def pin(
    name: Name, record: RecordOption = None, config: ConfigOption = None, as_json: JsonFlag = False
) -> None:
    """Choose one's own PIN for the console, at least six digits."""
    accounts = accounts_on(record, config)
    user = signed_in(accounts, name)
    chosen = ask("new PIN", twice=True)
    _told(accounts.choose(Proof.PIN, chosen, by=user), "changed", as_json=as_json)


@cli.command()
def check(
    name: Name,
    by_pin: Annotated[bool, typer.Option("--pin", help="By the PIN, as at the console.")] = False,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Sign in, and do nothing else: whether password or PIN are what their user thinks. It is on record."""
    accounts = accounts_on(record, config)
    proof = Proof.PIN if by_pin else Proof.PASSWORD
    user = accounts.sign_in(name, ask(f"{proof} of {name}"), proof=proof)
    if as_json:
        print_json({"name": user.name, "role": user.role, "proof": user.proof, "at": user.at.isoformat()})
    else:
        typer.echo(f"{user.name}, {user.role}, has signed in by {user.proof}")


@cli.command(name="list")
def list_users(record: RecordOption = None, config: ConfigOption = None, as_json: JsonFlag = False) -> None:
    """List the users, disabled ones too. Exit code 0 only if each is what the record's events say."""
    from inspection.errors import StoreError
    from reports.record.chain import EXAMINE_TODO

    standings, faults = accounts_on(record, config).standings()
    rows = [_row(one) for one in standings]
    if as_json:
        print_json({"users": rows, "faults": faults})
    elif rows:
        _print_table(rows)
    elif not faults:
        typer.echo("there is no user yet: passgate user add NAME --role administrator")
    if faults:
        raise StoreError("; ".join(faults), todo=EXAMINE_TODO)


@cli.command()
def rights(as_json: JsonFlag = False) -> None:
    """Show who may do what, and by what proof."""
    from inspection.access.rights import BINDING, RIGHTS

    rows = {
        right.name.lower(): {
            "right": right.value,
            "roles": [role.value for role in Role if role in permitted.roles],
            "proof": permitted.proof and permitted.proof.value,
            "asked_for": right in BINDING,
        }
        for right, permitted in RIGHTS.items()
    }
    if as_json:
        print_json({"rights": rows})
        return
    table = Table("right", *(role.value for role in Role))
    for right, permitted in RIGHTS.items():
        proof = permitted.proof.value if permitted.proof else "no sign-in"
        table.add_row(right.value, *(proof if role in permitted.roles else "-" for role in Role))
    Console().print(table)
    binding = " and ".join(right.value for right in RIGHTS if right in BINDING)
    typer.echo(f"So far it is asked who somebody is to {binding}.")


def _told(user: "User", done: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"name": user.name, "role": user.role, "active": user.active, "done": done})
    else:
        typer.echo(f"{user.name}, {user.role}: {done}, and on record")


def _row(standing: "Standing") -> dict[str, object]:
    from app.access.lockout import wait_s

    user, attempts = standing
    return {
        "name": user.name,
        "role": user.role.value,
        "active": user.active,
        "own_password": user.own_password,
        "pin": user.pin is not None,
        "failures": attempts.failures,
        "locked_s": math.ceil(wait_s(attempts, datetime.now(UTC))),
    }


def _print_table(rows: list[dict[str, object]]) -> None:
    table = Table("name", "role", "state", "password", "PIN", "failed sign-ins")
    for row in rows:
        state = f"locked for {row['locked_s']} s" if row["locked_s"] else "active"
        table.add_row(
            str(row["name"]),
            str(row["role"]),
            state if row["active"] else "disabled",
            "own" if row["own_password"] else "given",
            "yes" if row["pin"] else "no",
            str(row["failures"]),
        )
    Console().print(table)
