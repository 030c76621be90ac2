"""How people are put on record: short transactions beside a running engine, each in turn with all others."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from inspection.errors import AccessError, StoreError
from inspection.events import Event, EventKind
from inspection.messages.message import Sentence
from reports.database.connecting import connect, parse_url
from reports.record.chain import EXAMINE_TODO
from reports.record.events_chain import add_event, event_entry, in_turn
from reports.record.users.names import key_of
from reports.record.users.on_record import Users
from reports.settings import StoreSettings

_BUSY_MS = 5000
OWN_FIRST = "passgate user password NAME does it; nothing was changed"
"""What to do where a password was given by somebody else."""


class PeoplesRecord:
    """The record, as far as it is about people. Used by one thread.

    Args:
        settings: Where it lies; its schema is up to date (``making.make_up_to_date``).
        now: Returns the wall clock, with time zone.
        lasting: Whether it stays connected between what it writes, until ``close``: the line's records wait
            while somebody writes beside them, which takes a fraction of the time where statements are known.
    """

    def __init__(
        self, settings: StoreSettings, *, now: Callable[[], datetime], lasting: bool = False
    ) -> None:
        self._settings = settings
        self._now = now
        self._lasting = lasting
        self._writer: Engine | None = None

    def close(self) -> None:
        """Let go of the database. May be called twice; what is written next connects anew."""
        if self._writer is not None:
            self._writer.dispose()
            self._writer = None

    def now(self) -> datetime:
        """The wall clock, UTC."""
        return self._now().astimezone(UTC)

    @contextmanager
    def transaction(self, *, writes: bool = False) -> Iterator[Connection]:
        """One transaction; one that writes in turn with all who add events. Raises StoreError."""
        engine = self._connected(writes=writes)
        try:
            with engine.begin() as connection:
                if writes:
                    in_turn(connection)
                yield connection
        except SQLAlchemyError as error:
            self.close()
            raise StoreError(
                f"the users of {engine.url.render_as_string()} cannot be read or written: "
                f"{getattr(error, 'orig', None) or error}",
                todo="check the database, its rights and its disk; nothing was changed, nobody was let in",
            ) from error
        except ValueError as error:  # no event of ours, or no user of ours
            raise StoreError("an event or a row of the users cannot be read", todo=EXAMINE_TODO) from error
        finally:
            if engine is not self._writer:
                engine.dispose()

    def _connected(self, *, writes: bool) -> Engine:
        if writes and self._writer is not None:
            return self._writer
        engine = connect(
            parse_url(self._settings.url),
            busy_timeout_ms=_BUSY_MS,
            read_only=not writes,
            patience_s=2e-3 * _BUSY_MS,
            beside=True,
        )
        if writes and self._lasting:
            self._writer = engine
        return engine

    def event(self, kind: EventKind, by: str, said: Sentence) -> Event:
        """What somebody did now."""
        return Event(at=self.now(), kind=kind, by=by, detail=said, coded=said.coded)


def note(connection: Connection, at: datetime, kind: EventKind, by: str, said: Sentence) -> None:
    """Put an event on record. Raises SQLAlchemyError."""
    add_event(connection, event_entry(Event(at=at, kind=kind, by=by, detail=said, coded=said.coded)))


def denied(said: Sentence, *, todo: str) -> AccessError:
    """The error that says so in every language."""
    message = said.coded[0]
    return AccessError(said, todo=todo, code=message.code, params=message.params)


def refuse_damaged(users: Users, name: str) -> None:
    """Raise StoreError where the rows of a user are not what the events say."""
    if fault := users.faults.get(key_of(name)):
        raise StoreError(f"this user is not what the record's events say: {fault}", todo=EXAMINE_TODO)
