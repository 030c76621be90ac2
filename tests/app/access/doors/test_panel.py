"""The console's own key: made once, found by the port, and no key where somebody else can read it."""

import sys
from pathlib import Path

import pytest

from app.access.doors.panel import NAME, found_key, leave_word, own_key, read_key, take_word_back
from inspection.errors import StoreError

posix = pytest.mark.skipif(sys.platform == "win32", reason="rights are others there")


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = own_key(tmp_path / "record")
    assert first.new
    assert len(first.key) >= 43, "256 bits"
    assert own_key(tmp_path / "record") == (first.key, False)
    if sys.platform != "win32":
        assert (tmp_path / "record" / NAME).stat().st_mode & 0o777 == 0o600


@posix
def test_a_key_that_others_could_read_is_replaced(tmp_path: Path) -> None:
    first = own_key(tmp_path)
    (tmp_path / NAME).chmod(0o640)
    assert read_key(tmp_path / NAME) == ""
    second = own_key(tmp_path)
    assert second.new
    assert second.key != first.key


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 50, b"a" * 4096])
def test_what_is_no_key_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    (tmp_path / NAME).chmod(0o600)
    assert own_key(tmp_path).new


def test_a_console_finds_the_key_by_the_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSGATE_HOME", str(tmp_path / "home"))
    assert found_key(8730) == ""
    key = own_key(tmp_path / "record").key
    leave_word(tmp_path / "record", port=8730)
    assert found_key(8730) == key
    assert found_key(8731) == ""
    take_word_back(tmp_path / "another", port=8730)
    assert found_key(8730) == key
    take_word_back(tmp_path / "record", port=8730)
    assert found_key(8730) == ""
    leave_word(tmp_path / "record", port=8730)
    (tmp_path / "record" / NAME).unlink()
    assert found_key(8730) == ""


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "record").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="the console's key cannot be written"):
        own_key(tmp_path / "record")
