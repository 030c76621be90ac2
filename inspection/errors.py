"""The one hierarchy of errors that reach a person."""

import re


class PassgateError(Exception):
    """Something went wrong that a person can mend.

    The message answers three questions, in this order: what happened, what becomes of the part,
    and what to do.

    Args:
        what: What happened, as a sentence without a full stop.
        part: What it means for the part or the line; empty where no part is concerned.
        todo: What to do about it.
    """

    def __init__(self, what: str, *, part: str = "", todo: str = "") -> None:
        self.what = what
        self.part = part
        self.todo = todo
        super().__init__(". ".join(s.rstrip(".") for s in (what, part, todo) if s).replace("?. ", "? "))

    @property
    def kind(self) -> str:
        """What refused, in one word for programs: ``settings``, ``recipe``, ``record_refused``.

        >>> SettingsError("").kind
        'settings'
        """
        return re.sub(r"(?<=.)(?=[A-Z])", "_", type(self).__name__.removesuffix("Error")).lower()


class CameraError(PassgateError):
    """No picture came: the camera is absent, hung, or its file cannot be read."""


class RecipeError(PassgateError):
    """A recipe is unknown, unreadable, or does not fit the pictures or the model."""


class InspectorError(PassgateError):
    """The model cannot be asked now: its process was lost, or is being started."""


class CertificateError(PassgateError):
    """What was asked cannot be certified, or a certificate cannot be read."""


class WeightsError(PassgateError):
    """Base weights or a taught memory are missing, damaged, or not the ones that were named."""


class StoreError(PassgateError):
    """The record could not be written or read."""


class RecordRefusedError(StoreError):
    """The record contradicts what is stored; trying again cannot help, and nothing is broken but this."""


class LineError(PassgateError):
    """The PLC cannot be reached, or does not speak the register map."""


class SettingsError(PassgateError):
    """The station's settings are wrong: an unknown key, a value out of range, a port in use."""


class DatasetError(PassgateError):
    """Training data are missing, or not what their format says."""
