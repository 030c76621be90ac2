"""A model in a folder: known by what is in it, wherever it lies."""

import shutil
from pathlib import Path

from models.weights.local_folder import folder_sha256
from tests.models import bases


def test_the_hash_tells_weights_and_tokenizer_but_not_the_path(tmp_path: Path) -> None:
    llama = bases.llama(tmp_path / "llama")
    copy = tmp_path / "elsewhere"
    shutil.copytree(llama, copy)
    assert folder_sha256(copy) == folder_sha256(llama)
    tokenizer = copy / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert folder_sha256(copy) != folder_sha256(llama)
