"""Who is let in to a running engine, and what each may: the one place that is asked. Lives in its event loop.

Nothing here waits for the record but a sign-in: who there is was looked up before, and is looked up again
every few seconds, so that a user who was disabled or a key that was revoked opens nothing from then on.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, Protocol

import structlog

from app.access.doors.looking import Looking
from app.access.doors.messages import Admitted, Looked, People, SignIn
from app.access.doors.sessions import Ended, Sessions
from inspection.access.callers import Caller, CallerKind
from inspection.access.rights import FIRST_DAY, RIGHTS, WITHOUT_SIGN_IN, Right, rights_of, rights_of_key
from inspection.errors import AccessError
from inspection.events import EventKind
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say
from inspection.times.shifts import ShiftCalendar

LOOK_EVERY_S: Final = 5.0
TIDY_EVERY_S: Final = 0.5
KNOWN_WITHIN_S: Final = 3.0
"""So long somebody waits at the engine's start until it is known who there is."""


log = structlog.get_logger(__name__)


class Note(Protocol):
    """Puts on record what somebody did."""

    def __call__(self, kind: EventKind, *, by: str, detail: str = "") -> None:
        """At once, or as soon as the disk takes it."""


class Doors:
    """Sessions, keys, and what each may.

    Args:
        looking: Looks people up.
        note: Puts on record what somebody did.
        shifts: No session is longer than the rest of the shift.
        now: The wall clock, with time zone.
        idle_s: A session that is not used for so long ends.
        panel: SHA-256 of the console's own key; empty where it has none.
        monotonic: A clock that only goes forward, s.
    """

    def __init__(
        self,
        looking: Looking,
        *,
        note: Note,
        shifts: ShiftCalendar,
        now: Callable[[], datetime],
        idle_s: float,
        panel: str = "",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._panel = panel
        self._looking = looking
        self._note = note
        self._shifts = shifts
        self._now = now
        self._monotonic = monotonic
        self._sessions = Sessions(idle_s=idle_s)
        self._people = People()
        self._known = asyncio.Event()
        self._callers: dict[str, Caller] = {}
        self.version = 0
        """Changes with what ``callers`` returns."""
        self._told()

    @property
    def idle_s(self) -> float:
        """A session that is not used for so long ends."""
        return self._sessions.idle_s

    @property
    def first_day(self) -> bool:
        """The record knows no user at all, so that the line is run without a sign-in."""
        return not self._people.any_user

    @property
    def names(self) -> tuple[str, ...]:
        """Of all who may sign in, in order."""
        return tuple(sorted(one.name for one in self._people.persons if one.usable))

    @property
    def known(self) -> bool:
        """It is known who there is."""
        return self._known.is_set()

    def callers(self) -> dict[str, Caller]:
        """All who are let in, by the SHA-256 of their token or key."""
        return self._callers

    def know_panel(self, sha256: str) -> None:
        """Let in the console's own key, by its SHA-256."""
        self._panel = sha256
        self._told()

    async def run(self) -> None:
        """Follow the record and the clock until cancelled."""
        looked_s = None
        try:
            while True:
                try:
                    if looked_s is None or self._monotonic() - looked_s >= LOOK_EVERY_S:
                        looked_s = self._monotonic()
                        await self.look()
                    self.tidy()
                except Exception:  # whoever has signed in must be signed out in time whatever fails once
                    log.exception("people cannot be followed")
                await asyncio.sleep(TIDY_EVERY_S)
        finally:
            self._looking.close()

    async def look(self) -> None:
        """Look up who there is. Where that fails, what was known holds."""
        told = await self._looking.look(Looked())
        if told.people is not None:
            self._learn(told.people)

    def tidy(self) -> None:
        """End the sessions that have had their time."""
        ended = self._sessions.end_overdue(self._monotonic(), self._people.revision_of)
        if ended:
            self._note_ends(ended)
            self._told()

    # --- who asks -------------------------------------------------------------------------------------

    async def admit(self, known: str, right: Right, *, client: str) -> Caller:
        """Let somebody do what he has a right to.

        Args:
            known: The SHA-256 of his token or key.
            right: What he asks for.
            client: From where, as the client names itself.

        Raises:
            AccessError: He may not; that is on record.
        """
        if not self._known.is_set() and RIGHTS[right].proof is not None:
            try:
                async with asyncio.timeout(KNOWN_WITHIN_S):
                    await self._known.wait()
            except TimeoutError:
                pass  # nobody is known: nobody may
        caller = self.used(known)
        if caller is None:
            raise _refused(say(Code.CREDENTIAL_UNKNOWN))
        if not caller.may(right):
            said = _lacking(caller)
            self._note(
                EventKind.REFUSED,
                by=caller.by(client),
                detail=_with_right(said, right),
            )
            raise _refused(said)
        return caller

    def used(self, known: str) -> Caller | None:
        """Who somebody is, whose session is in use now; None where he is not let in."""
        self.tidy()
        return self._sessions.used(known, self._monotonic()) or self._callers.get(known)

    async def sign_in(self, asked: SignIn, *, client: str) -> Admitted:
        """A session for who proves himself; on record by then.

        Raises:
            AccessError: He does not, or cannot be looked up.
        """
        told = await self._looking.look(Looked(sign_in=asked, client=client))
        if told.people is not None:
            self._learn(told.people)
        if told.proven is None:
            raise _refused(told.why_not or say(Code.SIGNED_OUT_CHANGED))
        who = told.proven
        caller = Caller(
            kind=CallerKind.PERSON,
            name=who.name,
            role=who.role,
            proof=who.proof,
            rights=_words(rights_of(who.role, who.proof)),
        )
        now = self._now()
        longest_s = (self._shifts.shift_of(now).end - now).total_seconds()
        token, ended = self._sessions.begin(
            caller, revision=who.revision, now_s=self._monotonic(), longest_s=longest_s
        )
        self._note_ends(ended)
        self._told()
        return Admitted(token, who)

    def sign_out(self, known: str) -> bool:
        """End a session as its user asks; False where there is none."""
        ended = self._sessions.end(known)
        if ended is None:
            return False
        self._note_ends([ended])
        self._told()
        return True

    # --- inside ---------------------------------------------------------------------------------------

    def _learn(self, people: People) -> None:
        if people == self._people and self.known:
            return
        self._people = people
        self.tidy()
        self._told()
        self._known.set()
        self.version += 1

    def _told(self) -> None:
        """Make what ``callers`` returns."""
        callers = {
            key.sha256: Caller(
                kind=CallerKind.KEY, name=key.name, role=key.role, rights=_words(rights_of_key(key.role))
            )
            for key in self._people.keys
        }
        if self._panel:
            rights = FIRST_DAY if self.first_day else WITHOUT_SIGN_IN
            callers[self._panel] = Caller(kind=CallerKind.PANEL, name="panel", rights=_words(rights))
        callers |= self._sessions.callers()
        if callers != self._callers or not self.version:
            self._callers = callers
            self.version += 1

    def _note_ends(self, ended: Iterable[Ended]) -> None:
        for one in ended:
            self._note(EventKind.SIGNED_OUT, by=one.caller.name, detail=one.why)


def _words(rights: Iterable[Right]) -> frozenset[str]:
    return frozenset(right.word for right in rights)


def _lacking(caller: Caller) -> Sentence:
    """Why a caller may not do what he asks."""
    if caller.kind is CallerKind.PANEL:
        return say(Code.PERSON_NEEDED)
    if caller.role is None or caller.proof is None:
        return say(Code.KEY_RIGHT_MISSING, key=caller.name)
    return say(Code.RIGHT_MISSING, user=caller.name, role=caller.role, proof=caller.proof)


def _with_right(said: Sentence, right: Right) -> Sentence:
    """For the record, which keeps what was asked for in English."""
    more = {"detail": f"{said}: {right}"}
    return Sentence(more["detail"], (said.coded[0].model_copy(update=more),))


def _refused(said: Sentence) -> AccessError:
    message = said.coded[0]
    return AccessError(said, code=message.code, params=message.params)
