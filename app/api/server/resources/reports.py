"""Shifts and their reports as clients see them: the list, the files, and who signs."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import FastAPI, HTTPException, Query, Response

from app.api.messages import Question, ReportAsked, ReportFormat, ReportLanguage
from app.api.server.answers import as_json, in_chunks
from app.api.server.api_end import REPORT_TIMEOUT_S, ApiEnd
from app.api.server.doors import REFUSALS, Who, needs
from inspection.access.rights import Right
from inspection.alarms.history import Moment
from inspection.signing.shown import MOST_A_PAGE, ShiftPage, ShiftsAsked, SignedShown, SignOrder

_NO_REPORT: Final[dict[int | str, dict[str, Any]]] = {
    404: {"description": "There is no such shift, or it has not begun."},
    503: {"description": "It cannot be made now: the record cannot be read, or too many reports are asked."},
}
_MEDIA_TYPES: Final = {
    ReportFormat.PDF: "application/pdf",
    ReportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ReportFormat.CSV: "text/csv; charset=utf-8",
    ReportFormat.JSON: "application/json",
    ReportFormat.DFQ: "text/plain; charset=utf-8",
    ReportFormat.PNG: "image/png",
}


def add_reports(api: FastAPI, engine: ApiEnd) -> None:
    """The routes."""

    @api.get("/api/shifts", response_model=ShiftPage, responses={503: _NO_REPORT[503]})
    async def shifts(
        before: Annotated[Moment | None, Query(description="As the page before says ``next``.")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_A_PAGE)] = 21,
    ) -> Response:
        """The shifts, newest first, with the signatures below their reports."""
        asked = ShiftsAsked(before=before, limit=limit)
        return as_json(await engine.ask(Question.SHIFTS, asked.model_dump_json()))

    @api.get("/api/reports/shift", response_class=Response, responses=_NO_REPORT)
    async def shift_report(
        day: Annotated[date | None, Query(alias="date", description="On which the shift began.")] = None,
        shift: Annotated[str, Query(max_length=32, description="Its name in the station's settings.")] = "",
        form: Annotated[ReportFormat, Query(alias="format")] = ReportFormat.PDF,
        language: Annotated[ReportLanguage, Query(alias="lang")] = ReportLanguage.EN,
    ) -> Response:
        """The report of a shift; without ``date`` and ``shift`` of the running one, which is provisional."""
        if (day is None) != (not shift):
            raise HTTPException(422, "date and shift go together: a shift is named by both")
        asked = ReportAsked(day=day, shift=shift, form=form, language=language)
        name, file = (await engine.report(asked.model_dump_json())).split(b"\n", 1)
        said = in_chunks(file, media_type=_MEDIA_TYPES[form], cache="no-store")
        said.headers["Content-Disposition"] = f'attachment; filename="{name.decode()}"'
        return said

    @api.post("/api/reports/shift/signatures", response_model=SignedShown, responses=_NO_REPORT | REFUSALS)
    async def sign(order: SignOrder, who: Annotated[Who, needs(Right.READ)]) -> Response:
        """Sign the report of a shift that is over, as ``user`` with his own password, asked each time.

        Whoever signs has the right to by that, whoever is signed in. A refusal is on record.
        """
        signed = await engine.order(
            order.model_dump_json(), by=who.by, what=Question.SIGN_REPORT, timeout_s=REPORT_TIMEOUT_S
        )
        return as_json(signed)
