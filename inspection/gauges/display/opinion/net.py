"""The net: what it thinks of places, in plain numpy. Taught by ``passgate model display-net``. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inspection.errors import WeightsError

Array = NDArray[np.float32]

WEIGHTS: Final = Path(__file__).with_name("net.npz")
SHA256: Final = "a6f7d81b1319998abcb63a9d4f1727eb6e72899fcb397692b9185a383f1bc1dd"
NOTHING: Final = 10
"""Class of a place without a digit."""
UNCLEAR: Final = 11
"""Class of what nobody can tell: a part of a digit, a place beside one, a segment between lit and not."""
CLASSES: Final = 12
SIGNS: Final[tuple[str, ...]] = (*"0123456789", " ", "")
STRIDES: Final = (1, 2, 2, 2)
"""Of the convolutions."""


@dataclass(frozen=True)
class Thought:
    """What the net thinks of one place."""

    classes: Array
    """Probabilities: ten digits, NOTHING, UNCLEAR."""
    point: float
    """Probability of a point behind it."""

    @property
    def sign(self) -> str:
        """What it most probably shows: a digit, a blank, or "" where nobody can tell."""
        return SIGNS[int(self.classes.argmax())]

    @property
    def belief(self) -> float:
        """The probability of that."""
        return float(self.classes.max())


def thoughts(places: Array, weights: Mapping[str, Array] | None = None) -> list[Thought]:
    """Of each of ``places``: places x 2 x HIGH x WIDE (``view.channels``)."""
    kept = shipped() if weights is None else weights
    x = places
    for number, stride in enumerate(STRIDES):
        x = np.maximum(
            _convolved(x, kept[f"conv{number}"], stride) + kept[f"bias{number}"][:, None, None], 0.0
        )
    x = np.maximum(x.reshape(len(x), -1) @ kept["hidden"].T + kept["hidden_bias"], 0.0)
    told = x @ kept["last"].T + kept["last_bias"]
    odds = np.exp(told[:, :CLASSES] - told[:, :CLASSES].max(1, keepdims=True))
    classes = odds / odds.sum(1, keepdims=True)
    points = 1.0 / (1.0 + np.exp(-told[:, CLASSES]))
    return [Thought(each, float(point)) for each, point in zip(classes, points, strict=True)]


def _convolved(x: Array, weights: Array, stride: int) -> Array:
    """3 x 3, padded by one."""
    outputs = len(weights)
    high, wide = (-(-length // stride) for length in x.shape[2:])
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    taps = [
        padded[:, :, down : down + stride * high : stride, right : right + stride * wide : stride]
        for down in range(3)
        for right in range(3)
    ]
    columns = np.stack(taps, 2).reshape(len(x), -1, high * wide)
    return np.asarray((weights.reshape(outputs, -1) @ columns).reshape(-1, outputs, high, wide), np.float32)


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Array]:
    """The weights that came with the program.

    Raises:
        WeightsError: The file is not the one that came with it.
    """
    data = WEIGHTS.read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise WeightsError(
            f"{WEIGHTS} is not the file that came with this program",
            part="no display can be read",
            todo="install the program again",
        )
    return loaded(WEIGHTS)


def loaded(file: Path) -> Mapping[str, Array]:
    """Weights of a file, in single precision."""
    with np.load(file, allow_pickle=False) as kept:
        return {name: kept[name].astype(np.float32) for name in kept.files}
