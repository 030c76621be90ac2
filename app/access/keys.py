"""Keys by which programs ask the API: added and revoked by an administrator, known by their events alone.

A key is 256 random bits, shown once. Its SHA-256 tells nobody anything, so it stands in the event itself, and
the events' chain is all the proof that is needed.
"""

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, inspect, select

from app.access.accounts import Accounts
from app.access.doors.sessions import hash_of, made
from app.access.signing_in import SignedIn
from inspection.access.rights import Right, Role
from inspection.errors import AccessError
from inspection.events import Event, EventKind
from inspection.messages.codes import Code
from inspection.messages.telling import say
from reports.record.events_chain import add_event, event_entry
from reports.record.schema import EventRow
from reports.record.users.names import key_of, written

PANEL: Final = "panel"
"""The name that the console's own key has on record."""
_EVENTS: Final = EventRow.metadata.tables[EventRow.__tablename__]


class ApiKey(NamedTuple):
    """A key that opens something."""

    name: str
    role: Role
    sha256: str
    by: str
    """Who added it."""
    at: datetime


def read_keys(connection: Connection) -> dict[str, ApiKey]:
    """All keys that were not revoked, by what makes their names one of a kind.

    Raises:
        SQLAlchemyError: The database cannot be read.
        ValueError: An event is none.
    """
    if not inspect(connection).has_table(EventRow.__tablename__):
        return {}
    rows = connection.execute(
        select(_EVENTS.c.record)
        .where(_EVENTS.c.kind.in_((EventKind.KEY_ADDED, EventKind.KEY_REVOKED)))
        .order_by(_EVENTS.c.position)
    )
    keys: dict[str, ApiKey] = {}
    for (record,) in rows:
        event = Event.model_validate_json(record)
        name, *more = event.subjects
        if event.kind is EventKind.KEY_REVOKED:
            keys.pop(key_of(name), None)
        elif name != PANEL:
            role, sha256 = more
            keys[key_of(name)] = ApiKey(name, Role(role), sha256, event.by, event.at)
    return keys


def add_key(accounts: Accounts, name: str, role: Role, *, by: SignedIn) -> str:
    """Give a program a key; it is returned, and kept nowhere.

    Raises:
        AccessError: ``by`` may not, or the name is none, or that of a key that opens something.
        StoreError: The record cannot be read or written.
    """
    kept = _named(name)
    key = made()
    with accounts.permitted(by, Right.USERS) as (connection, _):
        if taken := read_keys(connection).get(key_of(kept)):
            raise AccessError(
                f"there is a key {taken.name!r} already", todo="revoke it first, or choose another name"
            )
        said = say(Code.KEY_ADDED, key=kept, role=role)
        event = accounts.record.event(EventKind.KEY_ADDED, by.name, said)
        subjects = (kept, role.value, hash_of(key))
        add_event(connection, event_entry(event.model_copy(update={"subjects": subjects})))
    return key


def revoke_key(accounts: Accounts, name: str, *, by: SignedIn) -> ApiKey:
    """Have a key open nothing any more; a running engine follows within seconds.

    Raises:
        AccessError: ``by`` may not, or there is no such key.
        StoreError: The record cannot be read or written.
    """
    with accounts.permitted(by, Right.USERS) as (connection, _):
        key = read_keys(connection).get(key_of(name))
        if key is None:
            raise AccessError(
                f"no key is called {name!r}", todo="passgate user key list shows all; nothing was changed"
            )
        event = accounts.record.event(EventKind.KEY_REVOKED, by.name, say(Code.KEY_REVOKED, key=key.name))
        add_event(connection, event_entry(event.model_copy(update={"subjects": (key.name,)})))
    return key


def keys_of(accounts: Accounts) -> list[ApiKey]:
    """All that open something. Raises StoreError."""
    with accounts.record.transaction() as connection:
        return list(read_keys(connection).values())


def _named(name: str) -> str:
    try:
        kept = written(name)
    except ValueError as error:
        raise AccessError(str(error), todo="choose another name; nothing was changed") from error
    if key_of(kept) == PANEL:
        raise AccessError("the console's own key is called so", todo="choose another name")
    return kept
