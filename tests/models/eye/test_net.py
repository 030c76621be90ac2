"""The net: cells of all strides on the finest grid, and a picture as defective as its worst few cells."""

import torch

from models.backbone.features import FeatureMaps
from models.eye.net import EyeNet, of_pictures


def test_a_logit_for_each_cell_of_the_finest_map() -> None:
    maps = {16: torch.zeros(2, 6, 6, 8), 32: torch.zeros(2, 4, 3, 4)}
    assert EyeNet({32: 4, 16: 6})(maps).shape == (2, 6, 8)


def test_untrained_no_cell_is_taken_for_a_defect() -> None:
    torch.manual_seed(0)
    maps = {16: torch.randn(3, 6, 6, 8), 32: torch.randn(3, 4, 3, 4)}
    with torch.inference_mode():
        assert float(EyeNet({16: 6, 32: 4})(maps).max()) < 0.0


def test_a_channel_that_never_varies_divides_by_no_less_than_asked() -> None:
    net = EyeNet({16: 2})
    layer = torch.stack([torch.full((4, 4), 7.0), torch.arange(16.0).reshape(4, 4)])[None]
    net.scale_by(FeatureMaps({16: layer}), least_deviation=0.01)
    assert float(net.get_buffer("deviation_16").min()) == torch.tensor(0.01)
    assert net.get_buffer("centre_16").flatten().tolist() == [7.0, 7.5]


def test_a_picture_is_as_defective_as_the_mean_of_its_worst_few_cells() -> None:
    logits = torch.full((2, 50, 40), -3.0)
    logits[1, 7, 9] = 9.0  # six cells of 2,000 count
    assert of_pictures(logits).tolist() == [-3.0, -1.0]
    assert of_pictures(torch.tensor([[[-1.0, 5.0]]])).tolist() == [5.0], "of few cells the worst one"


def test_a_defect_of_few_cells_does_not_drown_in_a_large_picture_where_its_size_is_known() -> None:
    """Four cells of 50,000, as a defect of ten pixels has them on five megapixels."""
    logits = torch.full((2, 204, 244), -5.0)
    logits[1, 100:102, 50:52] = 12.0
    assert of_pictures(logits, 4).tolist() == [-5.0, 12.0]
    assert of_pictures(logits)[1] < -4.0
    assert of_pictures(logits[:, :1, :2], 4).tolist() == [-5.0, -5.0], "a picture may have fewer cells"
