"""The users as the record has them, each row proven by the event that brought it, and how one is added."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, inspect, select

from inspection.access.rights import Role
from inspection.decision import Frozen
from inspection.events import Event, EventKind
from reports.record.events_chain import add_event, event_entry
from reports.record.schema import EventRow
from reports.record.users.names import key_of
from reports.record.users.table import UserRow, digest_of

_KINDS = (
    EventKind.USER_ADDED,
    EventKind.USER_DISABLED,
    EventKind.ROLE_CHANGED,
    EventKind.PASSWORD_CHANGED,
    EventKind.PIN_CHANGED,
)
"""Events that bring a row."""

# The tables, not the mapped classes, as for the events.
_USERS = UserRow.metadata.tables[UserRow.__tablename__]
_EVENTS = EventRow.metadata.tables[EventRow.__tablename__]


class User(Frozen):
    """A user as he is now."""

    name: str
    role: Role
    active: bool = True
    password: str
    """argon2id, as PHC string."""
    own_password: bool
    """Whether he has chosen it himself; one that somebody else gave him signs nothing."""
    pin: str | None = None
    """argon2id, as PHC string; None without a PIN."""
    revision: int = 0
    password_at: int = 0
    """Position of the event since which he has this password."""

    @property
    def key(self) -> str:
        """What makes his name one of a kind."""
        return key_of(self.name)

    def columns(self) -> dict[str, Any]:
        """As a row has them."""
        return {"key": self.key, **self.model_dump(mode="json", exclude={"password_at"})}


class Users(NamedTuple):
    """All users, and what is wrong with those rows that are not as their events say."""

    by_key: dict[str, User]
    """Sound ones, disabled ones too, by ``User.key``."""
    faults: dict[str, str]
    """By the same; of these users nothing is known for sure."""
    rows: int
    """That are as their events say."""

    def of(self, name: str) -> User | None:
        """The user of this name, however it is written; None where there is none, or he is at fault."""
        return self.by_key.get(key_of(name))


def read_users(connection: Connection) -> Users:
    """All users, each row of theirs compared with its event.

    The whole of it each time: a plant has some hundred, and a damaged row must not open the station.

    Raises:
        SQLAlchemyError: The database cannot be read.
        ValueError: An event is none, or a column is not of its type.
    """
    found = inspect(connection)
    if not found.has_table(EventRow.__tablename__):
        return Users({}, {}, 0)
    rows: dict[str, Any] = {}
    if found.has_table(UserRow.__tablename__):
        rows = {row["event_id"]: dict(row) for row in connection.execute(select(_USERS)).mappings()}
    events = connection.execute(
        select(_EVENTS.c.position, _EVENTS.c.event_id, _EVENTS.c.record)
        .where(_EVENTS.c.kind.in_(_KINDS))
        .order_by(_EVENTS.c.position)
    ).all()
    users: dict[str, User] = {}
    faults: dict[str, str] = {}
    proven = 0
    for position, event_id, record in events:
        event = Event.model_validate_json(record)
        name, digest = event.subjects
        row = rows.pop(event_id, None)
        if row is None:
            faults.setdefault(key_of(name), f"the row of user {name!r} of event {position} is absent")
            continue
        if not _is_as_written(row, name, digest):
            faults.setdefault(key_of(name), f"the row of user {name!r} of event {position} was changed")
            continue
        user = User.model_validate({column: row[column] for column in User.model_fields if column in row})
        before = users.get(user.key)
        same = before is not None and before.password == user.password
        users[user.key] = user.model_copy(
            update={"password_at": before.password_at if before and same else position}
        )
        proven += 1
    for row in rows.values():
        faults.setdefault(str(row["key"]), f"no event speaks of a row of user {row['name']!r}")
    sound = {key: user for key, user in users.items() if key not in faults}
    return Users(sound, faults, proven)


def _is_as_written(row: dict[str, Any], name: str, digest: str) -> bool:
    try:
        return digest_of(row) == digest and row["key"] == key_of(name)
    except TypeError:
        return False


def put_user(connection: Connection, user: User, event: Event) -> None:
    """Put a user on record as he is from now on, together with the event that says so.

    Args:
        connection: In a transaction of a writer, in turn with all others (``events_chain.in_turn``).
        user: With the revision behind his newest.
        event: Without subjects, which are filled in here.

    Raises:
        IntegrityError: Somebody else has put the same revision on record.
        SQLAlchemyError: The database refuses.
    """
    columns = user.columns()
    entry = event_entry(event.model_copy(update={"subjects": (user.name, digest_of(columns))}))
    add_event(connection, entry)
    connection.execute(insert(_USERS), {"event_id": entry.event_id, **columns})


def verify_users(connection: Connection) -> tuple[int, str]:
    """How many rows are as their events say, and what is wrong with the others; empty where nothing is.

    Args:
        connection: Of a record whose events are intact.

    Raises:
        SQLAlchemyError: The database cannot be read.
    """
    try:
        users = read_users(connection)
    except ValueError:
        return 0, "a column of the users cannot be read"
    first, *others = users.faults.values() or ("",)
    return users.rows, f"{first}, and {len(others)} other users' rows are broken" if others else first
