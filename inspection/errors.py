"""The one hierarchy of errors that reach a person."""

import re
from typing import ClassVar

from inspection.messages.codes import Code
from inspection.messages.disk import refusal
from inspection.messages.message import MOST_DETAIL, NONE, Message, Params, Sentence
from inspection.messages.telling import said_as


class PassgateError(Exception):
    """Something went wrong that a person can mend.

    The message answers three questions, in this order: what happened, what becomes of the part,
    and what to do.

    Args:
        what: What happened, as a sentence without a full stop.
        part: What it means for the part or the line; empty where no part is concerned.
        todo: What to do about it.
        code: What it says in every language, in short; None where its class alone says that.
        params: What the code is said with.
    """

    code: ClassVar[Code] = Code.OTHER_ERROR
    """What every error of this class says, where it has no message of its own."""

    def __init__(
        self,
        what: str,
        *,
        part: str = "",
        todo: str = "",
        code: Code | str | None = None,
        params: Params = NONE,
    ) -> None:
        self.what = what
        self.part = part
        self.todo = todo
        self.message = Message(code=code or self.code, params=dict(params))
        super().__init__(". ".join(s.rstrip(".") for s in (what, part, todo) if s).replace("?. ", "? "))

    @property
    def sentence(self) -> Sentence:
        """All that it says, which other languages than English tell in short."""
        return self._saying(str(self))

    @property
    def what_happened(self) -> Sentence:
        """``what`` alone, without what becomes of the part and what to do."""
        return self._saying(self.what)

    def _saying(self, text: str) -> Sentence:
        """``text``, and in other languages the code, with what the disk said where that was the cause."""
        more = {"detail": text[:MOST_DETAIL], "causes": refusal(self.__cause__)}
        return Sentence(text, (self.message.model_copy(update=more),))

    @property
    def kind(self) -> str:
        """What refused, in one word for programs: ``settings``, ``recipe``, ``record_refused``.

        >>> SettingsError("").kind
        'settings'
        """
        return re.sub(r"(?<=.)(?=[A-Z])", "_", type(self).__name__.removesuffix("Error")).lower()


class CameraError(PassgateError):
    """No picture came: the camera is absent, hung, or its file cannot be read."""

    code = Code.CAMERA_ERROR


class RecipeError(PassgateError):
    """A recipe is unknown, unreadable, or does not fit the pictures or the model."""

    code = Code.RECIPE_ERROR


class InspectorError(PassgateError):
    """The model cannot be asked now: its process was lost, or is being started."""

    code = Code.INSPECTOR_ERROR


class CertificateError(PassgateError):
    """What was asked cannot be certified, or a certificate cannot be read."""

    code = Code.CERTIFICATE_ERROR


class PositionError(PassgateError):
    """A part does not lie as it was taught, or nothing shows where it lies: it is judged by a person."""

    code = Code.POSITION_ERROR


class WeightsError(PassgateError):
    """Base weights or a taught memory are missing, damaged, or not the ones that were named."""

    code = Code.WEIGHTS_ERROR


class StoreError(PassgateError):
    """The record could not be written or read."""

    code = Code.STORE_ERROR


class RecordRefusedError(StoreError):
    """The record contradicts what is stored; trying again cannot help, and nothing is broken but this."""

    code = Code.RECORD_REFUSED_ERROR


class AccessError(PassgateError):
    """Somebody is not who he says, or may not do what he asks, or a name or password cannot be taken."""

    code = Code.ACCESS_ERROR


class ReviewError(PassgateError):
    """What somebody says of a part cannot be put on record so; ``message.code`` says why in any language."""

    code = Code.REVIEW_ERROR


class LineError(PassgateError):
    """The PLC cannot be reached, or does not speak the register map."""

    code = Code.LINE_ERROR


class SettingsError(PassgateError):
    """The station's settings are wrong: an unknown key, a value out of range, a port in use."""


class DatasetError(PassgateError):
    """Training data are missing, or not what their format says."""


def in_words(error: BaseException) -> Sentence:
    """What an error says to people: its own sentence where it is meant for them, else that it is a bug."""
    if isinstance(error, PassgateError):
        return error.sentence
    return said_as(f"internal error: {error!r}", Code.INTERNAL_ERROR)
