"""Users added and changed, each act durable in the record's events with who did it.

Written beside a running engine. What cannot be put on record is not done: without a record that takes it
nobody signs in, and nothing is changed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from app.access.passwords import Hashing, require_usable
from app.access.recording import OWN_FIRST, PeoplesRecord, denied, note, refuse_damaged
from app.access.signing_in import SignedIn, sign_in
from inspection.access.rights import Proof, Right, Role, may
from inspection.challenge.shown import ChallengeStatus
from inspection.challenge.standing import ChallengeState
from inspection.errors import AccessError
from inspection.events import Event, EventKind
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import said_as, say
from reports.record.events_chain import add_event, event_entry
from reports.record.users.attempts import Attempts, attempts_by
from reports.record.users.names import written
from reports.record.users.on_record import User, Users, put_user, read_users
from reports.settings import StoreSettings


class Standing(NamedTuple):
    """A user, and how his sign-ins stand."""

    user: User
    attempts: Attempts


class Accounts:
    """The users of one record. Used by one thread.

    Args:
        settings: Where the record lies; its schema is up to date (``making.make_up_to_date``).
        now: Returns the wall clock, with time zone.
        hashing: How passwords and PINs are kept.
    """

    def __init__(
        self,
        settings: StoreSettings,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        hashing: Hashing | None = None,
    ) -> None:
        self.record = PeoplesRecord(settings, now=now)
        self._hashing = hashing or Hashing()

    def sign_in(self, name: str, secret: str, *, proof: Proof, to_choose_password: bool = False) -> SignedIn:
        """Prove who somebody is (``signing_in.sign_in``). Raises AccessError or StoreError."""
        return sign_in(
            self.record, self._hashing, name, secret, proof=proof, to_choose_password=to_choose_password
        )

    # --- what becomes of users ------------------------------------------------------------------------

    def standings(self) -> tuple[list[Standing], list[str]]:
        """All users with their sign-ins, disabled ones too, and in words whose rows are damaged.

        Raises:
            StoreError: The record cannot be read.
        """
        with self.record.transaction() as connection:
            users = read_users(connection)
            found = [
                Standing(user, attempts_by(connection, user.name, after=user.password_at))
                for user in users.by_key.values()
            ]
        return found, list(users.faults.values())

    def has_users(self) -> bool:
        """Whether anybody was ever added. Raises StoreError."""
        with self.record.transaction() as connection:
            users = read_users(connection)
        return bool(users.by_key or users.faults)

    def add_first(self, name: str, password: str, *, login: str) -> User:
        """Add the first administrator, in a record that has no user.

        Args:
            name: His name.
            password: Chosen by himself.
            login: Who asks for it at the operating system.

        Raises:
            AccessError: There are users, or name or password cannot be taken.
            StoreError: The record cannot be read or written.
        """
        user = self._new(name, Role.ADMINISTRATOR, password, own=True)
        with self.record.transaction(writes=True) as connection:
            users = read_users(connection)
            if users.by_key or users.faults:
                raise AccessError(
                    "there are users already, so another is added by an administrator",
                    todo="name him with --by; nothing was changed",
                )
            said = say(Code.FIRST_ADMINISTRATOR, user=user.name, login=login)
            put_user(connection, user, self.record.event(EventKind.USER_ADDED, user.name, said))
        return user

    def add(self, name: str, role: Role, password: str, *, by: SignedIn) -> User:
        """Add a user. The password is one to begin with: he replaces it by his own before it opens anything.

        Raises:
            AccessError: ``by`` may not, or name or password cannot be taken, or the name was given before.
            StoreError: The record cannot be read or written.
        """
        user = self._new(name, role, password, own=False)
        with self.permitted(by) as (connection, users):
            taken = users.of(user.name)
            if taken is not None or user.key in users.faults:
                known = user.name if taken is None else taken.name
                state = "" if taken is None or taken.active else ", who is disabled"
                raise AccessError(
                    f"the name {user.name!r} is that of {known}{state}: no two people ever have one name",
                    todo="choose another; nothing was changed",
                )
            said = say(Code.USER_ADDED, user=user.name, role=role)
            put_user(connection, user, self.record.event(EventKind.USER_ADDED, by.name, said))
        return user

    def disable(self, name: str, *, by: SignedIn) -> User:
        """Disable a user, for good: his name stays his, and opens nothing.

        Raises:
            AccessError: ``by`` may not, nobody has the name, he is disabled, or the last administrator.
            StoreError: His row is damaged, or the record cannot be read or written.
        """
        with self.permitted(by) as (connection, users):
            user = _to_change(users, name)
            _keep_an_administrator(users, user)
            said = say(Code.USER_DISABLED, user=user.name)
            event = self.record.event(EventKind.USER_DISABLED, by.name, said)
            return _changed(connection, user, event, active=False)

    def give_role(self, name: str, role: Role, *, by: SignedIn) -> User:
        """Give a user another role.

        Raises:
            AccessError: ``by`` may not, nobody has the name, he is disabled, has the role, or is the last
                administrator.
            StoreError: His row is damaged, or the record cannot be read or written.
        """
        with self.permitted(by) as (connection, users):
            user = _to_change(users, name)
            if user.role is role:
                raise AccessError(f"{user.name} is {role} already", todo="nothing was changed")
            _keep_an_administrator(users, user)
            said = say(Code.ROLE_CHANGED, user=user.name, role=role, before=user.role)
            event = self.record.event(EventKind.ROLE_CHANGED, by.name, said)
            return _changed(connection, user, event, role=role)

    def give_password(self, name: str, password: str, *, by: SignedIn) -> User:
        """Give somebody who has forgotten his password one to begin with; PIN and lock go.

        Raises:
            AccessError: ``by`` may not, nobody has the name, he is disabled, or it cannot be taken.
            StoreError: His row is damaged, or the record cannot be read or written.
        """
        require_usable(password, Proof.PASSWORD, name=name)
        hashed = self._hashing.hashed(password)
        with self.permitted(by) as (connection, users):
            user = _to_change(users, name)
            said = say(Code.PASSWORD_GIVEN, user=user.name)
            event = self.record.event(EventKind.PASSWORD_CHANGED, by.name, said)
            return _changed(connection, user, event, password=hashed, own_password=False, pin=None)

    def choose(self, proof: Proof, secret: str, *, by: SignedIn) -> User:
        """Replace one's own password or PIN.

        Raises:
            AccessError: He was disabled meanwhile, has not proven himself by his password, or it cannot be
                taken.
            StoreError: His row is damaged, or the record cannot be read or written.
        """
        require_usable(secret, proof, name=by.name)
        hashed = self._hashing.hashed(secret)
        with self.record.transaction(writes=True) as connection:
            user = _to_change(read_users(connection), by.name)
            if by.proof is not Proof.PASSWORD:
                raise AccessError("a password or PIN is chosen by whoever knows the password")
            if proof is Proof.PIN and not user.own_password:
                raise denied(say(Code.PASSWORD_NOT_OWN), todo=OWN_FIRST)
            if proof is Proof.PIN:
                said = say(Code.PIN_CHOSEN, user=user.name)
                return _changed(
                    connection, user, self.record.event(EventKind.PIN_CHANGED, by.name, said), pin=hashed
                )
            said = say(Code.PASSWORD_CHOSEN, user=user.name)
            event = self.record.event(EventKind.PASSWORD_CHANGED, by.name, said)
            return _changed(connection, user, event, password=hashed, own_password=True)

    # --- what they do with the station ----------------------------------------------------------------

    def require(self, right: Right, *, by: SignedIn) -> None:
        """Do nothing where ``by`` has a right.

        Raises:
            AccessError: He has it not; that is on record.
            StoreError: The record cannot be read or written.
        """
        with self.permitted(by, right):
            pass

    def release(self, closed: ChallengeStatus, reason: str, *, by: SignedIn) -> None:
        """Put on record that quality opens the station, which a challenge keeps closed; the engine reads it.

        Args:
            closed: How the station stands, as the engine said.
            reason: Why it may be opened.
            by: Who says so.

        Raises:
            AccessError: He may not; that is on record.
            StoreError: The record cannot be read or written.
        """
        cause = Sentence(closed.why, closed.why_coded)
        with self.permitted(by, Right.RELEASE) as (connection, _):
            said = say(Code.CHALLENGE_RELEASED, user=by.name, reason=reason, cause=cause)
            event = self.record.event(EventKind.CHALLENGE_RELEASED, by.name, said)
            subjects = (ChallengeState.MET, "", "", *closed.judged_by)
            add_event(connection, event_entry(event.model_copy(update={"subjects": subjects})))

    # --- inside ---------------------------------------------------------------------------------------

    def _new(self, name: str, role: Role, password: str, *, own: bool) -> User:
        try:
            kept = written(name)
        except ValueError as error:
            raise AccessError(str(error), todo="choose another name; nothing was changed") from error
        require_usable(password, Proof.PASSWORD, name=kept)
        return User(name=kept, role=role, password=self._hashing.hashed(password), own_password=own)

    @contextmanager
    def permitted(self, by: SignedIn, right: Right = Right.USERS) -> Iterator[tuple[Connection, Users]]:
        """A transaction in which ``by`` does what he has a right to, as what he is on record now.

        Raises:
            AccessError: He may not; that is on record.
        """
        refusal: Sentence | None = None
        with self.record.transaction(writes=True) as connection:
            users = read_users(connection)
            actor = users.of(by.name)
            role = by.role if actor is None else actor.role
            sound = actor is not None and actor.active and actor.own_password
            if sound and may(role, right, by.proof):
                yield connection, users
            else:
                said = say(Code.RIGHT_MISSING, user=by.name, role=role, proof=by.proof)
                refusal = said_as(f"{said}: {right}", Code.RIGHT_MISSING, said.coded[0].params)
                note(connection, self.record.now(), EventKind.REFUSED, by.name, refusal)
        if refusal is not None:
            asked = "an administrator" if right is Right.USERS else "somebody who has it"
            raise denied(refusal, todo=f"ask {asked}; nothing was changed")


def _changed(connection: Connection, user: User, event: Event, **what: object) -> User:
    after = user.model_copy(update={**what, "revision": user.revision + 1})
    put_user(connection, after, event)
    return after


def _to_change(users: Users, name: str) -> User:
    refuse_damaged(users, name)
    user = users.of(name)
    if user is None or not user.active:
        raise AccessError(
            f"no user is called {name!r}" if user is None else f"{user.name} is disabled, and stays so",
            todo="passgate user list shows all; nothing was changed",
        )
    return user


def _keep_an_administrator(users: Users, leaving: User) -> None:
    """Somebody must be able to add users: the last administrator with a password of his own stays."""
    able = [
        user.key
        for user in users.by_key.values()
        if user.active and user.own_password and user.role is Role.ADMINISTRATOR
    ]
    if able == [leaving.key]:
        raise AccessError(
            f"{leaving.name} is the only administrator with a password of his own",
            todo="add another, and let him choose his password first; nothing was changed",
        )
