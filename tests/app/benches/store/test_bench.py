"""The bench's record is a true one, quickly made; what it measures says what was asked of it."""

from pathlib import Path

import pytest

from app.benches.store.bench import bench_store, in_folder
from app.benches.store.filling import rows_of
from inspection.errors import StoreError
from inspection.part import Inspection
from reports.audit.verification import verify_record
from reports.record.parts_chain import part_json
from reports.settings import StoreSettings
from reports.shift.query import EVER, all_inspections
from reports.store.store import SqlStore
from tests.reports.parts import part

PARTS = 60


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSettings:
    url = request.getfixturevalue("server").emptied() if request.param == "postgresql" else None
    return in_folder(tmp_path / "record", url)


def test_the_bench_makes_a_record_that_verifies_and_measures_all_that_it_promises(
    settings: StoreSettings,
) -> None:
    told: list[tuple[int, int]] = []
    result = bench_store(settings, PARTS, seconds=0.0, show=lambda *now: told.append(now))
    assert told == [(PARTS, PARTS)]
    assert (result["verify"]["intact"], result["verify"]["rows"]) == (True, rows_of(PARTS))
    assert result["figures"]["parts"] == PARTS
    assert result["figures"]["rows_verified_before"] == rows_of(PARTS)
    for name in ("figures", "search", "strip"):
        assert result[name]["by_hand_ms"]["p50"] >= 0.0
    assert verify_record(settings).intact
    start, end = EVER
    found = all_inspections(settings, start=start, end=end)
    assert len({one.inspection_id for one in found}) == PARTS
    assert any(one.decision.defects for one in found)
    for one in found:
        assert Inspection.model_validate_json(part_json(one)) == one
    again = bench_store(settings, PARTS, seconds=0.0, show=lambda *now: told.append(now))
    assert again["verify"]["rows"] == rows_of(PARTS)
    assert len(told) == 1, "the record that is there is measured"


def test_a_record_that_is_no_bench_s_is_left_as_it_is(tmp_path: Path) -> None:
    settings = in_folder(tmp_path, None)
    store = SqlStore(settings)
    store.open()
    store.append(part(1))
    store.close()
    with pytest.raises(StoreError, match="name a new folder"):
        bench_store(settings, PARTS, seconds=0.0, show=lambda *_: None)
    assert verify_record(settings).rows == 1
