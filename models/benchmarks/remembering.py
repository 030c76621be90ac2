"""A tower that remembers what it gave: the same pictures, looked at again and again, cost once."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import torch
from torch import nn

from inspection.part import Picture
from models.backbone.features import AdaptableTower, FeatureMaps, FinerTower

MOST_BYTES: Final = 2 << 30
"""What is remembered, of features; what was not asked for longest goes first."""


class RememberingTower:
    """Gives what ``tower`` gives. Not for measuring time."""

    def __init__(self, tower: AdaptableTower, *, most_bytes: int = MOST_BYTES) -> None:
        self._tower = tower
        self._most_bytes = most_bytes
        self._known: OrderedDict[tuple[bytes, tuple[int, ...]], FeatureMaps] = OrderedDict()
        self._bytes = 0
        self.name = tower.name
        self.sha256 = tower.sha256
        self.strides = tower.strides
        self.all_strides = tower.all_strides if isinstance(tower, FinerTower) else tower.strides

    def features(self, pictures: Sequence[Picture], *, strides: Sequence[int] | None = None) -> FeatureMaps:
        """The tower's maps, each picture's from memory where it was seen before.

        Several pictures' maps are put together from each one's: a batch gives the same, within rounding.
        """
        asked = tuple(self.strides if strides is None else strides)
        each = [self._of_one(picture, asked) for picture in pictures]
        if len(each) == 1:
            return each[0]
        return FeatureMaps({stride: torch.cat([one.maps[stride] for one in each]) for stride in each[0].maps})

    def tail(self) -> nn.Module:
        """The tower's own."""
        return self._tower.tail()

    def _of_one(self, picture: Picture, strides: tuple[int, ...]) -> FeatureMaps:
        key = (hashlib.sha256(repr(picture.shape).encode() + picture.tobytes()).digest(), strides)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        maps = self._known[key] = self._look(picture, strides)
        self._bytes += _size(maps)
        while self._bytes > self._most_bytes and len(self._known) > 1:
            self._bytes -= _size(self._known.popitem(last=False)[1])
        return maps

    def _look(self, picture: Picture, strides: tuple[int, ...]) -> FeatureMaps:
        if strides != self.strides and isinstance(self._tower, FinerTower):
            return self._tower.features([picture], strides=strides)
        return self._tower.features([picture])


def _size(maps: FeatureMaps) -> int:
    return sum(layer.nbytes for layer in maps.maps.values())
