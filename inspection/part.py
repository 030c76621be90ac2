"""One part's passage: its trigger, its pictures, its outcome, and the record of all that."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from inspection.certification.certificate import CertificateRef
from inspection.challenge.look import ChallengeLook
from inspection.decision import Action, Decision, Frozen
from inspection.errors import CameraError
from inspection.instruments.reading import ReadText
from inspection.levels import BitDepth, RawPicture, misfit
from inspection.levels import Picture as Picture
from inspection.messages.message import Coded


class Trigger(Frozen):
    """The PLC says that a part is under the camera."""

    seq: int = Field(ge=1, le=0xFFFF)
    """The PLC's sequence number, 1 to 65535, then 1 again."""
    part_id: int = Field(ge=0, le=0xFFFFFFFF)
    plc_boot_id: int = Field(ge=0, le=0xFFFF)
    """Which run of the PLC's program counted ``seq``."""
    recipe_request: int = Field(default=0, ge=0, le=0xFFFF)
    """The recipe the PLC asks for; 0 keeps the active one."""
    deadline_ms: int = Field(default=500, ge=0, le=0xFFFF)
    """The PLC's own deadline, from its photo-eye to the result in its registers."""
    seen_ns: int = 0
    """When we saw it, on the monotonic clock; meaningless in another run of the program."""
    seen_at: datetime
    """When we saw it, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One picture, as the camera gave it. Treated as immutable: never write into ``picture``.

    Raises:
        CameraError: The picture is not of the depth that is said.
    """

    picture: RawPicture
    camera: str
    captured_at: datetime
    """UTC, for people and the record: the wall clock may be set back, so no age is counted from it."""
    captured_ns: int = 0
    """When it arrived here, on the monotonic clock; meaningless in another run of the program."""
    number: int
    """Counts up with each picture of this camera since it was opened."""
    simulated: bool
    """True unless a lens looked at this very part: rendered pictures and replayed files are simulated."""
    source: str = ""
    """File name or address, for people."""
    truth: "Truth | None" = None
    """What is known of the part, where the source knows it; never shown to the inspector."""
    bit_depth: BitDepth = 8
    """Bits of a channel that the camera fills; from 10 on ``picture`` is uint16."""

    def __post_init__(self) -> None:
        if problem := misfit(self.picture, self.bit_depth):
            raise CameraError(
                f"camera {self.camera!r} gave a picture of another depth than it should: {problem}",
                part="the part has no picture and is not released",
                todo="set the camera's pixel format and its bit_depth in the settings to the same depth",
            )

    def age_ms(self, now_ns: int) -> float:
        """How long ago it was taken, where the monotonic clock shows ``now_ns``."""
        return (now_ns - self.captured_ns) / 1e6


class Truth(Frozen):
    """What is really on the part, from the simulator or a sidecar file."""

    defective: bool
    types: tuple[str, ...] = ()
    readings: dict[str, float] = Field(default_factory=dict)
    """What dials and displays really show, by name, in their own units."""


class Identity(Frozen):
    """Which part it is, by what stands on it or by what the PLC says of it."""

    serial: ReadText = ""
    lot: ReadText = ""
    source: Literal["code", "plc"] = "code"
    """Read off a code in view, or words of the PLC."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.serial or self.lot):
            raise ValueError("an identity has a serial or a lot; where neither is known there is none")
        return self


class Outcome(StrEnum):
    """What the PLC says became of the part, or what we know where it cannot say."""

    RELEASED = "released"
    DIVERTED = "diverted"
    STOPPED = "stopped"
    HELD = "held"
    DEFAULT_REJECTED = "default_rejected"
    UNCONFIRMED = "unconfirmed"
    """The PLC restarted or forgot before it told: a person must look for this part."""


class MissedCause(StrEnum):
    """Why a trigger got no inspection."""

    GAP = "gap"
    """The sequence number jumped: the trigger came and went between two cycles or while the link was down."""
    OVERRUN = "overrun"
    """It came while another part was being judged."""
    NOT_READY = "not_ready"
    """It came while the station was halted, held or had no recipe."""
    RESTART = "restart"
    """It was open when Passgate started."""
    BYPASS = "bypass"
    """The PLC's bypass key was turned: the line ran without looking at the part."""
    BEFORE_RECORD = "before_record"
    """It was seen by an engine with another record, or with rows that this one has lost: what that one
    decided is not known here."""


class WithheldCause(StrEnum):
    """Why the PLC was never offered the decision on a part that was judged."""

    NOT_RECORDED = "not_recorded"
    """Neither database nor spool took the intent (promise 4)."""
    RECORDED_LATE = "recorded_late"
    """Decided in time, but on record only when the PLC waited no longer."""
    REFUSED = "refused"
    """The link took no result any more: the PLC waited no longer, restarted, or was gone."""


