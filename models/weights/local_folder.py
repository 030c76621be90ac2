"""A model in a folder on this machine, as transformers wrote it: loaded whole or not at all, known by a hash.

Towers, language models and pretrained vision-language models come so where they are not the shipped ones.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError

from inspection.errors import WeightsError

_PART: Final = "the model cannot start, so no part is released on its word"
_HASHED: Final = ("config.json", "tokenizer.json", "preprocessor_config.json", "processor_config.json")
"""Files beside the weights that change what a tower or an adapter's base makes of its input."""
_READ: Final = (".json", ".jinja", ".model", ".txt")
"""What all files end with that transformers may read beside the weights, chat template and special tokens
included."""
UNLOADABLE: Final = (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError)
"""What transformers raises over a folder that holds no model, half of one, or another than it says."""


def whole(kind: Any, folder: Path, **arguments: Any) -> Any:
    """Load a transformers model of an auto class from a folder; arguments as ``from_pretrained`` takes them.

    transformers fills what the files lack with random numbers, and only warns: here that is an error.

    Raises:
        WeightsError: The files do not hold all weights of this architecture.
    """
    model, report = kind.from_pretrained(
        folder, local_files_only=True, use_safetensors=True, output_loading_info=True, **arguments
    )
    missing = sorted(report["missing_keys"])
    if missing:
        raise WeightsError(
            f"the model in {folder} is not whole: {len(missing)} weights are missing, such as {missing[0]}",
            part=_PART,
            todo="copy the folder again, with all its safetensors files",
        )
    return model


def not_loadable(folder: Path, error: Exception) -> WeightsError:
    """What to tell a person where transformers raised one of ``UNLOADABLE``."""
    return WeightsError(
        f"the model in {folder} cannot be loaded: {_first_line(error)}",
        part=_PART,
        todo="check that the folder is complete and that transformers knows its architecture",
    )


def folder_sha256(folder: Path, *, whatever_is_read: bool = False) -> str:
    """One hash over the weights and the configuration in a folder, whatever its path.

    Args:
        folder: Has the model.
        whatever_is_read: Hash all that transformers may read, for a model that is asked through its own chat
            template; what recipes and adapters remember of their towers and bases is without.
    """
    digest = hashlib.sha256()
    beside = [
        path
        for path in folder.iterdir()
        if (path.suffix in _READ if whatever_is_read else path.name in _HASHED) and path.is_file()
    ]
    for path in sorted((*folder.glob("*.safetensors"), *beside)):
        with path.open("rb") as stream:
            digest.update(path.name.encode() + hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
