"""A recipe: what a good part of one product is, and what to do about one that is not."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, FiniteFloat, model_validator

from inspection.decision import Action, Defect, Frozen, GaugeReading, Probability, RecipeRef, Severity, within
from inspection.errors import RecipeError
from inspection.frozen import MOST_PIXELS, Printable, Region, holds
from inspection.instruments.code import CodeDescription
from inspection.instruments.description import Description
from inspection.instruments.indicator import BLINKING, OFF, ON, LampDescription
from inspection.instruments.place import Unit
from inspection.instruments.reading import Reading
from inspection.levels import BitDepth, EightBitRule, Picture, RawPicture, to_8_bits
from inspection.motion.chunk import PhysicsContext
from inspection.part import Frame

MOST_GAUGES: Final = 32
"""That a recipe may describe."""
ANY_TYPE: Final = "*"
"""Stands in a rule for every type of defect."""


class Motion(StrEnum):
    """In which ways parts lie differently under the camera."""

    SHIFT = "shift"
    TURN = "turn"
    """Shifted and turned in the picture's plane."""


class Register(StrEnum):
    """What is asked of whoever teaches: whether parts are brought to the taught position."""

    OFF = "off"
    SHIFT = "shift"
    TURN = "turn"
    AUTO = "auto"
    """Where the good parts lie far enough apart."""


class View(Frozen):
    """One picture of the part: which camera takes it, and what of it is judged."""

    name: str = "top"
    camera: str = "main"
    region: Region | None = None
    """The part of the picture that is judged; None for all of it."""
    mm_per_pixel: FiniteFloat | None = Field(default=None, gt=0.0, le=1000.0)
    """Scale in the part's plane; without it lengths in mm are not given."""
    detail_px: FiniteFloat | None = Field(
        default=None, ge=1.0, le=10_000.0, exclude_if=lambda detail: detail is None
    )
    """The extent of the smallest defect that has to be found, in pixels of the picture, where a person says
    so: the trained eye then looks at the view so closely. None: that is not known."""
    registration: Motion | None = Field(default=None, exclude_if=lambda motion: motion is None)
    """In which ways parts lie differently: each is brought to the taught position before it is judged, and
    goes to manual_review where that cannot be done. None: parts are judged where they lie."""
    masked: bool = Field(default=False, exclude_if=lambda masked: not masked)
    """Whether a part of the view is not judged; the mask lies in the recipe's file."""
    appearances: tuple[str, ...] = Field(default=(), exclude_if=lambda names: not names)
    """The looks that good parts may have (colours, cavities), by name, where each was taught by itself."""


def _never_pass(action: Action) -> Action:
    if action is Action.PASS:
        raise ValueError("must not be pass: neither a breach nor what nobody could read releases a part")
    return action


NeverPass = Annotated[Action, AfterValidator(_never_pass), Field(description="any action but pass")]


