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


def test_a_prompt_that_changed_is_another_model_where_it_is_read(tmp_path: Path) -> None:
    """What adapters and recipes remember of their bases and towers is hashed as it always was."""
    folder = bases.qwen_vl(tmp_path / "vlm")
    as_read, as_remembered = folder_sha256(folder, whatever_is_read=True), folder_sha256(folder)
    for name in ("chat_template.jinja", "tokenizer_config.json", "generation_config.json"):
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
        assert folder_sha256(folder, whatever_is_read=True) != as_read
        as_read = folder_sha256(folder, whatever_is_read=True)
    assert folder_sha256(folder) == as_remembered
    (folder / "README.md").write_text("moved", encoding="utf-8")
    assert folder_sha256(folder, whatever_is_read=True) == as_read
