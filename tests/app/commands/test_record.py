"""``report`` and ``record``: what they say of a record, and when their exit code is not 0."""

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from inspection.part import Outcome
from reports.settings import StoreSettings
from reports.store.spool import FILE_NAME
from reports.store.store import SqlStore
from tests.app.running import Passgate, assert_one_line
from tests.reports.gauged import gauged
from tests.reports.parts import closed, frame, part
from tests.reports.stores import locked

TIMES = ("--from", "2026-03-02T06:00+00:00", "--to", "2026-03-02T14:00+00:00")


@pytest.fixture
def station(tmp_path: Path) -> Path:
    """A station whose spool lies on another disk, with eight parts: three of them wait in the spool."""
    path = tmp_path / "station" / "station.toml"
    path.parent.mkdir()
    path.write_text(
        '[station]\nrecipe = "x"\n[[cameras]]\nname = "main"\nkind = "simulated"\n'
        '[store]\nfolder = "record"\nspool_folder = "../other disk"\nbusy_timeout_ms = 0\n',
        encoding="utf-8",
    )
    return path


@pytest.fixture
def settings(station: Path) -> StoreSettings:
    return StoreSettings(
        folder=station.parent / "record", spool_folder=station.parent.parent / "other disk", busy_timeout_ms=0
    )


def run_parts(settings: StoreSettings, *, spooled: int) -> None:
    store = SqlStore(settings)
    store.open()
    for number in range(1, 9 - spooled):
        record = part(number, pictures=(store.archive_picture(frame(number)),))
        store.append(record)
        store.append(closed(record, Outcome.RELEASED))
    with locked(settings, store):
        for number in range(9 - spooled, 9):
            store.append(part(number))
    store.close()


def test_parts_that_wait_in_a_spool_on_another_disk_are_counted_and_said(
    passgate: Passgate, station: Path, settings: StoreSettings
) -> None:
    """Found by its station file, and by the folder alone: three of eight were left out in silence."""
    run_parts(settings, spooled=3)
    for place in (("--config", station), ("--record", settings.folder)):
        said = passgate("report", "shift", *TIMES, *place, "--json")
        assert said.code == 1
        assert "3 records still wait in the spool" in said.err
        summary = json.loads(said.out)
        assert (summary["parts"], summary["spooled"]) == (8, 3)
        said = passgate("report", "shift", *TIMES, *place, "--format", "csv")
        assert said.code == 1
        assert "3 records still wait in the spool" in said.err
        assert len(list(csv.DictReader(io.StringIO(said.out.removeprefix("\ufeff"))))) == 8
        said = passgate("record", "verify", *place, "--json")
        assert said.code == 0, said.err
        assert json.loads(said.out)["spool"]["waiting"] == 3
        assert "3 records wait in the spool" in passgate("record", "verify", *place).out


@pytest.mark.parametrize(
    ("options", "separator", "decimal"),
    [
        ((), ",", "."),
        (("--decimal", ","), ";", ","),
        (("--separator", ";"), ";", "."),
        (("--separator", "tab", "--decimal", ","), "\t", ","),
    ],
)
def test_csv_is_as_the_countrys_excel_reads_it(
    passgate: Passgate, settings: StoreSettings, options: tuple[str, ...], separator: str, decimal: str
) -> None:
    run_parts(settings, spooled=0)
    said = passgate("report", "shift", *TIMES, "--record", settings.folder, "--format", "csv", *options)
    assert said.code == 0, said.err
    lines = list(csv.DictReader(io.StringIO(said.out.removeprefix("\ufeff")), delimiter=separator))
    assert [line["part_id"] for line in lines] == [str(1000 + number) for number in range(1, 9)]
    assert all(re.fullmatch(rf"\d+{re.escape(decimal)}\d", line["latency_ms"]) for line in lines)


