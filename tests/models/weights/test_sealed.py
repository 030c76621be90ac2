"""A sealed file: the same content gives the same bytes, and what is not as it was written is not read."""

import json
import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save, save_file
from torch import Tensor

from models.weights.sealed import DamageError, packed, read, unpacked, write

WORDS = {"recipe": '{"id":1}', "memory/top": "{}", "memory/下": "零件"}


def tensors() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "top/bank": torch.randn(6, 5, generator=generator),
        "top/half": torch.randn(3, generator=generator).half(),
        "top/count": torch.arange(4),
        "one": torch.tensor(2.5),
    }


def test_what_is_written_is_read_with_the_files_own_hash(tmp_path: Path) -> None:
    path = tmp_path / "made" / "file.safetensors"
    write(path, tensors(), WORDS)
    content = read(path)
    assert content.sealed
    assert content.words == WORDS
    assert {name: t.tolist() for name, t in content.tensors.items()} == {
        name: t.tolist() for name, t in tensors().items()
    }
    hashed = subprocess.run(["sha256sum", path], capture_output=True, text=True, timeout=20, check=True)
    assert content.sha256 == hashed.stdout.split()[0]


@pytest.mark.slow
def test_the_same_content_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    program = (
        "import hashlib; from tests.models.weights.test_sealed import *;"
        "print(hashlib.sha256(packed(tensors(), WORDS)).hexdigest())"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(hashes) == 1
    again = unpacked(packed(tensors(), WORDS))
    backwards = dict(reversed(list(again.tensors.items())))
    assert packed(backwards, dict(reversed(list(again.words.items())))) == packed(tensors(), WORDS)


def test_no_byte_of_the_content_may_change() -> None:
    whole = packed(tensors(), WORDS)
    true = unpacked(whole)
    rng = random.Random(0)
    refused = 0
    for _ in range(1500):
        damaged = bytearray(whole)
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        try:
            content = unpacked(bytes(damaged))
        except DamageError:
            refused += 1
            continue
        if not content.sealed:  # the key itself: its words are gone, so it is nobody's recipe or adapter
            assert not content.words.keys() & WORDS.keys()
            continue
        assert content.words == true.words  # white space between, which says nothing
        assert all(torch.equal(content.tensors[name], t) for name, t in true.tensors.items())
        assert content.sha256 != true.sha256
    assert refused > 1400


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 100, -9, -1])
def test_a_file_cut_short_is_refused(length: int) -> None:
    with pytest.raises(DamageError, match="cut short"):
        unpacked(packed(tensors(), WORDS)[:length])


@pytest.mark.parametrize("value", [torch.inf, torch.nan, 0.0, -1.0])
def test_a_crafted_value_under_the_old_digest_is_refused(value: float) -> None:
    changed = unpacked(packed(tensors(), WORDS))
    said = json.dumps(_seal(packed(tensors(), WORDS)))
    crafted = {**changed.tensors, "one": torch.tensor(value)}
    with pytest.raises(DamageError, match="does not fit its digest"):
        unpacked(save(crafted, metadata={"passgate": said}))


@pytest.mark.parametrize(
    "change",
    [
        {"words": {"recipe": "{}"}},
        {"words": {**WORDS, "recipe": '{"id":2}'}},
        {"sha256": "0" * 64},
        {"sha256": ""},
        {"sha256": None},
        {"format": 2},
        {"more": 1},
    ],
)
def test_words_and_digest_belong_together_and_a_missing_digest_is_refused(change: dict[str, object]) -> None:
    seal = _seal(packed(tensors(), WORDS)) | change
    for said in (seal, {key: value for key, value in seal.items() if value is not None}):
        with pytest.raises(DamageError, match="digest"):
            unpacked(save(tensors(), metadata={"passgate": json.dumps(said)}))


def test_more_keys_beside_the_sealed_one_are_refused() -> None:
    said = json.dumps(_seal(packed(tensors(), WORDS)))
    with pytest.raises(DamageError):
        unpacked(save(tensors(), metadata={"passgate": said, "recipe": "{}"}))


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 50_000,
        b'{"a":' * 50_000,
        b"null",
        b"[]",
        json.dumps({"__metadata__": {"passgate": "[" * 100_000}}).encode(),
        json.dumps({"__metadata__": {"passgate": '{"words":{"a":"\ud800"}}'}}).encode(),
        json.dumps({"a": {"dtype": "F4", "shape": [8], "data_offsets": [0, 4]}}).encode(),
        json.dumps({"a": {"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 4]}}).encode(),
        json.dumps({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}).encode(),
        json.dumps({"a": {"dtype": "F32", "shape": [1.5], "data_offsets": [0, 4]}}).encode(),
        b'{"__metadata__":{"passgate":"\xff"}}',
    ],
)
def test_a_hostile_header_is_damage_and_nothing_else(header: bytes) -> None:
    with pytest.raises(DamageError):
        unpacked(struct.pack("<Q", len(header)) + header + b"\0" * 4)
    with pytest.raises(DamageError):
        unpacked(struct.pack("<Q", 2**63) + header)


def test_a_file_from_before_is_read_and_said_to_be_unsealed(tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    save_file(tensors(), path, metadata=WORDS)
    content = read(path)
    assert not content.sealed
    assert content.words == WORDS


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes and pipes")
def test_all_may_read_whom_the_umask_lets_and_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    before = os.umask(0o022)
    try:
        write(path, tensors(), WORDS)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644
    os.mkfifo(tmp_path / "pipe")
    for other in (tmp_path / "pipe", tmp_path):
        with pytest.raises(DamageError, match="not a file"):
            read(other)


def _seal(data: bytes) -> dict[str, object]:
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    said: dict[str, object] = json.loads(header["__metadata__"]["passgate"])
    return said
