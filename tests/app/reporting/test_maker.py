"""The process that makes a report: what it writes or sends, why it refuses, and that it can be killed."""

import asyncio
import json
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from app.reporting import maker
from app.reporting.maker import ReportRefusedError, made
from app.reporting.messages import Wanted
from app.reporting.process import PAGES_DPI, make
from inspection.errors import StoreError
from inspection.messages.codes import Code
from inspection.messages.telling import CHINESE
from inspection.times.shifts import Shift
from reports.settings import StoreSettings
from reports.shift.document.kinds import Kind, Language
from reports.store.store import SqlStore
from tests.fakes import until
from tests.reports.gauged import gauged, pressure
from tests.reports.parts import START, closed
from tests.reports.shift.the_shift import END

SHIFT = Shift(name="Early", date=date(2026, 3, 2), start=START, end=END)
NAME = "shift_20260302T060000Z_20260302T140000Z"
NOW = datetime(2026, 3, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record of one released part."""
    settings = StoreSettings(folder=tmp_path_factory.mktemp("reporting") / "record")
    store = SqlStore(settings)
    store.open()
    store.append(gauged(1, pressure(4.2)))
    store.append(closed(gauged(1, pressure(4.2))))
    store.close()
    return settings.folder


def wanted(record: Path, **other: object) -> Wanted:
    usual = {
        "store": StoreSettings(folder=record),
        "shift": SHIFT,
        "station": "Line 3",
        "zone": "Asia/Kolkata",
        "kinds": (Kind.JSON, Kind.DFQ),
        "languages": tuple(Language),
    }
    return Wanted.model_validate(usual | other)


def test_files_are_written_or_sent(folder: Path, tmp_path: Path) -> None:
    done, sent = make(wanted(folder), now=NOW)
    assert done.names == (f"{NAME}.json", f"{NAME}.dfq")
    assert (done.sizes, done.as_of) == (tuple(map(len, sent)), None)
    written, nothing = make(wanted(folder, folder=tmp_path / "new" / "reports"), now=NOW)
    assert (written, nothing) == (done, ())
    assert [(tmp_path / "new" / "reports" / name).read_bytes() for name in done.names] == list(sent)


def test_each_language_has_its_file(folder: Path) -> None:
    done, _ = make(wanted(folder, kinds=(Kind.XLSX,)), now=NOW)
    assert done.names == (f"{NAME}_en.xlsx", f"{NAME}_zh.xlsx")


def test_a_shift_that_runs_is_told_to_be_provisional(folder: Path) -> None:
    running = NOW - timedelta(hours=12)
    done, _ = make(wanted(folder), now=running)
    assert done.as_of == running


def test_a_disk_that_would_be_too_full_is_refused(folder: Path, tmp_path: Path) -> None:
    asked = wanted(folder, folder=tmp_path / "reports", keep_free_bytes=1 << 60)
    with pytest.raises(StoreError, match="MB are free for reports"):
        make(asked, now=NOW)
    assert not (tmp_path / "reports").exists()


def test_the_pages_come_as_one_picture_below_each_other(folder: Path) -> None:
    done, (sent,) = make(wanted(folder, kinds=(), pages=True), now=NOW)
    assert done.names == (f"{NAME}.png",)
    picture = cv2.imdecode(np.frombuffer(sent, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    height, width = picture.shape[:2]
    assert width == pytest.approx(210 / 25.4 * PAGES_DPI, abs=2), "A4"
    assert height > 297 / 25.4 * PAGES_DPI, "more than one page"
    assert picture.std() > 5, "and something on them"


def test_the_process_sends_a_report(folder: Path) -> None:
    done, sent = asyncio.run(made(wanted(folder, kinds=(Kind.JSON,)), limit_s=100.0))
    assert (done.names, len(sent)) == ((f"{NAME}.json",), done.sizes[0])
    assert json.loads(sent)["station"] == "Line 3"


@pytest.mark.parametrize(
    ("program", "code", "chinese"),
    [
        ("import time; time.sleep(60)", Code.REPORT_TOO_SLOW, "秒内未完成"),
        ("raise SystemExit(7)", Code.REPORT_PROGRAM_FAILED, "退出码 7"),
        ("print('nonsense')", Code.REPORT_PROGRAM_FAILED, "退出码 0"),
        (
            """print('{"detail":"no room","coded":[{"code":"report_no_room","params":'"""
            """'{"free_mb":1,"least_mb":2}}]}')""",
            Code.REPORT_NO_ROOM,
            "磁盘仅剩 1 MB",
        ),
    ],
)
def test_a_process_that_hangs_or_fails_is_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, code: Code, chinese: str
) -> None:
    (tmp_path / "strange.py").write_text(program, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(maker, "PROGRAM", "strange")
    with pytest.raises(ReportRefusedError) as refused:
        asyncio.run(made(wanted(tmp_path), limit_s=0.5 if code is Code.REPORT_TOO_SLOW else 60.0))
    assert refused.value.sentence.coded[0].code is code
    assert chinese in CHINESE.tell(refused.value.sentence.coded)


def test_an_engine_ends_though_a_report_waits_for_a_dead_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, may_end = threading.Event(), threading.Event()
    killed: list[bool] = []
    waited_for: list[bool] = []

    def stuck(*_: object) -> None:
        began.set()
        may_end.wait(30.0)
        waited_for.append(True)

    monkeypatch.setattr(maker, "_started", lambda _: SimpleNamespace(kill=lambda: killed.append(True)))
    monkeypatch.setattr(maker, "_answered", stuck)

    async def ends() -> None:
        report = asyncio.create_task(made(wanted(tmp_path), limit_s=600.0))
        await until(began.is_set)
        report.cancel()
        await asyncio.gather(report, return_exceptions=True)

    asyncio.run(ends())  # it waits for the threads of its own pool, however long
    may_end.set()
    assert killed
    assert not waited_for