def test_parts_are_found_by_their_serial_and_lot_in_the_spool_too(
    passgate: Passgate, station: Path, settings: StoreSettings
) -> None:
    store = SqlStore(settings)
    store.open()
    first = gauged(1, serial="SN0001", lot="L7")
    store.append(first)
    store.append(closed(first, Outcome.RELEASED))
    store.append(gauged(2, serial="SN0002", lot="L8"))
    with locked(settings, store):
        store.append(gauged(3, serial="SN0003", lot="L7"))
        store.append(gauged(4, serial="SN0001"))
    store.close()

    def found(*wanted: str) -> list[tuple[int, str | None]]:
        said = passgate("record", "find", *wanted, "--config", station, "--json")
        return [(one["trigger"]["part_id"], one["outcome"]) for one in json.loads(said.out)["found"]]

    assert found("--serial", "SN0001") == [(1001, "released"), (1004, None)]
    assert found("--lot", "L7") == [(1001, "released"), (1003, None)]
    assert found("--lot", "L7", "--serial", "SN0001") == [(1001, "released")]
    assert found("--serial", "sn0001") == []
    said = passgate("record", "find", "--serial", "SN0002", "--config", station)
    assert "serial SN0002, lot L8; pass, no outcome yet" in said.out
    assert_one_line(passgate("record", "find", "--config", station), "--serial or --lot")


def test_marks_that_contradict_each_other_are_refused(passgate: Passgate, settings: StoreSettings) -> None:
    run_parts(settings, spooled=0)
    asked = ("report", "shift", *TIMES, "--record", settings.folder)
    both = passgate(*asked, "--format", "csv", "--separator", ",", "--decimal", ",")
    assert_one_line(both, "both the separator and the decimal mark")
    for form in ((), ("--json",), ("--format", "csv", "--json")):
        assert_one_line(passgate(*asked, *form, "--decimal", ","), "are of --format csv")


def test_whose_run_rules_a_report_takes_is_said(passgate: Passgate, settings: StoreSettings) -> None:
    run_parts(settings, spooled=0)
    asked = ("report", "shift", *TIMES, "--record", settings.folder)
    assert json.loads(passgate(*asked, "--json").out)["hours"]["chart"]["rule_set"] == "nelson_1984"
    other = (*asked, "--rules", "western_electric_1956")
    assert json.loads(passgate(*other, "--json").out)["hours"]["chart"]["rule_set"] == "western_electric_1956"
    assert "Western Electric 1956" in passgate(*other).out


