"""Ways in which a file goes wrong: bad sectors, flipped bits, and values that somebody put there.

All are seeded and act on bytes, so that what is read afterwards is what a disk would give.
"""

import json
import math
import random
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

import torch
from safetensors.torch import save
from torch import Tensor

from models.weights import sealed

_LENGTH_BYTES: Final = 8
_SECTOR_BYTES: Final = 512
_KEY: Final = "passgate"
_NUMBERS: Final = (0.0, -0.0, -1.0, 1e-30, 1e30, math.inf, -math.inf, math.nan)


class Damage(StrEnum):
    """What happened to a file."""

    TRUNCATED = "truncated"
    APPENDED = "appended"
    LENGTH = "length of the header"
    """One of the first eight bytes is another."""
    HEADER_BIT = "bit of the header"
    BODY_BIT = "bit of the body"
    BITS = "many bits"
    SECTOR = "sector"
    """512 bytes are zero, or noise, or those of another place."""
    VALUE = "value"
    """A crafted number in a tensor, under the old digest."""
    SWAPPED = "swapped tensors"
    WORDS = "words"
    """A crafted value in the recipe's or adapter's JSON, under the old digest: a raised threshold, say."""
    EXCHANGED = "exchanged words"
    """The words, or the whole metadata, of another sound file of its kind."""
    NO_DIGEST = "no digest"
    """Crafted, and the digest is absent, empty, or of another format."""
    FROM_BEFORE = "form from before"
    """Brought into the form that had no digest, with a number that cannot have been taught."""
    RESEALED = "digest made anew"
    """Crafted, with a digest that fits: outside of what a digest can find, and must still end in words."""


def damaged(data: bytes, *, other: bytes, damage: Damage, rng: random.Random) -> bytes:
    """A sound file's bytes, damaged.

    Args:
        data: Of a recipe or adapter, sealed or from before.
        other: Of another sound file of the same kind.
        damage: What happens.
        rng: Where and how.
    """
    return _WAYS[damage](data, other, rng)


def _truncated(data: bytes, other: bytes, rng: random.Random) -> bytes:
    near = rng.choice((_LENGTH_BYTES, _body_at(data), len(data)))
    return data[
        : min(max(0, rng.choice((near - rng.randrange(64), rng.randrange(len(data))))), len(data) - 1)
    ]


def _appended(data: bytes, other: bytes, rng: random.Random) -> bytes:
    return data + rng.choice((b"\0", rng.randbytes(rng.randrange(1, 4096)), other))


def _length(data: bytes, other: bytes, rng: random.Random) -> bytes:
    return _flipped(data, [rng.randrange(_LENGTH_BYTES)], rng)


def _header_bit(data: bytes, other: bytes, rng: random.Random) -> bytes:
    return _flipped(data, [rng.randrange(_LENGTH_BYTES, _body_at(data))], rng)


def _body_bit(data: bytes, other: bytes, rng: random.Random) -> bytes:
    return _flipped(data, [rng.randrange(_body_at(data), len(data))], rng)


def _bits(data: bytes, other: bytes, rng: random.Random) -> bytes:
    return _flipped(data, [rng.randrange(len(data)) for _ in range(rng.randrange(2, 100))], rng)


