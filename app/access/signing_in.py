"""Who somebody is: the one check of passwords and PINs, with its lock-out; each answer is on record."""

import math
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from app.access.lockout import PIN_FAILURES, delay_s, is_to_be_told, wait_s
from app.access.passwords import Hashing
from app.access.recording import OWN_FIRST, PeoplesRecord, denied, note, refuse_damaged
from inspection.access.rights import Proof, Role
from inspection.errors import AccessError
from inspection.events import EventKind
from inspection.messages.codes import Code
from inspection.messages.telling import say
from reports.record.users.attempts import Attempts, attempts_by
from reports.record.users.names import UNKNOWN
from reports.record.users.on_record import User, Users, read_users


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who has proven who he is."""

    name: str
    """As printed."""
    role: Role
    proof: Proof
    at: datetime
    """When, UTC."""


def sign_in(
    record: PeoplesRecord,
    hashing: Hashing,
    name: str,
    secret: str,
    *,
    proof: Proof,
    to_choose_password: bool = False,
    client: str = "",
) -> SignedIn:
    """Prove who somebody is; that he has, or has not, is on record when this returns.

    The password is compared outside any transaction, for that takes a tenth of a second in which the
    line's records would wait. Where somebody else has tried by the same name meanwhile, or the user was
    changed, the answer counts for nothing and all begins anew: who tries many passwords at once has no
    more of them than who tries one after the other.

    Args:
        record: Where users and their sign-ins are.
        hashing: How passwords and PINs are kept.
        name: However it is written.
        secret: The password or PIN.
        proof: Which of the two.
        to_choose_password: Whether it is asked in order to replace the password, which is all that one
            given by somebody else opens.
        client: From where, as clients of the API name themselves; empty on the command line.

    Raises:
        AccessError: He has not: the name or the secret is wrong, the name is locked or disabled, the PIN
            used up, or the password is not his own yet.
        StoreError: His row is damaged, or the record cannot be read or written.
    """
    while True:
        with record.transaction() as connection:
            user, attempts = _standing(read_users(connection), connection, name)
        now = record.now()
        refused = _refused(user, attempts, proof, now)
        fits = refused is None and hashing.fits(secret, _phc(user, proof))
        with record.transaction(writes=True) as connection:
            if (user, attempts) != _standing(read_users(connection), connection, name):
                continue
            error = _noted(connection, user, attempts, proof, now, refused=refused, fits=fits)
            if error is None and user is not None:
                if user.own_password or to_choose_password:
                    said = say(Code.SIGNED_IN, proof=proof)
                    if client:
                        said = say(Code.SIGNED_IN_AT, proof=proof, client=client)
                    note(connection, now, EventKind.SIGNED_IN, user.name, said)
                else:
                    error = denied(say(Code.PASSWORD_NOT_OWN), todo=OWN_FIRST)
                    note(connection, now, EventKind.REFUSED, user.name, error.what_happened)
        if error is not None:
            raise error
        assert user is not None
        return SignedIn(user.name, user.role, proof, now)


def _noted(
    connection: Connection,
    user: User | None,
    attempts: Attempts,
    proof: Proof,
    now: datetime,
    *,
    refused: AccessError | None,
    fits: bool,
) -> AccessError | None:
    """Put on record that somebody is not let in, and say so; None where he is."""
    by = UNKNOWN if user is None else user.name
    if refused is not None:
        if is_to_be_told(attempts, now):
            note(connection, now, EventKind.SIGN_IN_REFUSED, by, refused.what_happened)
        return refused
    if fits and user is not None and user.active:
        return None
    why = say(Code.SIGN_IN_WRONG, proof=proof)
    if user is not None and not user.active:
        why = say(Code.SIGN_IN_DISABLED, user=user.name)
    note(connection, now, EventKind.SIGN_IN_FAILED, by, why)
    failures = attempts.failures + 1
    todo = "check both; nothing was changed"
    if wait := math.ceil(delay_s(failures)):
        locked = say(Code.SIGN_IN_LOCKED, failures=failures, wait_s=wait)
        note(connection, now, EventKind.USER_LOCKED, by, locked)
        todo = f"this name is {locked}"
    return denied(why, todo=todo)


def _standing(users: Users, connection: Connection, name: str) -> tuple[User | None, Attempts]:
    """Whom a name means, and how its sign-ins stand; names that nobody has stand as one."""
    refuse_damaged(users, name)
    user = users.of(name)
    by, after = (UNKNOWN, 0) if user is None else (user.name, user.password_at)
    return user, attempts_by(connection, by, after=after)


def _refused(user: User | None, attempts: Attempts, proof: Proof, now: datetime) -> AccessError | None:
    """Why no password or PIN is looked at; None where one is."""
    if wait := math.ceil(wait_s(attempts, now)):
        said = say(Code.SIGN_IN_LOCKED, failures=attempts.failures, wait_s=wait)
        return denied(said, todo="wait so long; an administrator who gives another password lifts the lock")
    if proof is Proof.PIN and attempts.failures >= PIN_FAILURES and user is not None:
        return denied(say(Code.PIN_USED_UP, failures=attempts.failures), todo="sign in by the password")
    return None


def _phc(user: User | None, proof: Proof) -> str | None:
    if user is None:
        return None
    return user.pin if proof is Proof.PIN else user.password
