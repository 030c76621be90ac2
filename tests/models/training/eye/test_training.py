"""A net learns what a defect looks like, and the same again from the same."""

import numpy as np
import pytest
import torch

from models.eye.net import EyeNet, of_pictures
from models.training.eye.lessons import Lessons
from models.training.eye.training import train_net

LESSONS = 24


@pytest.fixture(scope="module")
def spots() -> Lessons:
    """Noise on two maps; two lessons in three have one bright cell."""
    generator = torch.Generator().manual_seed(0)
    fine = torch.randn(LESSONS, 4, 12, 12, generator=generator)
    coarse = torch.randn(LESSONS, 3, 6, 6, generator=generator)
    covered = torch.zeros(LESSONS, 12, 12)
    for index in range(16):
        row, column = 2 + index % 8, 3 + index % 5
        fine[index, :2, row, column] += 6.0
        covered[index, row, column] = 1.0
    return Lessons(
        maps={8: fine.half(), 16: coarse.half()},
        covered=covered,
        source=np.arange(LESSONS),
        size_px=np.array([8.0] * 16 + [0.0] * 8),
    )


@pytest.fixture(scope="module")
def trained(spots: Lessons) -> EyeNet:
    return train_net(spots, steps=40, seed=0)


def test_after_forty_steps_a_bright_spot_is_found_where_no_lesson_had_one(trained: EyeNet) -> None:
    generator = torch.Generator().manual_seed(9)
    fine = torch.randn(6, 4, 12, 12, generator=generator)
    fine[3:, :2, 10, 9] += 6.0
    with torch.inference_mode():
        logits = trained({8: fine, 16: torch.randn(6, 3, 6, 6, generator=generator)})
    told = of_pictures(logits)
    assert float(told[3:].min()) > float(told[:3].max())
    assert logits[3:].flatten(1).argmax(1).tolist() == [10 * 12 + 9] * 3


def test_the_same_lessons_and_seed_give_the_same_net_and_another_seed_another(
    spots: Lessons, trained: EyeNet
) -> None:
    torch.manual_seed(5)  # whoever draws before
    before = torch.get_rng_state()
    again = train_net(spots, steps=40, seed=0).state_dict()
    assert torch.equal(torch.get_rng_state(), before), "nobody else's random numbers are used up"
    other = train_net(spots, steps=40, seed=1).state_dict()
    own = trained.state_dict()
    assert all(torch.equal(own[name], tensor) for name, tensor in again.items())
    assert not torch.equal(own["out.weight"], other["out.weight"])


def test_each_step_is_told(spots: Lessons) -> None:
    told: list[int] = []
    train_net(spots, steps=4, seed=0, told=lambda: told.append(1))
    assert len(told) == 4
