"""What engine and API process say to each other, beside the station's own messages."""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from app.api.clients import MAX_WHO
from inspection.messages.message import Coded, Sentence
from inspection.status import Mode

MOST_ARGUMENT = 2500
"""Letters; as JSON they fit into a frame, whatever they are (``channel.MOST_ASKED``)."""


class Question(StrEnum):
    """What the API process may ask of the engine; there is nothing else that it can make the engine do."""

    STATE = "state"
    HEALTH = "health"
    HISTORY = "history"
    """Tell the parts on record that changed since this was asked last."""
    REGISTERS = "registers"
    TIMELINE = "timeline"
    DIAGNOSTICS = "diagnostics"
    CAMERA_PICTURE = "camera_picture"
    """The newest picture of the camera that the argument names, as JPEG."""
    PICTURE_PATH = "picture_path"
    """The file of the archived picture whose SHA-256 is the argument."""
    PICTURE_IN_8_BITS = "picture_in_8_bits"
    """That picture as PNG of 8 bits; empty where it is damaged."""
    COMMAND = "command"
    """Do what the argument names."""
    REPORT = "report"
    """Make the report that the argument, a ``ReportAsked``, names: its file's name, a line feed, the file."""
    SHIFTS = "shifts"
    """A page of the shifts, with the signatures below their reports; the argument is a ``ShiftsAsked``."""
    SIGN_REPORT = "sign_report"
    """Put a signature below a report; the argument is a ``SignOrder``."""
    CHALLENGE = "challenge"
    """Do what the argument names with the challenge."""
    REVIEWS = "reviews"
    """The page of parts that the argument, a ``QueueAsked``, names."""
    REVIEW = "review"
    """All that is known of the part whose inspection id is the argument."""
    REVIEW_PUT = "review_put"
    """Put on record what the argument, a ``ToPut``, says."""
    ALARMS = "alarms"
    ALARM_HISTORY = "alarm_history"
    """The page of alarms that the argument, a ``HistoryAsked``, names."""
    ALARM_ORDER = "alarm_order"
    """Do with an alarm what the argument, an ``AlarmOrder``, says."""
    SIGN_IN = "sign_in"
    """Begin a session for whom the argument, a ``SignIn``, names, where he proves himself."""
    SIGN_OUT = "sign_out"
    """End the session of the credential."""
    SEEN = "seen"
    """The session of the credential is in use."""
    ADMIT = "admit"
    """Who the credential lets in, in words for the record, where he has the right that the argument names."""


class Asked(BaseModel):
    """One question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: Question
    argument: str = Field(default="", max_length=MOST_ARGUMENT)
    by: str = Field(default="", max_length=MAX_WHO)
    """Who gives a command; of a sign-in, or where it is asked who somebody is, the client."""
    credential: str = Field(default="", max_length=64)
    """The SHA-256 of the token or key that a client has sent."""


class ReportFormat(StrEnum):
    """What there is of a shift report: ``reports.shift.document.kinds.Kind``, which the API may not know."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"
    DFQ = "dfq"
    PNG = "png"
    """The printed pages below each other, to be looked at on a screen; no file of the report."""


class ReportLanguage(StrEnum):
    """Its languages (ISO 639-1)."""

    EN = "en"
    ZH = "zh"


class ReportAsked(BaseModel):
    """Of which shift a report is asked, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: date | None = None
    """On which the shift began, by the plant's clocks; None for the shift that runs."""
    shift: str = Field(default="", max_length=32)
    """Its name."""
    form: ReportFormat = ReportFormat.PDF
    language: ReportLanguage = ReportLanguage.EN


class Failure(BaseModel):
    """Why there is no answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: int = Field(ge=400, le=599)
    """As HTTP counts failures."""
    detail: str
    """In English."""
    coded: Coded = ()
    """What ``detail`` says, for any language; empty where it is for programs."""

    @classmethod
    def saying(cls, status: int, said: Sentence) -> Self:
        """The failure that people are told of."""
        return cls(status=status, detail=said, coded=said.coded)


class HealthReport(BaseModel):
    """GET /api/health: of the engine, not of the process that serves the API."""

    status: str
    mode: Mode
    pid: int
    peak_memory_mb: float
    """Of the engine and its inference process together, each at its largest."""
    inference_pid: int | None = None
    """The process that holds the models; none while it is started anew."""
