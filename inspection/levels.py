"""Grey levels: how many bits of a picture the camera filled, and the one way in which they become 8 bits.

Cameras with 10, 12, 14 or 16 bits (Mono10, Mono12, … of GenICam's Pixel Format Naming Convention) give them
in 16-bit words, aligned to the least significant bit: Mono12 runs from 0 to 4,095. Which depth it was no
single picture says, for a dark one leaves the upper levels empty; so the depth is stated once, never guessed.

Such a picture is kept and checked at its depth. Vision towers, language models and people get 8 bits, always
by :func:`to_8_bits`.
"""

from enum import StrEnum
from functools import cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Height x width x 3, RGB, 0 to 255."""

RawPicture = NDArray[np.uint8] | NDArray[np.uint16]
"""Height x width x 3, RGB, as the camera gave it: uint8 at 8 bits; above, uint16 up to its depth's top."""

BitDepth = Literal[8, 10, 12, 14, 16]
"""Bits of a channel that the camera fills."""

DEEP: Final[tuple[BitDepth, ...]] = (10, 12, 14, 16)
"""Those that need 16-bit words."""


class EightBitRule(StrEnum):
    """How levels become 0 to 255. A recipe names its rule, so that what was taught is what judges."""

    LINEAR = "linear"
    """Over the full range of the depth, rounded to the nearest."""


def top_level(bit_depth: BitDepth) -> int:
    """White: the highest level of a depth."""
    return (1 << bit_depth) - 1


def to_8_bits(
    picture: RawPicture, *, bit_depth: BitDepth, rule: EightBitRule = EightBitRule.LINEAR
) -> Picture:
    """The picture in 8 bits: what towers and language models judge, and what people are shown.

    ``linear``: level v of a depth of d bits becomes 255 v / (2^d - 1), rounded to the nearest (no v lies
    half-way). Black stays 0 and white becomes 255 whatever the picture shows, so equal light gives equal
    levels on every part; nothing is stretched to a picture's own range, which would follow its defects. A
    camera's own noise is more than the half level that rounding may cost, where the light uses the range.

    Args:
        picture: Not written into; one of 8 bits is given back as it is.
        bit_depth: Its depth.
        rule: The recipe's.

    Raises:
        ValueError: The picture is not of that depth (:func:`misfit`).
    """
    if problem := misfit(picture, bit_depth):
        raise ValueError(problem)
    if picture.dtype == np.uint8:
        return picture.astype(np.uint8, copy=False)
    table = _table(bit_depth, rule)
    shown = np.empty(picture.shape, np.uint8)
    for words, levels in zip(picture, shown, strict=True):  # by rows: NumPy makes 8 bytes of each index
        np.take(table, words, out=levels, mode="clip")
    return shown


@cache
def _table(bit_depth: BitDepth, rule: EightBitRule) -> NDArray[np.uint8]:
    """What each of the 65,536 words becomes, in integers; those above the depth never occur."""
    levels = np.arange(1 << 16, dtype=np.int64).clip(max=top_level(bit_depth))
    match rule:
        case EightBitRule.LINEAR:
            white = top_level(bit_depth)
            return ((2 * 255 * levels + white) // (2 * white)).astype(np.uint8)


def misfit(picture: RawPicture, bit_depth: BitDepth) -> str:
    """Why a picture cannot be one of a depth, in words; empty where it can."""
    if bit_depth == 8:
        if picture.dtype == np.uint8:
            return ""
        return f"it has {8 * picture.dtype.itemsize} bits a channel, and no such depth is stated"
    if picture.dtype == np.uint8:
        return f"it has 8 bits a channel, and {bit_depth} bits are stated"
    if picture.dtype != np.uint16:
        return f"it holds numbers of the kind {picture.dtype}, which are no grey levels of {bit_depth} bits"
    most, white = int(picture.max(initial=0)), top_level(bit_depth)
    if most <= white:
        return ""
    return f"its levels go up to {most:,}, above the {white:,} of the {bit_depth} bits that are stated"


def suggestion(picture: RawPicture) -> str:
    """What a picture's levels look like: for a person to decide by, and for nobody else."""
    most = int(picture.max(initial=0))
    for bit_depth in DEEP[:-1]:
        step = 1 << (16 - bit_depth)
        if most > top_level(bit_depth) and not (picture % step).any():
            return (
                f"all its levels, up to {most:,}, are multiples of {step}, which looks like {bit_depth} bit "
                "in the upper bits of each word: for such files state 16"
            )
    looks = next(bit_depth for bit_depth in DEEP if most <= top_level(bit_depth))
    return f"its levels go up to {most:,}, which looks like {looks} bit{' or less' if most < 512 else ''}"
