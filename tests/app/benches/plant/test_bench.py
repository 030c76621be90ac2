"""The bench of pushing finds what it says: a small one, with everything in it."""

from pathlib import Path

import pytest

from app.benches.plant import bench
from app.benches.plant.bench import bench_sync
from reports.plant.reading import stations_at
from tests.reports.plants import plant_on
from tests.reports.postgresql import Server


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "MEAN_BYTES", 60_000)
    monkeypatch.setattr(bench, "PAUSE_S", 0.0)
    monkeypatch.setattr(bench, "SILENT", 0.0)
    monkeypatch.setattr("reports.outgoing.courier.pause_s", lambda *_: 0.0)


def test_all_is_there_once_after_cuts_while_parts_come(server: Server, tmp_path: Path) -> None:
    url, made = plant_on(server), list[int]()
    found = bench_sync(url, tmp_path / "record", parts=100, seed=1, show=made.append)
    assert made == [100]
    assert (found.kept, found.lost, found.foreign, found.verified) == (True, 0, 0, True)
    assert found.rows == 2 * 101 + 1
    assert found.cuts > 0
    assert [one.inspections for one in stations_at(url)] == [200, 202]
