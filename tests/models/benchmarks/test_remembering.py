"""The remembering tower gives what the tower gives, asks once, and stays bounded."""

import torch

from models.benchmarks.remembering import RememberingTower
from tests.models.benchmarks.toys import BlockTower, plate


def test_what_was_seen_is_not_looked_at_again() -> None:
    tower = BlockTower()
    remembering = RememberingTower(tower)
    pictures = [plate(number, defective=False) for number in range(3)]
    batch = remembering.features(pictures)
    again = remembering.features([pictures[1]])
    assert tower.asked == 3
    for stride, layer in BlockTower().features(pictures).maps.items():
        assert torch.equal(batch.maps[stride], layer)
        assert torch.equal(again.maps[stride], layer[1:2])


def test_it_forgets_what_was_not_asked_for_longest() -> None:
    tower = BlockTower()
    a_picture_s_bytes = 6 * (4 * 4 + 2 * 2) * 4
    remembering = RememberingTower(tower, most_bytes=2 * a_picture_s_bytes)
    first, second, third = (plate(number, defective=False) for number in range(3))
    for picture in (first, second, first, third, first):
        remembering.features([picture])
    assert tower.asked == 3
    remembering.features([second])
    assert tower.asked == 4
