"""The signs of the Run screen: what shape and tone says what. Pure; ``drawing`` paints them.

ISA-101: grey is normal, and colour is only for what is abnormal. No sign is told by its colour alone: each
has a shape of its own, and its word beside it.
"""

from collections.abc import Mapping
from enum import Enum, auto

from inspection.decision import Action
from inspection.part import Outcome
from inspection.status import Health, Mode


class Tone(Enum):
    """What a colour means, not which it is."""

    CALM = auto()
    """Normal: grey."""
    FADED = auto()
    """No longer valid: paler than normal."""
    CAUTION = auto()
    """Amber."""
    DANGER = auto()
    """Red."""
    ATTENTION = auto()
    """A person is asked for: blue."""


class Shape(Enum):
    """What is drawn."""

    RING = auto()
    TRIANGLE = auto()
    OCTAGON = auto()
    DIAMOND = auto()
    SQUARE_CROSS = auto()
    DASHED_RING = auto()
    ARROW_ON = auto()
    ARROW_ASIDE = auto()
    BAR = auto()
    PAUSE = auto()
    CROSS = auto()
    QUESTION = auto()
    DOTS = auto()
    PLAY = auto()
    PENNANT = auto()


ACTION_SIGNS: Mapping[Action, tuple[Shape, Tone]] = {
    Action.PASS: (Shape.RING, Tone.CALM),
    Action.REWORK: (Shape.TRIANGLE, Tone.CAUTION),
    Action.STOP: (Shape.OCTAGON, Tone.DANGER),
    Action.MANUAL_REVIEW: (Shape.DIAMOND, Tone.ATTENTION),
}

MISSED_SIGN = (Shape.DASHED_RING, Tone.ATTENTION)
"""Nobody looked at this part, and a person must: no decision's shape."""

WITHHELD_SIGN = (Shape.CROSS, Tone.ATTENTION)
"""A decision that the PLC never got, whichever it was: the part does not go on."""

OUTCOME_SIGNS: Mapping[Outcome, tuple[Shape, Tone]] = {
    Outcome.RELEASED: (Shape.ARROW_ON, Tone.CALM),
    Outcome.DIVERTED: (Shape.ARROW_ASIDE, Tone.CALM),
    Outcome.STOPPED: (Shape.BAR, Tone.CALM),
    Outcome.HELD: (Shape.PAUSE, Tone.CALM),
    Outcome.DEFAULT_REJECTED: (Shape.CROSS, Tone.CAUTION),
    Outcome.UNCONFIRMED: (Shape.QUESTION, Tone.ATTENTION),
}

OPEN_OUTCOME_SIGN = (Shape.DOTS, Tone.FADED)

HEALTH_SIGNS: Mapping[Health, tuple[Shape, Tone]] = {
    Health.OK: (Shape.RING, Tone.CALM),
    Health.WARNING: (Shape.TRIANGLE, Tone.CAUTION),
    Health.FAULT: (Shape.SQUARE_CROSS, Tone.DANGER),
    Health.UNKNOWN: (Shape.DASHED_RING, Tone.FADED),
}

MODE_SIGNS: Mapping[Mode, tuple[Shape, Tone]] = {
    Mode.STARTING: (Shape.DOTS, Tone.CALM),
    Mode.IDLE: (Shape.RING, Tone.CALM),
    Mode.EXECUTE: (Shape.PLAY, Tone.CALM),
    Mode.HELD: (Shape.PAUSE, Tone.CAUTION),
    Mode.SUSPENDED: (Shape.TRIANGLE, Tone.CAUTION),
    Mode.ABORTED: (Shape.SQUARE_CROSS, Tone.DANGER),
    Mode.STOPPING: (Shape.DOTS, Tone.CALM),
}
