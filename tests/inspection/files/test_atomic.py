"""A file is there whole or as it was, whatever happens while it is written."""

from pathlib import Path

import pytest

from inspection.files.atomic import atomic_write


def test_a_file_is_replaced_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.txt"
    for text in ("one", "two"):
        with atomic_write(path) as unfinished:
            unfinished.write_text(text)
            assert not path.exists() or path.read_text() == "one"
        assert path.read_text() == text
    assert [each.name for each in path.parent.iterdir()] == ["file.txt"]


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_fails_half_way_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, failure: BaseException
) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")

    def write() -> None:
        with atomic_write(path) as unfinished:
            unfinished.write_text("ne")
            raise failure

    with pytest.raises(type(failure)):
        write()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_never_begun_is_an_error_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "file.txt"):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("links", [True, False])
def test_a_name_that_somebody_took_meanwhile_stays_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")  # as a FAT disk says it

    if not links:
        monkeypatch.setattr(Path, "hardlink_to", refused)
    path = tmp_path / "v0001"

    def second() -> None:
        with atomic_write(path, over=False) as unfinished:
            unfinished.write_text("second")
            with atomic_write(path, over=False) as sooner:
                sooner.write_text("first")

    with pytest.raises(FileExistsError):
        second()
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]
