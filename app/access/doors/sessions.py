"""Sessions of people who have signed in: in memory alone, so that all end with the engine. Pure."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from inspection.access.callers import Caller
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say

TOKEN_BYTES: Final = 32
"""256 random bits: nobody guesses one, so no slow hash is needed to keep it."""
MOST: Final = 64
"""Sessions at a time; beyond that the one that has been idle longest ends."""


def made() -> str:
    """A token or key that nobody has."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(secret: str) -> str:
    """By what a token or key is known; it is kept nowhere itself."""
    return sha256(secret.encode("utf-8", errors="replace")).hexdigest()


@dataclass(slots=True)
class _Session:
    caller: Caller
    revision: int
    until_s: float
    used_s: float


class Ended(NamedTuple):
    """A session that is no more."""

    caller: Caller
    why: Sentence


class Sessions:
    """All that are open.

    Args:
        idle_s: One that is not used for so long ends.
        most: So many at a time.
    """

    def __init__(self, *, idle_s: float, most: int = MOST) -> None:
        self.idle_s = idle_s
        self._most = most
        self._open: dict[str, _Session] = {}
        """By the hash of the token."""

    def callers(self) -> dict[str, Caller]:
        """Who has signed in, by the hash of his token."""
        return {known: session.caller for known, session in self._open.items()}

    def begin(
        self, caller: Caller, *, revision: int, now_s: float, longest_s: float
    ) -> tuple[str, list[Ended]]:
        """A session for somebody who has proven himself.

        Args:
            caller: Who.
            revision: Of the user, as he stands on record.
            now_s: By a clock that only goes forward.
            longest_s: It ends after so long at most.

        Returns:
            Its token, and the session that made way.
        """
        ended = []
        if len(self._open) >= self._most:
            idlest = min(self._open, key=lambda known: self._open[known].used_s)
            ended.append(Ended(self._open.pop(idlest).caller, say(Code.SIGNED_OUT_CROWDED)))
        token = made()
        self._open[hash_of(token)] = _Session(caller, revision, now_s + longest_s, now_s)
        return token, ended

    def used(self, known: str, now_s: float) -> Caller | None:
        """Whose session it is, which is not idle now; None where there is none."""
        session = self._open.get(known)
        if session is None:
            return None
        session.used_s = now_s
        return session.caller

    def end(self, known: str) -> Ended | None:
        """As he asks; None where there is no such session."""
        session = self._open.pop(known, None)
        return None if session is None else Ended(session.caller, say(Code.SIGNED_OUT))

    def end_overdue(self, now_s: float, revision_of: Callable[[str], int | None]) -> list[Ended]:
        """End all that have been idle too long or last too long, or whose user is not what he was.

        Args:
            now_s: By a clock that only goes forward.
            revision_of: How a user stands on record, by his name; None where he may nothing.
        """
        ended = []
        for known, session in list(self._open.items()):
            if revision_of(session.caller.name) != session.revision:
                why = say(Code.SIGNED_OUT_CHANGED)
            elif now_s >= session.until_s:
                why = say(Code.SIGNED_OUT_SHIFT)
            elif now_s - session.used_s >= self.idle_s:
                why = say(Code.SIGNED_OUT_IDLE, idle_s=self.idle_s)
            else:
                continue
            del self._open[known]
            ended.append(Ended(session.caller, why))
        return ended
