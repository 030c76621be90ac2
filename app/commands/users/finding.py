"""Where the people are whom a command is about, and who gives it."""

from pathlib import Path
from typing import TYPE_CHECKING

from app.command_line.secrets import ask
from app.settings.finding import find_record
from inspection.access.rights import Proof

if TYPE_CHECKING:
    from app.access.accounts import Accounts
    from app.access.signing_in import SignedIn


def accounts_on(record: Path | None, config: Path | None, *, first: bool = False) -> "Accounts":
    """The users on record; only for the ``first`` one is a record made where there is none."""
    from app.access.accounts import Accounts
    from app.access.making import make_up_to_date
    from reports.database.connecting import open_reader

    settings = find_record(record=record, config=config)
    if not first:
        open_reader(settings.url).dispose()  # a folder that was mistyped is told, and stays as it is
    make_up_to_date(settings)
    return Accounts(settings)


def signed_in(accounts: "Accounts", name: str, *, to_choose_password: bool = False) -> "SignedIn":
    """Whoever knows the password of ``name``."""
    return accounts.sign_in(
        name,
        ask(f"password of {name}"),
        proof=Proof.PASSWORD,
        to_choose_password=to_choose_password,
    )
