"""Somebody at the station hears of it where the plant does not take the station's record."""

import asyncio
from pathlib import Path

import pytest

from app.engine.plant_watch import LOOK_EVERY_S, PlantWatch
from inspection.alarms.catalogue import AlarmCode
from reports.outgoing.progress import Progress, Refused
from tests.fakes import EPOCH, FakeClock

REFUSED = Refused(
    chain="inspections", position=7, reason="hash", row_hash="0" * 64, what="it was changed", since=EPOCH
)
FINE = Progress(station="A", plant="postgresql://plant")


@pytest.fixture
def told() -> list[object]:
    return []


@pytest.fixture
def watch(tmp_path: Path, told: list[object]) -> PlantWatch:
    return PlantWatch(
        tmp_path,
        FakeClock(),
        alarm=lambda code, said: told.append((code, said)),
        well=lambda code: told.append(code),
    )


def test_a_refusal_is_told_once_and_that_it_is_over(
    watch: PlantWatch, told: list[object], tmp_path: Path
) -> None:
    asyncio.run(watch.look())
    for progress in (FINE, FINE.model_copy(update={"refused": REFUSED})):
        progress.keep(tmp_path)
        for _ in range(2):
            asyncio.run(watch.look())
    said = "the plant database takes no rows of this record from row 7 on"
    assert told == [(AlarmCode.PLANT_REFUSES, said)]
    FINE.keep(tmp_path)
    asyncio.run(watch.look())
    assert told[1:] == [AlarmCode.PLANT_REFUSES]


def test_what_cannot_be_read_ends_nothing(watch: PlantWatch, told: list[object], tmp_path: Path) -> None:
    (tmp_path / "outgoing.json").write_text("{", encoding="utf-8")
    asyncio.run(watch.look())
    assert told == []
    assert LOOK_EVERY_S > 0