def _sector(data: bytes, other: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(0, len(data), _SECTOR_BYTES)
    size = min(_SECTOR_BYTES, len(data) - start)
    elsewhere = rng.randrange(0, len(data) - size + 1)
    new = rng.choice((bytes(size), rng.randbytes(size), data[elsewhere : elsewhere + size]))
    return data[:start] + new + data[start + size :]


def _value(data: bytes, other: bytes, rng: random.Random) -> bytes:
    return _file(_with_a_value(sealed.unpacked(data).tensors, rng), _metadata(data))


def _swapped(data: bytes, other: bytes, rng: random.Random) -> bytes:
    tensors = dict(sealed.unpacked(data).tensors)
    like: dict[Any, list[str]] = {}
    for name, tensor in tensors.items():
        like.setdefault((tensor.dtype, tensor.shape), []).append(name)
    one, two = rng.sample(rng.choice([names for names in like.values() if len(names) > 1]), 2)
    tensors[one], tensors[two] = tensors[two], tensors[one]
    return _file(tensors, _metadata(data))


def _words(data: bytes, other: bytes, rng: random.Random) -> bytes:
    content = sealed.unpacked(data)
    words = _with_other_words(content.words, rng)
    return _file(content.tensors, _under_the_old_digest(data, words) if content.sealed else words)


def _exchanged(data: bytes, other: bytes, rng: random.Random) -> bytes:
    content = sealed.unpacked(data)
    if content.sealed and rng.random() < 0.5:
        return _file(content.tensors, _under_the_old_digest(data, sealed.unpacked(other).words))
    return _file(content.tensors, _metadata(other))


def _no_digest(data: bytes, other: bytes, rng: random.Random) -> bytes:
    content = sealed.unpacked(data)
    seal: dict[str, Any] = {"format": 1, "words": _with_other_words(content.words, rng)}
    seal |= rng.choice(
        ({}, {"sha256": ""}, {"sha256": None}, {"sha256": "0" * 64, "format": rng.choice((0, 2))})
    )
    return _file(content.tensors, {_KEY: json.dumps(seal)})


def _from_before(data: bytes, other: bytes, rng: random.Random) -> bytes:
    content = sealed.unpacked(data)
    tensors = dict(content.tensors)
    scales = [name for name in tensors if name.endswith(("deviation", "expected"))]
    name, value = rng.choice(
        [
            (rng.choice(scales), rng.choice((0.0, -1.0, 1e30, math.inf, math.nan))),
            (rng.choice(sorted(tensors)), rng.choice((math.inf, -math.inf, math.nan))),
        ]
    )
    tensors[name] = torch.full(tensors[name].shape, value).to(tensors[name].dtype)
    return _file(tensors, content.words)


def _resealed(data: bytes, other: bytes, rng: random.Random) -> bytes:
    content = sealed.unpacked(data)
    if rng.random() < 0.5:
        return sealed.packed(_with_a_value(content.tensors, rng), content.words)
    return sealed.packed(content.tensors, _with_other_words(content.words, rng))


_WAYS: Final[Mapping[Damage, Callable[[bytes, bytes, random.Random], bytes]]] = {
    Damage.TRUNCATED: _truncated,
    Damage.APPENDED: _appended,
    Damage.LENGTH: _length,
    Damage.HEADER_BIT: _header_bit,
    Damage.BODY_BIT: _body_bit,
    Damage.BITS: _bits,
    Damage.SECTOR: _sector,
    Damage.VALUE: _value,
    Damage.SWAPPED: _swapped,
    Damage.WORDS: _words,
    Damage.EXCHANGED: _exchanged,
    Damage.NO_DIGEST: _no_digest,
    Damage.FROM_BEFORE: _from_before,
    Damage.RESEALED: _resealed,
}


def _body_at(data: bytes) -> int:
    return _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "little")


def _metadata(data: bytes) -> dict[str, str]:
    found: dict[str, str] = json.loads(data[_LENGTH_BYTES : _body_at(data)])["__metadata__"]
    return found


def _under_the_old_digest(data: bytes, words: Mapping[str, str]) -> dict[str, str]:
    return {_KEY: json.dumps(json.loads(_metadata(data)[_KEY]) | {"words": dict(words)})}


def _file(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    return save(dict(tensors), metadata=dict(metadata))


def _flipped(data: bytes, places: list[int], rng: random.Random) -> bytes:
    changed = bytearray(data)
    for place in places:
        changed[place] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _with_a_value(tensors: Mapping[str, Tensor], rng: random.Random) -> dict[str, Tensor]:
    """One tensor is scaled, or holds a crafted number somewhere or everywhere."""
    name = rng.choice(sorted(tensors))
    changed = tensors[name].clone()
    flat = changed.reshape(-1)
    where = slice(None) if rng.random() < 0.5 else rng.randrange(len(flat))
    scale = rng.choice((None, 0.1, 10.0, 1e4, -1.0))
    flat[where] = torch.tensor(rng.choice(_NUMBERS)).to(flat.dtype) if scale is None else flat[where] * scale
    return {**tensors, name: changed}


def _with_other_words(words: Mapping[str, str], rng: random.Random) -> dict[str, str]:
    """One value deep in one JSON text is crafted, absent, or of another type."""
    key = rng.choice(sorted(words))
    said = json.loads(words[key])
    inside, name = rng.choice(_places(said))
    old = inside[name]
    number = isinstance(old, int | float) and not isinstance(old, bool)
    new: list[Any] = [None, [], {}, "", "x" * 5000, -1, 0, 2**70, True, math.inf, math.nan]
    if number and math.isfinite(old):
        new += [old * 1.5, old * 1000, -old, old + 1] * 3
    chosen = rng.choice([*new, _ABSENT])
    if chosen is _ABSENT:
        del inside[name]
    else:
        inside[name] = chosen
    return {**words, key: json.dumps(said)}


_ABSENT: Final = object()


def _places(said: Any) -> list[tuple[Any, Any]]:
    """Every container in ``said`` with each of its keys."""
    keys = list(said) if isinstance(said, dict) else list(range(len(said))) if isinstance(said, list) else []
    return [(said, key) for key in keys] + [place for key in keys for place in _places(said[key])]
