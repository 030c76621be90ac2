"""What the Run screen knows at a moment, and the rules of its age. Pure: no Qt, and time is handed in."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from app.console.client.replies import CommandReply, ContactTrouble, Received
from inspection.decision import Action
from inspection.part import Inspection
from inspection.status import Command, Mode

STALE_AFTER_S: Final = 2.0
"""The engine speaks at least once a second: two seconds of silence are two missed messages."""
LOOK_BACK_S: Final = 15.0
"""How long an old part is shown before the screen returns to live by itself."""
NOTICE_S: Final = 10.0
"""How long a command's success is told."""
FAILURE_NOTICE_S: Final = 30.0
"""How long a failure is told: who looked away still finds it, and nobody takes it for one of now."""

_HOLD_IN: Final = frozenset({Mode.STARTING, Mode.IDLE, Mode.EXECUTE, Mode.SUSPENDED})


class Contact(Enum):
    """Whether what is shown is of now (promise 6)."""

    WAITING = auto()
    """The engine was never heard."""
    FRESH = auto()
    STALE = auto()


@dataclass(frozen=True, slots=True)
class LookBack:
    """An old part is looked at, since when."""

    inspection: Inspection
    since_s: float


@dataclass(frozen=True, slots=True)
class Notice:
    """How the last command ended, since when."""

    reply: CommandReply
    since_s: float


class RunState:
    """Collects what arrives and what the operator touches. All times: one monotonic clock, seconds."""

    def __init__(self) -> None:
        self.received: Received | None = None
        self.trouble: ContactTrouble | None = None
        self.look_back: LookBack | None = None
        self.in_flight: Command | None = None
        self.notice: Notice | None = None

    def take(self, received: Received) -> None:
        """A status came.

        A status written at the very moment of the one before is the same one again, from an engine that
        repeats itself without living: it does not make what is shown any younger.
        """
        before = self.received
        if before is not None and before.status.at == received.status.at:
            return
        self.received = received
        self.trouble = None
        new_part = before is None or _id(before.status.last) != _id(received.status.last)
        last = received.status.last
        if new_part and last is not None and last.decision.action is Action.STOP:
            self.look_back = None  # a stop is not missed because somebody looks at an older part
        if self.look_back is not None:
            self._follow_revision(self.look_back, received.status.recent)

    def _follow_revision(self, look_back: LookBack, recent: tuple[Inspection, ...]) -> None:
        for inspection in recent:
            if inspection.inspection_id == look_back.inspection.inspection_id:
                self.look_back = LookBack(inspection, look_back.since_s)

    def tick(self, now_s: float) -> None:
        """Let time pass: the look back ends, and the notice goes."""
        if self.look_back is not None and now_s - self.look_back.since_s >= LOOK_BACK_S:
            self.look_back = None
        notice = self.notice
        if notice is not None:
            lasts_s = NOTICE_S if notice.reply.problem is None else FAILURE_NOTICE_S
            if now_s - notice.since_s >= lasts_s:
                self.notice = None

    def select(self, inspection_id: str, now_s: float) -> None:
        """Look at one of the recent parts; the live one means back to live."""
        if self.received is None:
            return
        status = self.received.status
        if inspection_id == _id(status.last):
            self.look_back = None
            return
        for inspection in status.recent:
            if inspection.inspection_id == inspection_id:
                self.look_back = LookBack(inspection, now_s)

    def go_live(self) -> None:
        """End the look back."""
        self.look_back = None

    def command_sent(self, command: Command) -> None:
        """A command is on its way; until it ends no other is taken."""
        self.in_flight = command
        self.notice = None

    def command_ended(self, reply: CommandReply, now_s: float) -> None:
        """A command was answered, or was not."""
        self.in_flight = None
        self.notice = Notice(reply, now_s)

    def silence_s(self, now_s: float) -> float | None:
        """Seconds since the newest status arrived; None before the first."""
        return None if self.received is None else max(0.0, now_s - self.received.at_s)

    def contact(self, now_s: float) -> Contact:
        """Whether what is shown is of now."""
        silence_s = self.silence_s(now_s)
        if silence_s is None:
            return Contact.WAITING
        return Contact.STALE if silence_s > STALE_AFTER_S else Contact.FRESH

    def may(self, command: Command, now_s: float) -> bool:
        """Whether the button of ``command`` is enabled.

        Without contact the mode is not known: Hold, which can only make the line safer, stays possible.
        """
        if self.in_flight is not None:
            return False
        if self.received is None or self.contact(now_s) is not Contact.FRESH:
            return command is Command.HOLD
        status = self.received.status
        match command:
            case Command.START:
                return status.mode is Mode.HELD
            case Command.HOLD:
                return status.mode in _HOLD_IN
            case Command.RESET:
                return status.may_reset

    @property
    def part(self) -> Inspection | None:
        """The part to show: the one looked back at, or the last."""
        if self.look_back is not None:
            return self.look_back.inspection
        return None if self.received is None else self.received.status.last


def _id(inspection: Inspection | None) -> str | None:
    return None if inspection is None else inspection.inspection_id
