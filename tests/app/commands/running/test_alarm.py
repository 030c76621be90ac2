"""``passgate alarm``: what stands and what there was, in both languages, from the record alone."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from inspection.alarms.alarm_list import AlarmList
from inspection.alarms.catalogue import AlarmCode
from inspection.alarms.on_record import subjects_of
from inspection.events import Event, EventKind
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.status import Alarm, Shelf
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.app.running import Passgate, Said, assert_one_line
from tests.reports.parts import START


@pytest.fixture
def alarm(passgate: Passgate, tmp_path: Path) -> Callable[..., Said]:
    """The command on a record in which a disk was silent, a line was halted, and a record was late."""
    store = SqlStore(StoreSettings(folder=tmp_path / "record"))
    store.open()

    def note(kind: EventKind, one: Alarm, by: str) -> None:
        said = {"detail": one.text, "coded": one.coded, "subjects": subjects_of(one, kind)}
        store.note(Event.model_validate({"at": START, "kind": kind, "by": by or "engine", **said}))

    alarms = AlarmList(note)
    alarms.raise_(AlarmCode.PICTURES_SILENT, say(Code.PICTURES_SILENT, silent_s=3.0), START)
    alarms.acknowledge(alarms, by="anna")
    alarms.gone(AlarmCode.PICTURES_SILENT)
    alarms.raise_(AlarmCode.LINE_HALTED, say(Code.PLC_SILENT), START)
    alarms.raise_(AlarmCode.BAD_PICTURE, "[bold]too dark", START)
    until = START + timedelta(hours=1)
    alarms.shelve(alarms[0], Shelf(by="bert", since=START, until=until, reason="the lamp is ordered"))
    store.close()

    def run(*arguments: object) -> Said:
        return passgate("alarm", *arguments, "--record", tmp_path / "record")

    return run


def test_what_stands_is_listed_with_what_it_means_and_what_to_do(alarm: Callable[..., Said]) -> None:
    said = alarm("list")
    assert said.code == 0
    assert "0x2101 [medium, unacknowledged, first-out] the PLC does not answer" in said.out
    assert "press reset at the PLC" in said.out
    assert "0x1202 [low, shelved, until " in said.out
    assert "by bert] [bold]too dark" in said.out
    assert "0x1407" not in said.out, "it was seen, and is over"
    chinese = alarm("list", "--lang", "zh").out
    assert "PLC 无应答" in chinese or "PLC" in chinese
    assert "产线已停" in chinese


def test_programs_are_told_all_of_it_in_both_languages(alarm: Callable[..., Said]) -> None:
    shelved, halted = json.loads(alarm("list", "--json").out)["alarms"]
    assert (shelved["state"], shelved["shelf"]["reason"]) == ("shelved", "the lamp is ordered")
    assert (halted["state"], halted["priority"], halted["first_out"]) == ("unacknowledged", "medium", True)
    assert halted["texts"].keys() == halted["response"].keys() == {"en", "zh"}
    assert halted["texts"]["zh"] != halted["texts"]["en"] == halted["text"]


def test_the_history_goes_back_page_by_page(alarm: Callable[..., Said]) -> None:
    page = json.loads(alarm("history", "--limit", 2, "--json").out)
    assert [one["code"] for one in page["alarms"]] == [AlarmCode.BAD_PICTURE, AlarmCode.LINE_HALTED]
    (last,) = json.loads(alarm("history", "--before", page["next"], "--json").out)["alarms"]
    assert (last["acknowledged_by"], last["priority"], page["waiting"]) == ("anna", "low", 0)
    told = alarm("history", "--limit", 2).out
    assert f"there are earlier ones: --before {page['next']}" in told
    assert "0x1202 [low] [bold]too dark" in told
    assert "not acknowledged; shelved until " in told
    oldest = alarm("history", "--before", page["next"]).out
    assert "; over " in oldest
    assert " by anna; " in oldest


def test_the_history_is_searched_by_time_and_priority(alarm: Callable[..., Said]) -> None:
    def codes(*which: object) -> list[int]:
        return [one["code"] for one in json.loads(alarm("history", *which, "--json").out)["alarms"]]

    assert codes("--priority", "medium") == [AlarmCode.LINE_HALTED]
    assert codes("--to", START.isoformat()) == []
    assert len(codes("--from", START.isoformat())) == 3
    assert_one_line(alarm("history", "--from", "yesterday"), "--from 'yesterday' is not a time")
    assert alarm("history", "--priority", "enormous").code == 2
    assert alarm("list", "--lang", "fr").code == 2


def test_where_there_is_no_record_it_says_so(passgate: Passgate, tmp_path: Path) -> None:
    assert_one_line(passgate("alarm", "list", "--record", tmp_path), "There is no record at")
    assert list(tmp_path.iterdir()) == []