class GaugeSpec(Frozen):
    """An instrument in view, the limits of its reading, and what follows where it does not keep them."""

    name: Printable = Field(min_length=1, max_length=64)
    kind: Literal["analogue", "digital"] | None = Field(default=None, exclude_if=lambda kind: kind is None)
    """What recipes said before ``reads`` was there; with it, it may not say otherwise."""
    view: str = "top"
    """One of ``views`` or ``gauge_views``."""
    region: Region
    """Where in the view's picture it is looked for. Places in ``reads`` are the whole picture's too."""
    unit: Unit = ""
    low: FiniteFloat | None = Field(default=None, exclude_if=lambda low: low is None)
    high: FiniteFloat | None = Field(default=None, exclude_if=lambda high: high is None)
    """Limits in ``unit``; None: no such limit. A lamp's: 0 off, 1 on, 2 blinking; a code has none."""
    reads: Description | None = Field(default=None, exclude_if=lambda reads: reads is None)
    """How it is read. None: nobody has said, and it is unreadable."""
    colours: tuple[str, ...] = Field(default=(), max_length=8, exclude_if=lambda colours: not colours)
    """Those that a lamp may shine in, of those that ``reads`` names; empty: any."""
    on_breach: NeverPass = Field(default=Action.REWORK, exclude_if=lambda action: action is Action.REWORK)
    """What follows a value outside of the limits, a lamp or code that is not as wanted."""
    on_unreadable: NeverPass = Field(
        default=Action.MANUAL_REVIEW, exclude_if=lambda action: action is Action.MANUAL_REVIEW
    )
    doubt_k: FiniteFloat = Field(default=2.0, ge=0.0, le=10.0, exclude_if=lambda k: k == 2.0)
    """A value within so many standard uncertainties of a limit is in doubt (ISO 14253-1): the part goes to
    manual_review."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for problem in self._problems():
            raise ValueError(f"gauge {self.name!r}: {problem}")
        return self

    def _problems(self) -> Iterator[str]:
        limits = [limit for limit in (self.low, self.high) if limit is not None]
        if len(limits) == 2 and limits[0] > limits[1]:
            yield f"low {self.low} is above high {self.high}"
        if self.reads is None:
            if self.kind is None:
                yield "it must say what it reads"
            return
        said = {"analogue": "dial", "digital": "display"}.get(self.kind or "", self.reads.kind)
        if said != self.reads.kind:
            yield f"kind is {self.kind}, but it reads a {self.reads.kind}"
        if (unit := getattr(self.reads, "unit", "")) and unit != self.unit:
            yield f"its unit is {self.unit!r}, but what it reads is in {unit!r}"
        if isinstance(self.reads, CodeDescription | LampDescription):
            inner = self.reads.region
            if inner is not None and not holds(self.region, inner):
                yield f"it looks in {self.region}, and what it reads lies in {inner}"
        if isinstance(self.reads, CodeDescription) and limits:
            yield "a code has no limits; its pattern says what may stand in it"
        if isinstance(self.reads, LampDescription):
            if not {*limits} <= {OFF, ON, BLINKING}:
                yield "a lamp's limits are states: 0 off, 1 on, 2 blinking"
            if not {*self.colours} <= self.reads.colours.keys():
                yield "colours names one that the lamp's description lacks"
        elif self.colours:
            yield "only a lamp has colours"

    def as_wanted(self, reading: GaugeReading) -> bool:
        """Whether a lamp or code that was read is as wanted, beside its limits; all else always is."""
        if isinstance(self.reads, CodeDescription):
            return self.reads.fits(reading.text)
        if isinstance(self.reads, LampDescription) and self.colours and reading.value != 0.0:
            return reading.text in self.colours
        return True

    def reading_of(self, reading: Reading) -> GaugeReading:
        """What a decision says of a reading, against these limits."""
        said = GaugeReading(
            name=self.name,
            value=reading.value,
            unit=self.unit,
            low=self.low,
            high=self.high,
            in_range=reading.readable and within(reading.value, self.low, self.high),
            uncertainty=reading.uncertainty or 0.0,
            kind=reading.kind,
            view=self.view,
            box=reading.box,
            text=reading.text,
            angle_deg=reading.angle_deg,
            reason=reading.reason,
        )
        return said if self.as_wanted(said) else said.model_copy(update={"in_range": False})


class DefectRule(Frozen):
    """A rule of the policy: defects of ``type``, from ``min_severity`` on, ask for ``action``."""

    type: str = Field(default=ANY_TYPE, max_length=64, pattern=r"^(\*|[\w][\w .-]*)$")
    """A name as ``defect_types`` has it, or ``*`` for any."""
    min_severity: Severity = Severity.MINOR
    action: Action


class GreyLevels(Frozen):
    """What pictures a recipe judges, and how they become the 8 bits that are judged and shown."""

    bit_depth: BitDepth = 8
    """Bits of a channel; stated when it was taught. A picture of another depth is never judged."""
    to_8_bits: EightBitRule = EightBitRule.LINEAR
    """See ``inspection.levels.to_8_bits``."""

    def misfit(self, frame: Frame) -> str:
        """Why a frame is not one for this recipe, in words; empty where it is."""
        if frame.bit_depth == self.bit_depth:
            return ""
        return f"picture has {frame.bit_depth} bits, the recipe was taught at {self.bit_depth}"

    def of(self, frame: Frame) -> Picture:
        """What is judged of a frame, in 8 bits. Raises RecipeError where it is of another depth."""
        if problem := self.misfit(frame):
            raise RecipeError(
                problem,
                part="the part goes to manual review",
                todo=f"set the camera to {self.bit_depth} bits, or teach the recipe with --bit-depth "
                f"{frame.bit_depth}",
            )
        return self.shown(frame.picture)

    def shown(self, picture: RawPicture) -> Picture:
        """A picture of this depth in 8 bits. Raises ValueError where it is of another."""
        return to_8_bits(picture, bit_depth=self.bit_depth, rule=self.to_8_bits)


EIGHT_BITS: Final = GreyLevels()
"""What a recipe judges that says nothing of grey levels: pictures of 8 bits, as they are."""


class QualityLimits(Frozen):
    """When a picture is not fit to be judged.

    Grey levels are given from 0 to 255; for a picture of another depth they are 255ths of its white.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    min_mean: float = Field(default=12.0, ge=0.0, le=255.0)
    max_mean: float = Field(default=245.0, ge=0.0, le=255.0)
    max_saturated: Probability = 0.6
    """Share of pixels at 250/255 of white or more."""
    min_contrast: float = Field(default=3.0, ge=0.0)
    """Standard deviation of grey levels over the picture."""
    min_focus: float = Field(default=0.0, ge=0.0)
    """Least focus measure (``inspection.pictures.quality``), taught from good parts; 0 switches it off."""
    least_channels: tuple[float, float, float] | None = Field(
        default=None, exclude_if=lambda least: least is None
    )
    """Least contrast of red, green and blue, taught from good parts (``inspection.pictures.channels``): below
    it a channel is dead. None, and then not written, switches it off."""
    size: tuple[int, int] | None = None
    """Width and height that a picture must have; None for any."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.min_mean > self.max_mean:
            raise ValueError(f"min_mean {self.min_mean} is above max_mean {self.max_mean}")
        if self.size is not None and (min(self.size) < 1 or self.size[0] * self.size[1] > MOST_PIXELS):
            raise ValueError(f"{self.size} is not the size of a picture")
        return self


DefectName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w][\w .-]*$")]
"""Letters, digits, spaces, dots and hyphens: a name that needs no escape in JSON."""

LateAction = Annotated[Action, Field(description="any action but pass")]


class ShownType(Frozen):
    """A type of defect that examples show, and what is known of it from them."""

    name: DefectName
    examples: int = Field(ge=1)
    groups: int = Field(ge=1)
    """How many parts, or bursts of near-copies, the examples come from."""
    right: Probability | None
    """The share of its examples that was called so while held out, *unknown* counting as wrong; None for a
    single type, which is told from nothing."""


class Recipe(Frozen):
    """Everything about one product that people decide; what was learned of it lies in the same file."""

    id: int = Field(ge=1, le=0xFFFF)
    version: int = Field(default=1, ge=1)
    name: str = Field(min_length=1, max_length=64, pattern=r"^[\w][\w .-]*$")
    views: tuple[View, ...] = (View(),)
    gauge_views: tuple[View, ...] = Field(default=(), max_length=8, exclude_if=lambda views: not views)
    """Pictures that are taken for gauges alone; of the part itself nothing is judged in them."""
    gauges: tuple[GaugeSpec, ...] = Field(default=(), max_length=MOST_GAUGES)
    policy: tuple[DefectRule, ...] = (
        DefectRule(min_severity=Severity.MINOR, action=Action.REWORK),
        DefectRule(min_severity=Severity.CRITICAL, action=Action.STOP),
    )
    instruction: str = Field(default="", max_length=2000)
    """The policy in words, for the language model, in English or Chinese; empty: the rules are put in words.
    Words can ask for more than the rules, never for less: the guard holds every decision to the rules."""
    defect_types: tuple[DefectName, ...] = Field(default=(), max_length=32)
    """What the language model may call a defect; empty: the types that the rules name. ``none`` and ``other``
    are always legal."""
    shown_types: tuple[ShownType, ...] = Field(default=(), max_length=32, exclude_if=lambda types: not types)
    """Types that are named by examples, which lie in the same file; ``passgate recipe types`` shows them."""
    unheard_accepted: bool = False
    """Whether a person accepted that rules or words ask for more than is done, since they speak of types that
    the language model cannot name (``models.inspectors.unheard``)."""
    motion: PhysicsContext | None = None
    """Belt, diverter and part, for the action head; None for a nominal line."""
    deadline_ms: int = Field(default=450, ge=50, le=10_000)
    """Internal deadline in ms, counted from the trigger as we saw it."""
    late_policy: LateAction = Action.MANUAL_REVIEW
    """What becomes of a part whose decision was late; never pass."""
    review_band: Probability = 0.0
    """A part whose probability of being normal lies this close to the threshold goes to manual_review."""
    quality: QualityLimits = QualityLimits()
    levels: GreyLevels = Field(default=EIGHT_BITS, exclude_if=lambda levels: levels == EIGHT_BITS)
    """Depth and way to 8 bits. Not written where both are usual: files from before stay as they are."""
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$", exclude=True)
    """SHA-256 of the file that the recipe was read from, which cannot hold it; empty where it is in none."""

    @property
    def ref(self) -> RecipeRef:
        """What a decision says of the recipe that it was made by."""
        return RecipeRef(id=self.id, version=self.version, sha256=self.sha256)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [view.name for view in self.views]
        if not names or len(set(names)) != len(names):
            raise ValueError("a recipe needs at least one view, and each view a name of its own")
        names += [view.name for view in self.gauge_views]
        if len(set(names)) != len(names):
            raise ValueError("each view for gauges needs a name of its own, which no other view has")
        for gauge in self.gauges:
            if gauge.view not in names:
                raise ValueError(f"gauge {gauge.name!r} looks at view {gauge.view!r}, which the recipe lacks")
        if len({gauge.name for gauge in self.gauges}) != len(self.gauges):
            raise ValueError("each gauge needs a name of its own")
        if self.late_policy is Action.PASS:
            raise ValueError("late_policy must not be pass: a late part is never released")
        return self

    @property
    def has_words(self) -> bool:
        """Whether it gives the language model anything to say: names of defects, or an instruction."""
        return bool(self.named_types or self.instruction.strip())

    @property
    def named_types(self) -> tuple[str, ...]:
        """What a defect may be called: what the rules or ``defect_types`` name, and what examples show."""
        ruled = tuple(rule.type for rule in self.policy if rule.type != ANY_TYPE)
        shown = (one.name for one in self.shown_types)
        return tuple(dict.fromkeys((*(self.defect_types or ruled), *shown)))

    @property
    def legal_actions(self) -> tuple[Action, ...]:
        """What a model may ask for: what the rules name, and in every recipe pass and manual_review."""
        asked = {rule.action for rule in self.policy} | {Action.PASS, Action.MANUAL_REVIEW}
        return tuple(action for action in Action if action in asked)

    def action_for(self, defects: tuple[Defect, ...]) -> Action:
        """What the policy asks for: the strictest action of any rule that any defect meets.

        A defect that no rule names is not let through: it asks for manual_review.
        """
        action = Action.PASS
        for defect in defects:
            matching = [
                rule.action
                for rule in self.policy
                if rule.type in (ANY_TYPE, defect.type) and defect.severity.rank >= rule.min_severity.rank
            ]
            if not matching:
                action = action.at_least(Action.MANUAL_REVIEW)
            for asked in matching:
                action = action.at_least(asked)
        return action
