"""A sealed file: tensors and words in one safetensors file that tells whether it is as it was written.

safetensors guards its own structure, and nothing of what is in it: a scale that became infinite in a bad
sector is read as gladly as the true one. So a digest over all tensors (names, types, shapes, bytes) and all
words travels inside, and is compared at every reading. The file is read once, whole: what was hashed is what
is used, whatever becomes of the file meanwhile.

The words and the digest are one metadata key that holds sorted JSON, for safetensors (0.8.0) writes several
keys in an order that differs from process to process, and the file's own hash with them. So the same tensors
and words always give the same bytes.

A digest without a secret finds damage, not intent: whoever edits a file and computes the digest anew makes a
file that is as it was written. Against that, certificates and the record name the file's SHA-256.

Files from before (several metadata keys, no digest) are read, and said to be unsealed. No damage makes a
sealed file look like one: its words lie inside of the one key.
"""

import hashlib
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from inspection.files.atomic import atomic_write

MOST_BYTES: Final = 4 << 30
"""No recipe and no adapter comes near it; a file that grew beyond it is not read."""
_KEY: Final = "passgate"
_LENGTH_BYTES: Final = 8
"""Of the number that a safetensors file begins with: the size of its header."""


class DamageError(ValueError):
    """A file is not as it was written; says in words why. Whoever reads it says what that means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a file holds."""

    words: Mapping[str, str]
    tensors: Mapping[str, Tensor]
    sha256: str
    """Of the file, in lower-case hex: what ``sha256sum`` prints."""
    sealed: bool
    """False for a file from before digests: nothing proves that it is as it was written."""


class _Seal(BaseModel):
    """The one metadata key."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal[1] = 1
    words: dict[str, str]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """Of ``words`` and all tensors: see ``_digest``."""


def packed(tensors: Mapping[str, Tensor], words: Mapping[str, str]) -> bytes:
    """A sealed file's bytes; the same for the same tensors and words.

    Args:
        tensors: Contiguous, on the CPU, none sharing memory with another.
        words: Any text by name, JSON for example.
    """
    seal = _Seal(words=dict(words), sha256=_digest(tensors, words))
    said = json.dumps(seal.model_dump(), sort_keys=True)
    return save(dict(tensors), metadata={_KEY: said})


def write(path: Path, tensors: Mapping[str, Tensor], words: Mapping[str, str], *, over: bool = True) -> None:
    """Write a sealed file, whole or not at all, for all to read whom the umask lets.

    Args:
        path: Of the file.
        tensors: See ``packed``.
        words: See ``packed``.
        over: Whether it may take another's place.

    Raises:
        OSError: The disk refuses, or another lies there; what was there before is still there.
    """
    data = packed(tensors, words)
    with atomic_write(path, over=over) as unfinished:
        unfinished.write_bytes(data)  # not by safetensors, which makes files that their owner alone can read


def read(path: Path) -> Content:
    """Read a file and check its digest.

    Raises:
        OSError: It is not there, or cannot be read.
        DamageError: It is not as it was written.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise DamageError("it is not a file")  # a pipe would be waited for
    if found.st_size > MOST_BYTES:
        raise DamageError(f"it has {found.st_size} bytes, more than any such file")
    return unpacked(path.read_bytes())


def unpacked(data: bytes) -> Content:
    """What a file's bytes hold, checked against its digest.

    Raises:
        DamageError: They are not as they were written.
    """
    try:
        tensors = load(data)
        header = json.loads(
            data[_LENGTH_BYTES : _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "little")]
        )
        metadata: dict[str, str] = header.get("__metadata__") or {}
    except (SafetensorError, LookupError, ValueError, RuntimeError, TypeError, OverflowError) as error:
        raise DamageError("it is cut short, or no safetensors file") from error
    sha256 = hashlib.sha256(data).hexdigest()
    if _KEY not in metadata:
        return Content(words=metadata, tensors=tensors, sha256=sha256, sealed=False)
    try:
        seal = _Seal.model_validate_json(metadata[_KEY])
    except ValueError as error:
        raise DamageError("its digest is missing or unreadable, or a newer Passgate wrote it") from error
    if len(metadata) > 1 or seal.sha256 != _digest(tensors, seal.words):
        raise DamageError("its content does not fit its digest: it changed since it was written")
    return Content(words=seal.words, tensors=tensors, sha256=sha256, sealed=True)


def _digest(tensors: Mapping[str, Tensor], words: Mapping[str, str]) -> str:
    """SHA-256 of the words and of each tensor's name, type, shape and bytes, as sorted JSON."""
    described = {
        name: [str(tensor.dtype), list(tensor.shape), _bytes_sha256(tensor)]
        for name, tensor in tensors.items()
    }
    content = json.dumps([dict(words), described], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _bytes_sha256(tensor: Tensor) -> str:
    flat = tensor.reshape(-1).view(torch.uint8) if tensor.numel() else torch.empty(0, dtype=torch.uint8)
    return hashlib.sha256(flat.numpy().data).hexdigest()
