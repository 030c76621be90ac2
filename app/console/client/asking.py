"""What a screen asks of the engine beside the state that is pushed, and what comes back; immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from PySide6.QtGui import QImage

from inspection.messages.message import Coded

ASK_TIMEOUT_S: Final = 6.0
"""The engine answers within 5 s, or says that it cannot."""
MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
"""Of one page of a list."""


class AskProblem(Enum):
    """Why what was asked did not come, or is not surely done."""

    UNREACHABLE = "unreachable"
    """Nothing was sent."""
    TIMEOUT = "timeout"
    """Sent, but not answered in time: what was to be done may have been done."""
    REFUSED = "refused"
    """The engine does not do it, and says why."""
    FAILED = "failed"
    """The engine's side failed at it: what was to be done may have been done."""
    BAD_ANSWER = "bad_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question or order.

    One of the same ``topic`` that is still under way is given up for a new one if it only reads: nobody waits
    for the page before. What changes something is never given up.
    """

    topic: str
    """Which screen asks, and what for: who asked knows his answer by it."""
    path: str
    """Below the engine's address, with its query: "/api/…"."""
    method: str = "GET"
    body: Mapping[str, object] | None = field(default=None, repr=False)
    """What is sent as JSON; it may hold a password."""
    timeout_s: float = ASK_TIMEOUT_S
    most_bytes: int = MAX_ANSWER_BYTES
    """A longer answer is none."""
    own_proof: bool = False
    """Its body says who asks, by his own password: it is sent as the console's own, and nobody else is asked
    to sign in where it is refused."""
    picture: bool = False
    """The answer is a picture: it is decoded before it is told, in no thread of the screen's."""

    @property
    def reads(self) -> bool:
        """It changes nothing."""
        return self.method == "GET"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a request. ``body`` is JSON as the engine sent it, unless there is a problem."""

    request: Request
    body: bytes = b""
    image: QImage | None = None
    """Where a picture was asked for."""
    problem: AskProblem | None = None
    status: int = 0
    """HTTP's; 0 where nothing was answered."""
    detail: str = ""
    """Why, in the engine's own words, in English."""
    coded: Coded = field(default=())
    """What they say, for any language."""
