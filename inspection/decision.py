"""The decision on one part, as it is stored, shown and published: frozen models and their JSON."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, FiniteFloat, model_validator

from inspection.frozen import Box as Box
from inspection.frozen import Frozen as Frozen
from inspection.instruments.reading import InstrumentKind, ReadText, Unreadable
from inspection.messages.message import Coded, Sentence, coded

Probability = Annotated[float, Field(ge=0.0, le=1.0)]
"""A number from 0 to 1."""

SCORE_LIMIT: Final = 0.5
"""``Decision.defect_score`` at the model's own threshold; a certificate's threshold may lie elsewhere."""


MOST_REASON: Final = 500
"""How many characters ``Decision.reason`` has at most."""


class Action(StrEnum):
    """What becomes of the part. Declared from mild to strict; the order is that of promise 3."""

    PASS = "pass"  # noqa: S105  (an action, not a password)
    REWORK = "rework"
    STOP = "stop"
    MANUAL_REVIEW = "manual_review"

    @property
    def strictness(self) -> int:
        """Rank from 0 (mildest) to 3. manual_review ranks last: only a person leaves it."""
        return tuple(Action).index(self)

    def at_least(self, other: "Action") -> "Action":
        """The stricter of the two. The only way in which rules combine actions (promise 3)."""
        return max(self, other, key=lambda action: action.strictness)


class DecidedBy(StrEnum):
    """Who had the last word."""

    VLA = "vla"
    REFLEX = "reflex"
    GUARD = "guard"
    TIMEOUT = "timeout"
    OPERATOR = "operator"


class Severity(StrEnum):
    """How bad a defect is, mildest first."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for minor to 2 for critical."""
        return tuple(Severity).index(self)


class Defect(Frozen):
    """One defect, measured by geometry; only type and severity are judgement."""

    type: str = Field(min_length=1, max_length=64)
    severity: Severity
    view: str = "top"
    box: Box
    length_mm: float | None = Field(default=None, ge=0.0)
    """Longest extent in mm; None where the view has no scale."""
    score: Probability
    """How sure it is that this is a defect."""
    type_probability: Probability | None = Field(default=None, exclude_if=lambda said: said is None)
    """How sure its type is, among those that examples show, calibrated on examples that were held out. None,
    and then not written, where no examples were shown, none is like it, or too few tell how sure."""


def within(value: float | None, low: float | None, high: float | None) -> bool:
    """Whether a value, where there is one, is not outside of such limits as there are."""
    return value is None or ((low is None or value >= low) and (high is None or value <= high))


class GaugeReading(Frozen):
    """An instrument as it was read, against the recipe's limits.

    What is empty is not written: records from before there were readers stay what they are.
    """

    name: str
    value: FiniteFloat | None
    """In ``unit``; None where it could not be read, and of a code. A lamp's: 0 off, 1 on, 2 blinking."""
    unit: str
    low: FiniteFloat | None = Field(default=None, exclude_if=lambda low: low is None)
    high: FiniteFloat | None = Field(default=None, exclude_if=lambda high: high is None)
    """None: no such limit."""
    in_range: bool
    """Whether the bare value is within the limits, and lamp or code as wanted; doubt is the guard's."""
    uncertainty: FiniteFloat = Field(default=0.0, ge=0.0)
    """Standard uncertainty (GUM, k=1) in ``unit``."""
    kind: InstrumentKind | None = Field(default=None, exclude_if=lambda kind: kind is None)
    view: str = Field(default="", exclude_if=lambda view: not view)
    box: Box | None = Field(default=None, exclude_if=lambda box: box is None)
    """Where it is in the view's picture."""
    text: ReadText = Field(default="", exclude_if=lambda text: not text)
    """A display's digits as shown, a lamp's colour, what a code holds."""
    angle_deg: FiniteFloat | None = Field(default=None, exclude_if=lambda angle: angle is None)
    """A dial's needle: its direction in the picture, clockwise from up."""
    reason: Unreadable | None = Field(default=None, exclude_if=lambda reason: reason is None)
    """Why it could not be read; None where it was, and in records from before there were reasons."""

    @property
    def read(self) -> bool:
        """Whether it was read."""
        return self.value is not None or bool(self.text)

    @model_validator(mode="after")
    def _in_range_is_the_truth(self) -> Self:
        if self.read and self.reason is not None:
            raise ValueError(f"{self.name} was read, and yet unreadable: {self.reason}")
        by_more_than_value = self.kind in (InstrumentKind.LAMP, InstrumentKind.CODE)
        measured = self.read and within(self.value, self.low, self.high)
        if self.in_range != measured and (self.in_range or not by_more_than_value):
            raise ValueError(
                f"in_range={self.in_range} contradicts {self.value} in [{self.low}, {self.high}]"
            )
        return self


