"""How a station stands to its challenge, as the API tells it."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from inspection.challenge.standing import ChallengeState
from inspection.decision import Action
from inspection.frozen import Frozen
from inspection.messages.message import Coded


class ChallengeOrder(StrEnum):
    """What a client may ask: POST /api/challenge/{order}."""

    START = "start"
    """The parts that come now are pieces; no part passes until it has passed."""
    ABORT = "abort"
    """End the challenge under way; it is due again."""
    RELEASE = "release"
    """Look whether the record holds that quality opened the station (``passgate challenge release``)."""


class PieceShown(Frozen):
    """One piece of the set."""

    name: str
    expects: tuple[Action, ...]
    defect: str = ""


class RoundShown(Frozen):
    """The challenge under way."""

    id: str
    by: str
    began: datetime
    done: int = Field(ge=0)
    """Looks so far."""
    asked: int = Field(ge=1)
    """Looks in all."""
    next: str
    """The piece that the next part is taken for, or that is wanted next; empty where all were seen."""
    wrong: tuple[str, ...] = ()
    """Pieces that did not get what they must."""


class ChallengeStatus(Frozen):
    """How the station stands to its challenge."""

    state: ChallengeState
    closed: bool
    """No part passes: it is due, overdue, failed, or under way."""
    why: str = ""
    """Why it is closed, in English; empty where it is not."""
    why_coded: Coded = ()
    since: datetime | None = None
    """Since when it is due."""
    needs_quality: bool = False
    """A challenge that passes does not open it: quality does."""
    met_at: datetime | None = None
    """When the last one passed, or quality opened the station."""
    round: RoundShown | None = None
    pieces: tuple[PieceShown, ...] = ()
    judged_by: tuple[str, ...] = ()
    """Recipe, model and set that are challenged; a release is for these."""
