"""Shift reports over the API: who asks is told what was asked for, and many who ask make little work."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from app.api.engine.reports_end import SIGNATURES_AT_ONCE
from app.api.messages import ReportAsked, ReportFormat, ReportLanguage
from app.api.server.api_end import REPORTS_ASKED, NoAnswerError
from inspection.access.rights import Meaning
from inspection.errors import StoreError
from inspection.signing.shown import MOST_A_PAGE, ShiftPage, ShiftsAsked, SignedShown
from reports.shift.document.kinds import Kind, Language
from tests.app.access.doors.people import MES_KEY, PASSWORD
from tests.app.api.serving import FakeEngine, connected, in_engine


def test_the_formats_and_languages_are_those_of_reports() -> None:
    assert [one.value for one in ReportFormat] == [*(one.value for one in Kind), "png"]
    assert [one.value for one in ReportLanguage] == [one.value for one in Language]


@in_engine
async def test_a_report_comes_with_its_name_and_kind(engine: FakeEngine, client: httpx.AsyncClient) -> None:
    asked = {"date": "2026-03-02", "shift": "早班", "format": "dfq", "lang": "zh"}
    answer = await client.get("/api/reports/shift", params=asked)
    assert (answer.status_code, answer.text) == (200, "2026-03-02 早班 zh")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="shift.dfq"'
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    running = await client.get("/api/reports/shift")
    assert (running.text, running.headers["Content-Type"]) == ("None  en", "application/pdf")


@in_engine
async def test_what_is_no_report_is_refused_in_words(engine: FakeEngine, client: httpx.AsyncClient) -> None:
    for params, status in (
        ({"date": "2026-03-02"}, 422),
        ({"shift": "early"}, 422),
        ({"date": "2026-02-30", "shift": "early"}, 422),
        ({"format": "docx"}, 422),
        ({"date": "2026-03-02", "shift": "none"}, 404),
    ):
        answer = await client.get("/api/reports/shift", params=params)
        assert (answer.status_code, bool(answer.json()["detail"])) == (status, True), params

    async def refused(asked: ReportAsked) -> tuple[str, bytes]:
        raise StoreError("the disk of the record is gone")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "report", refused)
        answer = await client.get("/api/reports/shift")
    assert (answer.status_code, "is gone" in answer.json()["detail"]) == (503, True)
    assert answer.json()["coded"]


def test_only_so_many_reports_are_made_for_those_who_ask(tmp_path: Path) -> None:
    """The same for all who ask the same, one at a time; more different ones are refused at once."""

    async def go() -> None:
        engine, made, may_end = FakeEngine(tmp_path), [], asyncio.Event()

        async def slow(asked: ReportAsked) -> tuple[str, bytes]:
            made.append(asked.shift)
            await may_end.wait()
            return "x", b""

        engine.report = slow  # type: ignore[method-assign]
        async with connected(engine) as end:

            def ask(name: str) -> asyncio.Task[bytes]:
                return asyncio.create_task(end.report(ReportAsked(shift=name).model_dump_json()))

            asked = [ask(f"{number % 8}") for number in range(24)]
            await asyncio.sleep(0)
            may_end.set()
            answers = await asyncio.gather(*asked, return_exceptions=True)
        refused = [one for one in answers if isinstance(one, NoAnswerError)]
        assert len(made) == len(set(made)) == REPORTS_ASKED
        assert len(refused) == 3 * (8 - REPORTS_ASKED)

    asyncio.run(go())


@in_engine
async def test_a_report_that_takes_long_keeps_no_other_answer_waiting(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()

    async def slow(asked: ReportAsked) -> tuple[str, bytes]:
        began.set()
        await may_end.wait()
        return "x", b"report"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "report", slow)
        report = asyncio.create_task(client.get("/api/reports/shift"))
        await asyncio.wait_for(began.wait(), 10)
        assert (await client.get("/api/health")).status_code == 200
        assert (await client.post("/api/commands/hold")).json()["accepted"]
        assert not report.done()
        may_end.set()
        assert (await report).content == b"report"


@in_engine
async def test_shifts_come_a_page_at_a_time(engine: FakeEngine, client: httpx.AsyncClient) -> None:
    before = datetime(2026, 3, 2, 6, tzinfo=UTC)
    page = await client.get("/api/shifts", params={"before": before.isoformat(), "limit": 5})
    assert ShiftPage.model_validate_json(page.content) == ShiftPage(shifts=(), next=before)
    assert engine.pages_asked == [ShiftsAsked(before=before, limit=5)]
    for params in (
        {"limit": 0},
        {"limit": MOST_A_PAGE + 1},
        {"before": "yesterday"},
        {"before": "2026-03-02"},
    ):
        assert (await client.get("/api/shifts", params=params)).status_code == 422, params


KNOWN = {"Authorization": f"Bearer {MES_KEY}"}
ORDER = {
    "day": "2026-03-02",
    "shift": "early",
    "meaning": "written",
    "reason": "",
    "user": "Ben",
    "password": PASSWORD,
}


@in_engine
async def test_a_signature_is_given_by_its_own_password_whoever_is_signed_in(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    path = "/api/reports/shift/signatures"
    answer = await client.post(path, json=ORDER, headers=KNOWN)
    signed = SignedShown.model_validate_json(answer.content)
    assert (signed.signature.name, signed.signature.meaning, signed.nth) == ("Ben", Meaning.WRITTEN, 1)
    refused = await client.post(path, json={**ORDER, "password": "wrong"}, headers=KNOWN)
    assert (refused.status_code, bool(refused.json()["coded"])) == (403, True)
    assert (await client.post(path, json={**ORDER, "shift": "none"}, headers=KNOWN)).status_code == 404
    wrong = await client.post(path, json={**ORDER, "meaning": "glanced at"}, headers=KNOWN)
    assert wrong.status_code == 422
    assert PASSWORD not in wrong.text, "what is refused is not said again"


@in_engine
async def test_signatures_that_come_too_often_are_not_tried(
    engine: FakeEngine, client: httpx.AsyncClient
) -> None:
    path, tries = "/api/reports/shift/signatures", range(SIGNATURES_AT_ONCE + 1)
    answers = [await client.post(path, json=ORDER, headers=KNOWN) for _ in tries]
    assert [one.status_code for one in answers] == [200] * SIGNATURES_AT_ONCE + [429]
