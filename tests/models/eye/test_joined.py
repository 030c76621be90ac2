"""Several nets run as one say what they say one by one, on average."""

import pytest
import torch
from torch import Tensor

from models.appearances.several import SeveralAppearances
from models.backbone.features import EfficientNetLite0
from models.eye.eye import TrainedEye
from models.eye.joined import JoinedNets
from models.eye.net import EyeNet, middling
from models.eye.seeing import SeeingMemory
from models.memory.embedding import look
from models.memory.memory import NormalityMemory
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
def test_joined_they_give_the_mean_of_their_logits(number: int) -> None:
    draw = torch.Generator().manual_seed(1)
    maps = {
        stride: torch.randn(2, channels, 64 // stride, 96 // stride, generator=draw)
        for stride, channels in ((4, 5), (8, 6), (16, 3))
    }
    several = nets(maps, number)
    with torch.inference_mode():
        one_by_one = middling([net(maps) for net in several])
    joined = JoinedNets(several)(maps)
    assert joined.shape == (2, 16, 24)
    torch.testing.assert_close(joined, one_by_one, atol=1e-4, rtol=1e-4)


def test_a_tower_of_one_stride_needs_no_other() -> None:
    maps = {16: torch.randn(1, 6, 5, 7)}
    several = nets(maps, 2)
    with torch.inference_mode():
        torch.testing.assert_close(
            JoinedNets(several)(maps), middling([net(maps) for net in several]), atol=1e-4, rtol=1e-4
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
    sees = TrainedEye(several, tower=tower, working=(96, 128), taught_on=12, rule=eye.rule, choice=eye.choice)
    with torch.inference_mode():
        one_by_one = middling([net(maps.maps) for net in several])
    found = sees.logits(picture)
    torch.testing.assert_close(found, one_by_one, atol=1e-4, rtol=1e-4)
    scores = [eye.rule.score(float(logits.max()), 20.0) for logits in (found, one_by_one)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-3)


def test_the_eyes_look_counts_beside_the_memorys(plain: NormalityMemory, eye: TrainedEye) -> None:
    (own,) = plain.looks
    maps = plain.assess(plate(3, defective=False)).features.maps
    assert own == tuple(min(maps) * cells for cells in maps[min(maps)].shape[-2:])
    seeing = SeeingMemory(plain, eye)
    assert seeing.looks == (own, eye.working)
    assert SeveralAppearances({"dark": plain, "light": seeing}).looks == (own, own, eye.working)
