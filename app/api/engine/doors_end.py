"""The engine's answers about who is let in: sign-ins, sign-outs, and whether somebody may."""

from collections.abc import Awaitable, Callable
from typing import Final

from pydantic import ValidationError

from app.access.doors.doors import Doors
from app.access.doors.messages import SignIn
from app.access.doors.sessions import hash_of
from app.api.engine.cannot import CannotError
from app.api.engine.lane import Lane
from app.api.messages import Asked, Question
from app.api.rate import Rate
from app.api.sessions import CallersTold, SessionTold
from inspection.access.callers import CallerKind
from inspection.access.rights import Right
from inspection.errors import AccessError
from inspection.messages.codes import Code
from inspection.messages.telling import say

ABOUT: Final = frozenset({Question.ADMIT, Question.SIGN_IN, Question.SIGN_OUT, Question.SEEN})
"""What is answered here."""
SIGN_INS_WAITING: Final = 4
REFUSALS_PER_S: Final = 0.5
REFUSALS_AT_ONCE: Final = 10
"""Refusals that go on record; whoever asks more often is told that, and nothing is looked at."""
_RIGHTS: Final = {right.word: right for right in Right}


class DoorsEnd:
    """Answers.

    Args:
        doors: Who is let in.
    """

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._refusals: dict[str, Rate] = {}
        """By who was refused."""

    @property
    def version(self) -> int:
        """Changes with what is told."""
        return self._doors.version

    def told(self) -> bytes:
        """Who is let in, for the API process."""
        doors = self._doors
        told = CallersTold(callers=doors.callers(), idle_s=doors.idle_s, names=doors.names, known=doors.known)
        return told.model_dump_json().encode()

    async def answer(self, asked: Asked) -> bytes:
        """To one question. Raises CannotError."""
        match asked.what:
            case Question.SIGN_IN:
                return await self._signed_in(asked)
            case Question.SIGN_OUT:
                if not self._doors.sign_out(asked.credential):
                    raise CannotError(401, say(Code.CREDENTIAL_UNKNOWN))
            case Question.SEEN:
                self._doors.used(asked.credential)
            case _:
                return await self._admitted(asked)
        return b""

    async def _signed_in(self, asked: Asked) -> bytes:
        try:
            wanted = SignIn.model_validate_json(asked.argument)
        except ValidationError as error:
            raise CannotError(422, "what is asked names no user, secret and proof") from error
        try:
            admitted = await self._doors.sign_in(wanted, client=asked.by)
        except AccessError as error:
            unchecked = error.message.code == Code.SIGN_IN_UNCHECKED
            raise CannotError(503 if unchecked else 403, error.what_happened) from error
        who = admitted.proven
        caller = self._doors.used(hash_of(admitted.token))
        assert caller is not None
        told = SessionTold(
            user=who.name,
            kind=CallerKind.PERSON,
            role=who.role,
            proof=who.proof,
            rights=tuple(sorted(caller.rights)),
            idle_s=self._doors.idle_s,
            token=admitted.token,
        )
        return told.model_dump_json().encode()

    async def _admitted(self, asked: Asked) -> bytes:
        """Who it is, for the record."""
        right = _RIGHTS.get(asked.argument)
        if right is None:
            raise CannotError(422, f"{asked.argument!r} is no right")
        caller = self._doors.used(asked.credential)
        if caller is not None and not caller.may(right):
            rate = self._refusals.setdefault(caller.name, Rate(REFUSALS_PER_S, burst=REFUSALS_AT_ONCE))
            if not rate.allows():
                raise CannotError(429, say(Code.ASKED_TOO_OFTEN))
        try:
            return (await self._doors.admit(asked.credential, right, client=asked.by)).by(asked.by).encode()
        except AccessError as error:
            unknown = error.message.code == Code.CREDENTIAL_UNKNOWN
            raise CannotError(401 if unknown else 403, error.what_happened) from error


def lanes(answer: Callable[[int, Asked], Awaitable[None]]) -> dict[Question, Lane]:
    """A sign-in waits for the record and a slow comparison; whoever has signed in does not wait for it."""
    quick = Lane(answer, 1.0)
    return dict.fromkeys(ABOUT, quick) | {Question.SIGN_IN: Lane(answer, 1.0, waiting=SIGN_INS_WAITING)}
