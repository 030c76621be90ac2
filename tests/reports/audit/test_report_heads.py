"""What an older report's JSON proves of a record: the heads of both its chains are still there."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from inspection.errors import StoreError
from inspection.events import Event, EventKind
from reports.audit.report_heads import heads_of_report
from reports.audit.verification import verify_record
from reports.database.connecting import open_reader
from reports.record.chain import GENESIS
from reports.settings import StoreSettings
from reports.shift.document.report import shift_report
from reports.store.store import SqlStore
from tests.reports.parts import START, part
from tests.reports.postgresql import on_both


def report_of(settings: StoreSettings, path: Path) -> Path:
    reader = open_reader(settings.url)
    report = shift_report(reader, start=START, end=START + timedelta(hours=8), now=START + timedelta(hours=9))
    reader.dispose()
    path.write_text(report.model_dump_json(), encoding="utf-8")
    return path


@on_both
def test_both_chains_of_a_record_that_grew_are_found_again(
    store: SqlStore, settings: StoreSettings, tmp_path: Path
) -> None:
    store.append(part(1))
    store.note(Event(at=START, kind=EventKind.HOLD, by="Ann"))
    heads = heads_of_report(report_of(settings, tmp_path / "report.json"))
    store.append(part(2))
    store.note(Event(at=START, kind=EventKind.HOLD, by="Ben"))
    verified = verify_record(settings, head=heads.parts, events_head=heads.events)
    assert verified.intact
    assert [(one.table, one.row_hash) for one in verified.named_heads] == [
        ("inspections", heads.parts),
        ("events", heads.events),
    ]


@on_both
@pytest.mark.parametrize("lost", ["row", "event"])
def test_the_report_of_another_record_is_a_break_in_either_chain(
    store: SqlStore, settings: StoreSettings, tmp_path: Path, lost: str
) -> None:
    store.append(part(1))
    store.note(Event(at=START, kind=EventKind.HOLD, by="Ann"))
    heads = heads_of_report(report_of(settings, tmp_path / "report.json"))
    head, events_head = (heads.parts, "f" * 64) if lost == "event" else ("f" * 64, heads.events)
    verified = verify_record(settings, head=head, events_head=events_head)
    assert not verified.intact
    assert f"no {lost} has the head ffff" in verified.reason


@pytest.mark.parametrize(
    ("write", "why"),
    [
        (lambda path: None, "cannot be read"),
        (lambda path: path.mkdir(), "cannot be read"),
        (lambda path: path.write_bytes(b"%PDF-1.7 \x00\xff"), "not the JSON of a shift report"),
        (lambda path: path.write_text('{"summary": {"chain": {"head": 7}}}'), "not the JSON"),
    ],
    ids=["absent", "a folder", "a PDF", "other JSON"],
)
def test_what_is_no_report_is_refused_with_what_to_do(
    tmp_path: Path, write: Callable[[Path], object], why: str
) -> None:
    write(tmp_path / "report.json")
    with pytest.raises(StoreError, match=why) as refused:
        heads_of_report(tmp_path / "report.json")
    assert "was not checked" in str(refused.value)


def test_the_report_of_an_empty_record_proves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    empty = {"head": GENESIS}
    path.write_text(json.dumps({"summary": {"chain": empty, "events": empty}}))
    with pytest.raises(StoreError, match="proves nothing"):
        heads_of_report(path)
