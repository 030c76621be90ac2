"""``passgate user key``: keys by which programs, such as a MES, ask the engine's API."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.command_line.options import ConfigOption, RecordOption
from app.command_line.output import JsonFlag, print_json
from app.commands.users.finding import accounts_on, signed_in
from inspection.access.rights import OF_KEYS, Role
from inspection.times.local_time import shown

cli = typer.Typer(help="Keys by which programs, such as a MES, ask the API.", no_args_is_help=True)

KeyName = Annotated[str, typer.Argument(metavar="NAME", help="What the program is called on record.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="The administrator who does it.")]
KeyRole = Annotated[Role, typer.Option("--role", help="Whose rights it has, as far as a key may have them.")]


@cli.command()
def add(
    name: KeyName,
    role: KeyRole,
    by: By,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Give a program a key. It is printed this once, kept nowhere; a running engine follows in seconds."""
    from app.access.keys import add_key
    from inspection.access.rights import rights_of_key

    accounts = accounts_on(record, config)
    key = add_key(accounts, name, role, by=signed_in(accounts, by))
    rights = [right for right in OF_KEYS if right in rights_of_key(role)]
    if as_json:
        print_json({"name": name, "role": role, "key": key, "rights": sorted(one.word for one in rights)})
        return
    typer.echo(key)
    may = ", ".join(sorted(right.value for right in rights))
    typer.echo(f"Keep it where only the program reads it: it is shown this once. It may: {may}.", err=True)


@cli.command()
def revoke(
    name: KeyName,
    by: By,
    record: RecordOption = None,
    config: ConfigOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Have a key open nothing any more; a running engine follows in seconds."""
    from app.access.keys import revoke_key

    accounts = accounts_on(record, config)
    key = revoke_key(accounts, name, by=signed_in(accounts, by))
    if as_json:
        print_json({"name": key.name, "role": key.role, "done": "revoked"})
    else:
        typer.echo(f"{key.name}: revoked, and on record")


@cli.command(name="list")
def list_keys(record: RecordOption = None, config: ConfigOption = None, as_json: JsonFlag = False) -> None:
    """List the keys that open something."""
    from app.access.keys import keys_of

    keys = keys_of(accounts_on(record, config))
    if as_json:
        print_json(
            {"keys": [{"name": k.name, "role": k.role, "by": k.by, "at": k.at.isoformat()} for k in keys]}
        )
    elif not keys:
        typer.echo("no program has a key: passgate user key add NAME --role operator --by ADMINISTRATOR")
    else:
        table = Table("name", "role", "added", "by")
        for key in keys:
            table.add_row(key.name, key.role.value, shown(key.at), key.by)
        Console().print(table)