def went_as_decided(
    action: Action, *, published: bool, outcome: Outcome | None, revision: int
) -> bool | None:
    """Whether it went with a judged part as was decided, by what is on record; None where that is open.

    An intent is on record before the PLC is offered it, and the engine may die in between: only a later
    revision, or an outcome, tells whether it was. What the PLC was never offered, rejected by default, or
    cannot tell of did not go as decided; neither did a pass that was not released.

    >>> went_as_decided(Action.PASS, published=True, outcome=None, revision=0) is None
    True
    >>> went_as_decided(Action.PASS, published=True, outcome=Outcome.DEFAULT_REJECTED, revision=1)
    False
    """
    if not published:
        return False
    if outcome is None:
        return True if revision > 0 else None
    if outcome in (Outcome.DEFAULT_REJECTED, Outcome.UNCONFIRMED):
        return False
    return (action is Action.PASS) == (outcome is Outcome.RELEASED)


class Inspection(Frozen):
    """The record of one part. ``revision`` 0 is the intent; each later one supersedes the one before."""

    inspection_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    revision: int = Field(default=0, ge=0)
    trigger: Trigger
    decision: Decision
    pictures: tuple[str, ...] = ()
    """SHA-256 of each view's picture in the archive."""
    unkept: str = Field(default="", max_length=500)
    """Why a picture that was taken of the part is not in the archive; empty where each is, or none was taken.
    Before there was this field, the decision's reason alone said so."""
    unkept_coded: Coded = Field(default=(), exclude_if=lambda coded: not coded)
    """What ``unkept`` says, for any language; not written where it is empty."""
    simulated: bool = False
    certificate: CertificateRef | None = None
    """The certificate that held when the part was judged; None where the station was uncertified."""
    published: bool = True
    """False where the decision was never offered to the PLC: missed, or too late."""
    late_decision: Decision | None = None
    """What the model said after the deadline: kept for the record, never offered to the PLC."""
    missed: MissedCause | None = None
    outcome: Outcome | None = None
    outcome_at: datetime | None = None
    explanation: str = Field(default="", max_length=500)
    """The model's own words on its decision, written after it was published; empty where it had no time."""
    recording_ms: float | None = None
    """How long it took to make the intent durable; known from revision 1 on."""
    accepted_ms: float | None = None
    """From the trigger as we saw it to the PLC's acknowledgement as we saw it."""
    identity: Identity | None = Field(default=None, exclude_if=lambda identity: identity is None)
    """None, and then not written, where nothing tells which part it is, or it could not be read."""
    challenge: ChallengeLook | None = Field(default=None, exclude_if=lambda look: look is None)
    """What it was as a piece of a challenge, and no part of the line; not written where it was none."""
    truth: Truth | None = None
    """Known truth in simulations and replays, for measuring; None on a real line."""
    recorded_at: datetime

    @property
    def false_release(self) -> bool:
        """A part known to be defective was released."""
        return self.truth is not None and self.truth.defective and self.outcome is Outcome.RELEASED

    @property
    def published_ms(self) -> float | None:
        """From the trigger as we saw it to the decision handed to the link; None where it is not known."""
        if not self.published or self.missed is not None or self.recording_ms is None:
            return None
        return self.decision.timings_ms.total + self.recording_ms

    @property
    def withheld(self) -> WithheldCause | None:
        """Why the decision was never offered to the PLC; None where it was, or where there was none."""
        if self.published or self.missed is not None:
            return None
        if self.recording_ms is None:
            return WithheldCause.NOT_RECORDED
        deadline_ms = self.trigger.deadline_ms
        late = bool(deadline_ms) and self.decision.timings_ms.total + self.recording_ms >= deadline_ms
        return WithheldCause.RECORDED_LATE if late else WithheldCause.REFUSED

    @property
    def went_as_decided(self) -> bool | None:
        """See the function of this name; of a part that was judged."""
        return went_as_decided(
            self.decision.action, published=self.published, outcome=self.outcome, revision=self.revision
        )

    @property
    def recorded_late(self) -> bool:
        """Decided in time, but on record only when the PLC waited no longer."""
        return self.withheld is WithheldCause.RECORDED_LATE

    @property
    def mismatched_release(self) -> bool:
        """The PLC released a part whose record holds no published pass: a broken promise 2.

        Not where another engine judged it, whose record this is not.
        """
        passed = self.decision.action is Action.PASS and self.published
        elsewhere = self.missed is MissedCause.BEFORE_RECORD
        return self.outcome is Outcome.RELEASED and not (passed or elsewhere)
