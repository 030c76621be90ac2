"""``record backup``, ``restore`` and ``archive check``: what they say, and when their exit code is not 0."""

import json
from pathlib import Path

import pytest

from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.app.running import Passgate, assert_one_line
from tests.reports.parts import closed, frame, part


@pytest.fixture
def record(tmp_path: Path) -> Path:
    store = SqlStore(StoreSettings(folder=tmp_path / "record"))
    store.open()
    one = part(1, pictures=(store.archive_picture(frame(1)),))
    store.append(one)
    store.append(closed(one))
    store.close()
    return tmp_path / "record"


def test_backed_up_restored_and_checked_by_command(passgate: Passgate, record: Path, tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    said = passgate("record", "backup", "--record", record, "--out", tmp_path / "all", "--pictures")
    assert said.code == 0, said.err
    assert "1 pictures" in said.out
    assert "on the disk of the record" in said.out
    (made,) = (tmp_path / "all").iterdir()
    again = passgate("record", "backup", "--record", record, "--out", tmp_path / "one", "--json")
    answer = json.loads(again.out)
    assert (answer["folder"], answer["manifest"]["rows"]) == (str(tmp_path / "one"), 2)
    done = json.loads(passgate("record", "restore", "--from", made, "--to", tmp_path / "new", "--json").out)
    assert (done["intact"], done["rows"], done["events"]) == (True, 2, 2)
    assert done["pictures"]["hashed"] == 1
    refused = passgate("record", "restore", "--from", made, "--to", record, "--json")
    assert_one_line(refused, "never restored over")
    found = passgate("record", "archive", "check", "--record", tmp_path / "new", "--json")
    assert (found.code, json.loads(found.out)["orphans"]["files"]) == (0, 0)


def test_a_missing_picture_is_named_and_the_exit_code_is_1(passgate: Passgate, record: Path) -> None:
    next(record.rglob("*.png")).unlink()
    found = passgate("record", "archive", "check", "--record", record)
    assert found.code == 1
    assert "of part 1001: it is absent" in found.err
    made = passgate("record", "backup", "--record", record, "--out", record.parent / "copy", "--pictures")
    assert made.code == 1
    assert "holds a record that is broken" in made.err