def test_the_environment_names_a_record_too(
    passgate: Passgate, settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_parts(settings, spooled=0)
    monkeypatch.setenv("PASSGATE_STORE__FOLDER", str(settings.folder))
    assert json.loads(passgate("report", "shift", *TIMES, "--json").out)["parts"] == 8
    assert json.loads(passgate("record", "verify", "--json").out)["rows"] == 16


def test_a_broken_chain_fails_in_every_format(
    passgate: Passgate, station: Path, settings: StoreSettings
) -> None:
    run_parts(settings, spooled=0)
    store = SqlStore(settings)
    store.open()
    with store._way.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER inspections_no_update")
        connection.exec_driver_sql("UPDATE inspections SET outcome = 'held' WHERE position = 4")
    store.close()
    for form in (("--format", "table"), ("--format", "csv"), ("--json",)):
        said = passgate("report", "shift", *TIMES, "--config", station, *form)
        assert said.code == 1
        assert "THE RECORD IS BROKEN at row 4" in said.err
        assert said.out
    said = passgate("record", "verify", "--config", station)
    assert (said.code, said.out) == (1, "")
    assert "broken at row 4" in said.err


def test_the_head_that_a_report_prints_is_the_head_that_verification_takes(
    passgate: Passgate, station: Path, settings: StoreSettings
) -> None:
    run_parts(settings, spooled=0)
    printed = passgate("report", "shift", *TIMES, "--config", station).out
    found = re.search(r"chain head (\S+)$", printed, re.MULTILINE)
    assert found is not None
    head = found.group(1)
    assert len(head) == 64
    for noted in (head, head[:16], f" {head[:32].upper()} {head[32:]}"):
        said = passgate("record", "verify", "--config", station, "--head", noted)
        assert said.code == 0, said.err
        assert f"the head {head}" in said.out
        assert "row 16" in said.out
    assert "first 16 digits" in passgate("record", "verify", "--config", station, "--head", head[:16]).out
    said = passgate("record", "verify", "--config", station, "--head", head[:15])
    assert said.code == 1
    assert "too few" in said.err
    assert "broken" not in said.err


def test_verification_says_whether_pictures_were_looked_at_and_names_what_is_wrong(
    passgate: Passgate, station: Path, settings: StoreSettings
) -> None:
    run_parts(settings, spooled=0)
    assert "pictures were not checked" in passgate("record", "verify", "--config", station).out
    assert (
        json.loads(passgate("record", "verify", "--config", station, "--json").out)["pictures_checked"]
        is False
    )
    said = passgate("record", "verify", "--config", station, "--pictures")
    assert said.code == 0, said.err
    assert "8 pictures are what the record says" in said.out
    picture = sorted(settings.pictures.rglob("*.png"))[3]
    picture.write_bytes(b"overwritten")
    said = passgate("record", "verify", "--config", station, "--pictures", "--json")
    assert said.code == 1
    assert str(picture) in said.err
    (broken,) = json.loads(said.out)["pictures"]["first_broken"]
    assert f"part {broken['part_id']}:" in said.err


def test_a_damaged_spool_is_a_break(passgate: Passgate, station: Path, settings: StoreSettings) -> None:
    run_parts(settings, spooled=2)
    path = settings.spool / FILE_NAME
    path.write_bytes(path.read_bytes().replace(b'"part_id":1007', b'"part_id":1006'))
    said = passgate("record", "verify", "--config", station, "--json")
    assert said.code == 1
    assert json.loads(said.out)["spool"]["intact"] is False
    assert "is damaged" in said.err
    said = passgate("report", "shift", *TIMES, "--config", station)
    assert said.code == 1
    for command in (said, passgate("record", "verify", "--config", station)):
        assert "Copy the file away" in command.err
        assert "once the spool is drained" not in command.err


def test_an_empty_record_has_no_head_and_zeros_prove_nothing(
    passgate: Passgate, station: Path, settings: StoreSettings
) -> None:
    store = SqlStore(settings)
    store.open()
    store.close()
    for asked in (("report", "shift", *TIMES), ("record", "verify")):
        said = passgate(*asked, "--config", station)
        assert said.code == 0, said.err
        assert "head none: the record is empty" in said.out
    for zeros in ("0" * 64, "0" * 16):
        said = passgate("record", "verify", "--config", station, "--head", zeros)
        assert_one_line(said, "proves nothing")


def test_parts_whose_pictures_were_not_kept_are_shown(
    passgate: Passgate, station: Path, settings: StoreSettings
) -> None:
    run_parts(settings, spooled=0)
    store = SqlStore(settings)
    store.open()
    store.append(part(20))
    store.close()
    said = passgate("record", "verify", "--config", station)
    assert said.code == 0, said.err
    assert "1 parts were looked at, but not all their pictures were kept" in said.out
    for asked in (("report", "shift", *TIMES), ("record", "verify")):
        said = passgate(*asked, "--config", station, "--json")
        assert json.loads(said.out)["pictures_not_kept"] == 1
    table = passgate("report", "shift", *TIMES, "--config", station).out
    assert re.search(r"lack a picture\W+1\b", table)


# --- the nights when the clock is set ---------------------------------------------------------------------

TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine stands in Germany."""
    with monkeypatch.context() as moved:
        moved.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


def run_night(settings: StoreSettings, *, begin: str, parts: int) -> None:
    """One part every ten minutes from ``begin`` on."""
    store = SqlStore(settings)
    store.open()
    for number in range(parts):
        record = part(number + 1)
        seen_at = datetime.fromisoformat(begin) + number * TEN_MINUTES
        store.append(
            record.model_copy(update={"trigger": record.trigger.model_copy(update={"seen_at": seen_at})})
        )
    store.close()


@pytest.mark.parametrize(
    ("begin", "end", "parts"),
    [
        ("2026-10-24T22:00+02:00", "2026-10-25T06:00", 54),  # nine hours: the clock is set back
        ("2026-03-28T22:00+01:00", "2026-03-29T06:00", 42),  # seven: it is set forward
        ("2026-03-02T22:00+01:00", "2026-03-03T06:00", 48),
    ],
)
def test_a_shift_is_as_long_as_the_night_was_and_its_times_have_their_offset(
    passgate: Passgate, berlin: None, station: Path, settings: StoreSettings, begin: str, end: str, parts: int
) -> None:
    """``--to`` alone took eight hours of UTC: 48 of 54 parts."""
    run_night(settings, begin=begin, parts=parts + 6)
    for place in (("--config", station), ("--record", settings.folder)):
        summary = json.loads(passgate("report", "shift", "--to", end, *place, "--json").out)
        assert summary["parts"] == parts
        assert datetime.fromisoformat(summary["start"]) == datetime.fromisoformat(begin)
    table = passgate("report", "shift", "--to", end, "--config", station).out
    ends = datetime.fromisoformat(end).astimezone().isoformat(" ", "minutes")
    assert f"{begin.replace('T', ' ')} to {ends}" in table
    assert f"1001 at {begin[:10]} 22:00:00{begin[-6:]}" in table


def test_a_shift_that_still_runs_began_when_the_stations_shifts_say(
    passgate: Passgate, berlin: None, station: Path, settings: StoreSettings
) -> None:
    station.write_text(
        station.read_text(encoding="utf-8").replace("[station]", '[station]\nshifts = ["05:00", "17:00"]'),
        encoding="utf-8",
    )
    run_night(settings, begin="2026-03-02T05:00+01:00", parts=12)
    asked = ("report", "shift", "--to", "2026-03-02T06:00", "--config", station, "--json")
    assert json.loads(passgate(*asked).out)["parts"] == 6


def test_a_shift_is_reported_by_its_date_and_name_by_the_plants_clocks_and_not_this_machines(
    passgate: Passgate, berlin: None, station: Path, settings: StoreSettings
) -> None:
    named = '{name = "Night", start = "22:00"}, {name = "Day", start = "06:00"}'
    keys = f'zone = "Australia/Lord_Howe"\nshifts = [{named}]'
    station.write_text(
        station.read_text(encoding="utf-8").replace("[station]", f"[station]\n{keys}"),
        encoding="utf-8",
    )
    run_night(settings, begin="2026-04-04T21:00+11:00", parts=70)
    asked = ("report", "shift", "--config", station, "--date", "2026-04-04", "--shift", "Night")
    summary = json.loads(passgate(*asked, "--json").out)
    assert summary["parts"] == 51, "eight and a half hours: half an hour comes twice there"
    assert (summary["shift"]["name"], summary["shift"]["date"]) == ("Night", "2026-04-04")
    assert summary["provisional"] is False
    assert "Shift Night of 2026-04-04, 2026-04-04 22:00+11:00" in passgate(*asked).out
    assert len(passgate(*asked, "--format", "csv").out.splitlines()) == 1 + 51
    running = passgate("report", "shift", "--config", station, "--from", "2026-04-04", "--to", "9000-01-01")
    assert "PROVISIONAL" in running.out
    refused = passgate(*asked, "--from", "2026-04-04")
    assert refused.code == 2
    assert "has its own times" in refused.err


def test_a_local_time_that_comes_twice_or_never_is_named_and_with_its_offset_taken(
    passgate: Passgate, berlin: None, settings: StoreSettings
) -> None:
    run_night(settings, begin="2026-10-25T02:00+02:00", parts=12)
    asked = ("report", "shift", "--record", settings.folder, "--json", "--to", "2026-10-25T06:00", "--from")
    assert_one_line(
        passgate(*asked, "2026-10-25T02:30"),
        r"--from 2026-10-25T02:30 comes twice .*2026-10-25T02:30:00\+02:00 \(the first\) or "
        r"2026-10-25T02:30:00\+01:00 \(the second\)",
    )
    assert json.loads(passgate(*asked, "2026-10-25T02:30+02:00").out)["parts"] == 9
    assert json.loads(passgate(*asked, "2026-10-25T02:30+01:00").out)["parts"] == 3
    for option in ("--from", "--to"):
        assert_one_line(
            passgate("report", "shift", "--record", settings.folder, option, "2026-03-29T02:30"),
            rf"{option} 2026-03-29T02:30 does not exist .*2026-03-29T03:30:00\+02:00",
        )


def test_a_time_without_a_day_before_it_is_refused(passgate: Passgate, settings: StoreSettings) -> None:
    run_parts(settings, spooled=0)
    for option, when in (("--to", "0001-01-01T01:00+00:00"), ("--from", "0001-01-01T00:00+14:00")):
        assert_one_line(passgate("report", "shift", "--record", settings.folder, option, when), option)
