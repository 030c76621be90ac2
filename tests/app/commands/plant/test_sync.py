"""``sync``, and what other commands read of many stations: as somebody in the plant's office would ask."""

import json
import os
import signal
from pathlib import Path
from threading import Timer

import pytest

from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.app.running import Passgate, assert_one_line
from tests.reports.gauged import gauged
from tests.reports.parts import closed, part
from tests.reports.plants import Plant, plant_on, two_stations
from tests.reports.postgresql import Server

TIMES = ("--from", "2026-03-02T06:00+00:00", "--to", "2026-03-02T14:00+00:00")


@pytest.fixture(scope="module")
def plant(server: Server) -> Plant:
    return two_stations(server, plant_on(server), 1)


def station(folder: Path, plant: Plant, name: str) -> Path:
    """A station's settings and its record of three parts, one of them of serial S7."""
    folder.mkdir()
    path = folder / "station.toml"
    path.write_text(
        f'[station]\nname = "{name}"\nrecipe = "x"\n[[cameras]]\nname = "main"\nkind = "simulated"\n'
        f'[store]\nfolder = "record"\n[plant]\nurl = "{plant.settings(name).url}"\ninterval_s = 0.1\n',
        encoding="utf-8",
    )
    store = SqlStore(StoreSettings(folder=folder / "record"))
    store.open()
    for number in (1, 2):
        store.append(part(number))
        store.append(closed(part(number)))
    store.append(gauged(3, serial="S7"))
    store.close()
    return path


@pytest.fixture(scope="module")
def stations(plant: Plant, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("stations")
    return [station(folder / str(at), plant, name) for at, name in enumerate((plant.cell, plant.other))]


def test_each_station_pushes_and_the_office_reads_them_all(
    passgate: Passgate, plant: Plant, stations: list[Path], tmp_path: Path
) -> None:
    asked = json.loads(passgate("sync", "status", "--config", stations[0], "--json").out)
    assert (asked["known"]["heard_at"], asked["unsent_inspections"], asked["unsent_events"]) == (None, 5, 1)
    assert asked["oldest_unsent_age_s"] > 0
    for config in stations:
        done = passgate("sync", "run", "--once", "--config", config, "--json")
        assert (done.code, json.loads(done.out)["rows"]) == (0, 6), done.err
        assert json.loads(passgate("sync", "run", "--once", "--config", config, "--json").out)["rows"] == 0
    asked = json.loads(passgate("sync", "status", "--config", stations[0], "--json").out)
    assert (asked["known"]["inspections"], asked["oldest_unsent_age_s"]) == (5, None)

    at_plant = json.loads(passgate("sync", "status", "--plant", plant.reader, "--json").out)["stations"]
    assert [(one["station"], one["inspections"]) for one in at_plant] == [(plant.cell, 5), (plant.other, 5)]
    found = json.loads(passgate("record", "find", "--serial", "S7", "--plant", plant.reader, "--json").out)
    assert [one["station"] for one in found["found"]] == [plant.cell, plant.other]
    verified = passgate("record", "verify", "--plant", plant.reader, "--station", "all", "--json")
    assert (verified.code, json.loads(verified.out)["intact"]) == (0, True)

    said = passgate("report", "shift", *TIMES, "--plant", plant.reader, "--json")
    assert (said.code, said.err) == (0, "")
    for config, copy in zip(stations, json.loads(said.out)["stations"], strict=True):
        assert copy["summary"] == json.loads(
            passgate("report", "shift", *TIMES, "--config", config, "--json").out
        )
    out = tmp_path / "out"
    passgate("report", "shift", *TIMES, "--plant", plant.reader, "--out", out, "--format", "csv,json")
    assert sorted(folder.name for folder in out.iterdir()) == sorted([plant.cell, plant.other])
    assert len(list(out.rglob("*.csv"))) == 2


def test_a_shift_that_the_plant_does_not_have_whole_is_not_final(
    passgate: Passgate, plant: Plant, stations: list[Path]
) -> None:
    later = ("--from", "2026-03-02T06:00+00:00", "--to", "2100-01-01T00:00+00:00")
    plant.asked("UPDATE plant.stations SET complete_at = '2026-03-02T09:00Z'")
    one = ("--plant", plant.reader, "--station", plant.cell)
    said = passgate("report", "shift", *later, *one)
    assert said.code == 1
    assert (
        f"{plant.cell}: Incomplete: the plant has all rows of '{plant.cell}' only up to 2026-03-02 09:00"
        in said.err
    )


def test_a_sync_that_runs_ends_well_when_it_is_stopped(passgate: Passgate, stations: list[Path]) -> None:
    timer = Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    said = passgate("sync", "run", "--config", stations[1])
    timer.join()
    assert said.code == 0
    assert "the plant has 5 rows of parts and 1 events" in said.out


def test_mistakes_are_told(passgate: Passgate, plant: Plant, stations: list[Path], tmp_path: Path) -> None:
    secret = "postgresql+psycopg://reader:secret@localhost/plant"
    said = passgate("sync", "status", "--plant", secret)
    assert_one_line(said, "it holds a password")
    assert_one_line(passgate("record", "find", "--serial", "S", "--station", "A"), "no plant database")
    other = ("--plant", plant.reader, "--record", tmp_path)
    assert_one_line(passgate("record", "verify", *other), "a station's own record")
    assert_one_line(passgate("record", "verify", "--plant", plant.reader, "--pictures"), "no pictures")
    none = ("--plant", plant.reader, "--station", "Cell 9")
    assert_one_line(passgate("report", "shift", *TIMES, *none), "knows no station 'Cell 9'")
    csv = passgate("report", "shift", *TIMES, "--plant", plant.reader, "--format", "csv")
    assert_one_line(csv, "it is of one station")
    own = stations[0].read_text(encoding="utf-8")
    stations[0].write_text(own.replace(plant.cell, plant.other), encoding="utf-8")
    try:
        wrong = passgate("sync", "run", "--once", "--config", stations[0])
    finally:
        stations[0].write_text(own, encoding="utf-8")
    assert_one_line(wrong, f"pushes as '{plant.cell}' there, not as '{plant.other}'")


def test_the_administrator_prepares_and_adds(
    passgate: Passgate, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSGATE_PLANT__URL", plant.url)
    done = passgate("sync", "prepare", "--station", "Press 3", "--months", "1", "--json")
    assert done.code == 0, done.err
    roles = json.loads(done.out)["stations"]
    assert roles[-1] == {"station": "Press 3", "role": roles[-1]["role"]}
    assert_one_line(
        passgate("sync", "prepare", "--retire", "Press 4", "--months", "1"), "No station 'Press 4'"
    )
