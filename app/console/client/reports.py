"""What the Report screen asks of the engine, and how the answers read."""

from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ValidationError

from app.api.messages import ReportFormat
from app.console.client.asking import Answer, Request
from inspection.signing.shown import ShiftPage, ShiftShown, SignedShown, SignOrder

SHIFTS: Final = "reports shifts"
PAGES: Final = "reports pages"
FILE: Final = "reports file"
SIGNATURE: Final = "reports signature"
REPORT_TIMEOUT_S: Final = 80.0
"""The engine gives a report up before."""
MOST_FILE_BYTES: Final = 64 * 1024 * 1024

_Model = TypeVar("_Model", bound=BaseModel)


def shifts_wanted(before: datetime | None) -> Request:
    """Ask for the shifts that began before; None for the newest."""
    query = "" if before is None else f"?{urlencode({'before': before.isoformat()})}"
    return Request(topic=SHIFTS, path=f"/api/shifts{query}")


def report_wanted(shift: ShiftShown, form: ReportFormat, language: str) -> Request:
    """Ask for a file of a shift's report, or for its printed pages as a picture."""
    pages = form is ReportFormat.PNG
    query = {"date": shift.day.isoformat(), "shift": shift.name, "format": form.value, "lang": language}
    return Request(
        topic=PAGES if pages else FILE,
        path=f"/api/reports/shift?{urlencode(query)}",
        timeout_s=REPORT_TIMEOUT_S,
        most_bytes=MOST_FILE_BYTES,
        picture=pages,
    )


def signature(order: SignOrder) -> Request:
    """Ask for a signature to be put on record."""
    return Request(
        topic=SIGNATURE,
        path="/api/reports/shift/signatures",
        method="POST",
        body=order.model_dump(mode="json"),
        timeout_s=REPORT_TIMEOUT_S,
        own_proof=True,
    )


def shifts_in(answer: Answer) -> ShiftPage | None:
    """The shifts that came; None where none did, or they cannot be read."""
    return _read(answer, ShiftPage)


def signed_in(answer: Answer) -> SignedShown | None:
    """The signature that is on record; None where that is not known."""
    return _read(answer, SignedShown)


def _read(answer: Answer, kind: type[_Model]) -> _Model | None:
    if answer.problem is not None:
        return None
    try:
        return kind.model_validate_json(answer.body)
    except (ValidationError, RecursionError):
        return None