class RecipeRef(Frozen):
    """Which recipe, in which version, judged the part."""

    id: int = Field(ge=0, le=0xFFFF)
    version: int = Field(ge=1)
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$", exclude_if=lambda sha256: not sha256)
    """Of the recipe's file, which holds policy and taught memory; empty where it came from no file, and then
    not written: records and certificates from before it was named stay what they are."""


class ModelRef(Frozen):
    """Which model judged the part: enough to find it again years later."""

    name: str
    version: str
    sha256: str


NO_MODEL: Final = ModelRef(name="none", version="0", sha256="")
"""Stands in a decision that no model had a part in."""


class Timings(Frozen):
    """Milliseconds by stage; a stage that did not run is absent."""

    trigger_to_capture: float | None = None
    """From the trigger as we saw it to the call of the camera: part of what the handshake costs."""
    capture: float | None = None
    quality: float | None = None
    vision: float | None = None
    memory: float | None = None
    gauges: float | None = None
    reasoning: float | None = None
    store: float | None = None
    total: float = 0.0
    """From the trigger as we saw it to the decision ready to be published."""


class DefectProbability(Frozen):
    """How many of the labelled parts with such a defect score were defective: calibrated to *these* parts.

    The labelled parts have their own share of defective ones, which is not the line's: where a line has
    fewer, fewer parts with such a score are defective on it (:mod:`inspection.certification.probability`).
    """

    among_labelled: float = Field(gt=0.0, lt=1.0)
    """The share, never 0 or 1: m labels all alike support (m + 1) / (m + 2) at most."""
    alike: int = Field(ge=1)
    """On how many labelled parts it rests: those with such a score."""
    labelled_good: int = Field(ge=1)
    """All labelled good parts."""
    labelled_defective: int = Field(ge=1)
    """All labelled defective parts."""

    @property
    def in_words(self) -> str:
        """For people: what it is a share of, in whole per cent, never 0 or 100."""
        return (
            f"of labelled parts with such a score about {self.percent} % were defective "
            f"({self.alike} such, of {self.labelled_defective} defective and {self.labelled_good} good)"
        )

    @property
    def percent(self) -> int:
        """The share in whole per cent, 1 to 99."""
        return min(max(round(100 * self.among_labelled), 1), 99)


class Decision(Frozen):
    """The decision on one part: the JSON that Passgate stands for."""

    schema_version: int = Field(default=1, alias="schema", ge=1, le=1)
    part_id: int = Field(ge=0, le=0xFFFFFFFF)
    trigger_seq: int = Field(ge=0, le=0xFFFF)
    """1 to 65535; 0 where there was no trigger (a picture judged from the command line)."""
    recipe: RecipeRef
    action: Action
    confidence: Probability
    """What the decider's own scale says for ``action``, 0 to 1; register 11 carries it. No calibrated
    probability: the reflex's is a curve over its score, cut at n/(n+1) of n taught pictures and so the same
    for all that is clear; a language model's is that of its words. 0 where a rule, the guard or a time-out
    decided. ``defect_score`` against its limit says more, and ``defect_probability`` where there is one."""
    defect_score: Probability | None = None
    """How far from a pass by the model alone: unclamped, strictly rising with what it saw, comparable within
    one recipe and model. A certificate puts its threshold on it. None where no model scored the part."""
    defect_probability: DefectProbability | None = Field(default=None, exclude_if=lambda said: said is None)
    """What labelled parts say of ``defect_score``. None, and then not written, where there are none that this
    recipe and model were measured on, none of them had such a score, or the model decided without it."""
    decided_by: DecidedBy
    reason: str = Field(max_length=MOST_REASON)
    """In English."""
    coded: Coded = Field(default=(), exclude_if=lambda coded: not coded)
    """What ``reason`` says, for any language. Empty, and then not written, in records from before there were
    codes."""
    defects: tuple[Defect, ...] = ()
    gauges: tuple[GaugeReading, ...] = ()
    model: ModelRef
    timings_ms: Timings = Timings()

    @property
    def deviation(self) -> float | None:
        """``defect_score`` where the decision rests on it; None where the guard or a time-out decided."""
        if self.decided_by in (DecidedBy.GUARD, DecidedBy.TIMEOUT):
            return None
        return self.defect_score

    @property
    def sentence(self) -> Sentence:
        """``reason`` with what it says for any language."""
        return Sentence(self.reason, self.coded or coded(self.reason))

    def stricter(self, action: Action, *, decided_by: DecidedBy, reason: str) -> "Decision":
        """Return the decision made at least as strict as ``action`` for ``reason``, best a ``Sentence``.

        Returns itself unchanged where it is that strict already, so a rule can never make it milder.
        """
        if action.strictness <= self.action.strictness:
            return self
        return self.model_copy(
            update={"action": action, "decided_by": decided_by, "confidence": 0.0, **because(reason)}
        )


def because(reason: str) -> dict[str, str | Coded]:
    """The fields of a ``Decision`` that say why: the sentence, and what it says for any language."""
    return {"reason": reason[:MOST_REASON], "coded": coded(reason)}
