"""Parts that lie turned are found by any angle; what has no way to lie is not."""

import cv2
import numpy as np
import pytest

from models.good_parts.turned import thumbnail, turned


def part(seed: int, *, angle: float = 0.0) -> np.ndarray:
    """An L with a hole, and some noise."""
    picture = np.full((120, 160, 3), 60, np.uint8)
    cv2.rectangle(picture, (50, 30), (80, 95), (190, 190, 190), -1)
    cv2.rectangle(picture, (50, 75), (115, 95), (150, 150, 150), -1)
    cv2.circle(picture, (65, 45), 7, (20, 20, 20), -1)
    turn = cv2.getRotationMatrix2D((80.0, 60.0), angle, 1.0)
    lying = cv2.warpAffine(picture, turn, (160, 120), borderMode=cv2.BORDER_REPLICATE)
    noisy = lying + np.random.default_rng(seed).normal(0, 5, lying.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


@pytest.mark.parametrize("angle", [15, 37, 90, 180, 250])
def test_a_turned_part_is_found(angle: float) -> None:
    pictures = [part(seed, angle=angle if seed in {2, 5} else 0.0) for seed in range(8)]
    assert turned([thumbnail(one) for one in pictures]) == [2, 5]


def test_parts_that_lie_alike_but_for_a_little_are_none() -> None:
    pictures = [part(seed, angle=(seed % 3) - 1) for seed in range(8)]
    assert turned([thumbnail(one) for one in pictures]) == []


def test_what_has_no_way_to_lie_is_not_turned() -> None:
    disc = np.full((120, 160, 3), 60, np.uint8)
    cv2.circle(disc, (80, 60), 40, (200, 200, 200), -1)
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (120, 160, 3), dtype=np.uint8) for _ in range(6)]
    assert turned([thumbnail(disc), thumbnail(np.ascontiguousarray(disc[::-1]))]) == []
    assert turned([thumbnail(one) for one in noise]) == []
    assert turned([thumbnail(np.zeros((40, 60, 3), np.uint8))] * 3) == []
    assert turned([]) == []
