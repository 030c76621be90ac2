"""What comes back from the engine, handed from the network thread to the screen; immutable."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from PySide6.QtGui import QImage

from inspection.messages.message import Coded
from inspection.status import Command, StationStatus

COMMAND_TIMEOUT_S: Final = 3.0
"""How long a command may remain unanswered."""


class ContactTrouble(Enum):
    """Why nothing new arrives."""

    UNREACHABLE = "unreachable"
    """No connection."""
    SILENT = "silent"
    """Something is there, and says nothing in time."""
    NO_ENGINE = "no_engine"
    """Something answers there, and not as an engine does."""
    NOT_LET_IN = "not_let_in"
    """The engine knows neither this console's key nor anybody who has signed in."""
    CLOSED = "closed"
    """There was a connection; it ended."""
    UNREADABLE = "unreadable"
    """Messages arrive, but they are not a StationStatus."""


class CommandProblem(Enum):
    """Why a command was not, or not surely, carried out."""

    REFUSED = "refused"
    TIMEOUT = "timeout"
    """Sent, but not answered in time: it may have been carried out."""
    UNREACHABLE = "unreachable"
    FAILED = "failed"
    """The engine's side failed at it: it may have been carried out."""
    BAD_ANSWER = "bad_answer"


class PictureProblem(Enum):
    """Why there is no picture to show."""

    MISSING = "missing"
    """The archive does not have it: past its retention, or it was never written."""
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A status, and when it came."""

    status: StationStatus
    at_s: float
    """Console's monotonic clock, seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandReply:
    """The end of one command."""

    command: Command
    problem: CommandProblem | None
    """None: accepted."""
    detail: str = ""
    """The engine's own words, in English."""
    coded: Coded = ()
    """What they say, for any language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureReply:
    """The end of fetching one picture. Exactly one of ``image`` and ``problem`` is set."""

    sha256: str
    image: QImage | None = None
    problem: PictureProblem | None = None
