"""Several nets run as one say what they say one by one."""

import pytest
import torch
from torch import Tensor

from models.appearances.several import SeveralAppearances
from models.backbone.features import EfficientNetLite0
from models.eye.eye import TrainedEye
from models.eye.joined import JoinedNets
from models.eye.net import EyeNet, of_pictures
from models.eye.seeing import SeeingMemory
from models.memory.embedding import look, moments
from models.memory.memory import NormalityMemory
from models.memory.normal import Whole
from tests.models.benchmarks.toys import plate
from tests.models.conftest import part


def nets(maps: dict[int, Tensor], number: int) -> list[EyeNet]:
    """With drawn weights, and scaled by features that lie far from 0 for how little they vary."""
    draw = torch.Generator().manual_seed(7)
    made = []
    for _ in range(number):
        net = EyeNet({stride: layer.shape[1] for stride, layer in maps.items()}).eval()
        for name, own in net.state_dict().items():
            drawn = torch.randn(own.shape, generator=draw)
            if name.startswith("deviation_"):
                own.copy_(0.1 + drawn.abs())
            else:
                own.copy_(3.0 * drawn if name.startswith("centre_") else 0.2 * drawn)
        made.append(net)
    return made


@pytest.mark.parametrize("number", [1, 2, 4])
def test_joined_each_says_what_it_says_alone(number: int) -> None:
    draw = torch.Generator().manual_seed(1)
    maps = {
        stride: torch.randn(2, channels, 64 // stride, 96 // stride, generator=draw)
        for stride, channels in ((4, 5), (8, 6), (16, 3))
    }
    several = nets(maps, number)
    with torch.inference_mode():
        one_by_one = torch.stack([net(maps) for net in several], dim=1)
    joined = JoinedNets(several)(maps)
    assert joined.shape == (2, number, 16, 24)
    torch.testing.assert_close(joined, one_by_one, atol=1e-4, rtol=1e-4)


def test_a_tower_of_one_stride_needs_no_other() -> None:
    maps = {16: torch.randn(1, 6, 5, 7)}
    several = nets(maps, 2)
    with torch.inference_mode():
        torch.testing.assert_close(
            JoinedNets(several)(maps),
            torch.stack([net(maps) for net in several], dim=1),
            atol=1e-4,
            rtol=1e-4,
        )


def test_the_maps_that_it_is_given_stay_as_they_are() -> None:
    maps = {8: torch.randn(1, 6, 8, 12).contiguous(memory_format=torch.channels_last)}
    before = maps[8].clone()
    JoinedNets(nets(maps, 2))(maps)
    assert torch.equal(maps[8], before)


def test_an_eye_on_the_tower_scores_as_its_nets_do_one_by_one(
    tower: EfficientNetLite0, eye: TrainedEye
) -> None:
    picture = part(3)
    maps = look(picture, tower, (96, 128))
    several = [EyeNet({s: layer.shape[1] for s, layer in maps.maps.items()}) for _ in range(4)]
    for net in several:
        net.scale_by(maps, least_deviation=1e-3)
    learned = Whole.learn(torch.stack([moments(maps), 0.9 * moments(maps)]), shrinkage=0.5)
    sees = TrainedEye(
        several,
        whole=learned,
        tower=tower,
        working=(96, 128),
        taught_on=12,
        rule=eye.rule,
        choice=eye.choice,
    )
    with torch.inference_mode():
        one_by_one = [net(maps.maps) for net in several]
    found = sees.glance(sees.see(picture))
    torch.testing.assert_close(found.logits, torch.stack(one_by_one).mean(0), atol=1e-4, rtol=1e-4)
    assert found.opinion == pytest.approx(
        sum(float(of_pictures(one)) for one in one_by_one) / len(one_by_one), abs=1e-4
    )


def test_the_eyes_look_counts_beside_the_memorys(plain: NormalityMemory, eye: TrainedEye) -> None:
    (own,) = plain.looks
    maps = plain.assess(plate(3, defective=False)).features.maps
    assert own == tuple(min(maps) * cells for cells in maps[min(maps)].shape[-2:])
    seeing = SeeingMemory(plain, eye)
    assert seeing.looks == (own, eye.working)
    assert SeveralAppearances({"dark": plain, "light": seeing}).looks == (own, own, eye.working)
