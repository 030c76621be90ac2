"""What the engine and its inference process say to each other.

The engine's questions are Python objects of ours, pickled. The answers are JSON with a bound, validated like
anything from outside: a process whose memory was overwritten must not be able to make the engine run or
believe anything.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from inspection.certification.certificate import Certification
from inspection.decision import Action, Decision, Frozen, ModelRef, Probability
from inspection.drift.usual import UsualView
from inspection.messages.message import Message
from inspection.motion.chunk import MotionChunk, PhysicsContext, ProposedMotion
from inspection.part import Frame
from inspection.recipe import Recipe
from inspection.unheard import Unheard

MOST_ANSWERED: Final = 1024 * 1024
"""Bytes of the longest answer."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture lies in the shared memory."""

    block: str
    """The block's name."""
    offset: int
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Prepare:
    """Get ready to judge by this recipe; answered with ``Done``."""

    number: int
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Inspect:
    """Judge these pictures; answered with ``Judged``."""

    number: int
    frames: tuple[Frame, ...]
    """Without their pictures."""
    places: tuple[Place, ...]
    part_id: int
    trigger_seq: int
    deadline_ns: int


@dataclass(frozen=True, slots=True)
class Explain:
    """Say why a part was decided so; answered with ``Explained``.

    Any message that comes meanwhile ends the sentence.
    """

    number: int
    of: int
    """The number of the ``Inspect`` that the part was judged by. No number comes twice, whichever process was
    asked, so one that was started since has nothing to say of it."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Answered with ``Done``."""

    number: int


@dataclass(frozen=True, slots=True)
class Enough:
    """Ends an explanation; not answered."""

    number: int = 0


Question = Prepare | Inspect | Explain | Ping | Enough


class Ready(Frozen):
    """The process has built its inspector."""

    kind: Literal["ready"] = "ready"
    number: Literal[0] = 0
    recipe: Recipe
    model: ModelRef
    unheard: Unheard
    certification: Certification
    usual: tuple[UsualView, ...] = ()
    """What was usual for the recipe's views when it was taught."""


class Done(Frozen):
    """What was asked is done."""

    kind: Literal["done"] = "done"
    number: int
    peak_mb: float = Field(ge=0.0)
    """Largest resident size of the process so far, in MB (10⁶ bytes)."""


class Motion(Frozen):
    """``ProposedMotion`` as it travels."""

    chunk: MotionChunk
    physics: PhysicsContext
    meant: Action

    @classmethod
    def of(cls, motion: ProposedMotion) -> "Motion":
        """Ready to travel."""
        return cls(chunk=motion.chunk, physics=motion.physics, meant=motion.meant)

    def arrived(self) -> ProposedMotion:
        """As the line takes it."""
        return ProposedMotion(chunk=self.chunk, physics=self.physics, meant=self.meant)


class Judged(Frozen):
    """A part was judged."""

    kind: Literal["judged"] = "judged"
    number: int
    decision: Decision
    motion: Motion | None = None
    scores: tuple[Probability, ...] = Field(default=(), max_length=1000)
    """See ``InspectionResult``."""
    words: bool = False
    """Whether the model has something to say of the part when it is asked to ``Explain``."""


class Explained(Frozen):
    """Why, in words; empty where there are none."""

    kind: Literal["explained"] = "explained"
    number: int
    text: str = Field(max_length=10_000)


class Refused(Frozen):
    """What was asked could not be done, for a reason that a person can be told."""

    kind: Literal["refused"] = "refused"
    number: int
    error: str
    """The class of ``inspection.errors``; empty for an internal error."""
    what: str
    part: str = ""
    todo: str = ""
    message: Message | None = None
    """What the error says in every language; None for an internal one."""


Answer = Ready | Done | Judged | Explained | Refused
_ANSWERS: Final[TypeAdapter[Answer]] = TypeAdapter(Annotated[Answer, Field(discriminator="kind")])


def packed(answer: Answer) -> bytes:
    """As it travels."""
    return answer.model_dump_json().encode()


def unpacked(data: bytes) -> Answer:
    """The answer in ``data``. Raises ValueError for what is none."""
    return _ANSWERS.validate_json(data)
