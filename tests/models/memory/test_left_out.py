"""What was learned without a picture's group says how far the picture lies, as if it had been taught anew."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.memory import left_out
from models.memory.coreset import chosen
from models.memory.left_out import left_out_distances

LEAST = 1e-3
PICTURES, ROWS, COLUMNS, CHANNELS, POOLED = 24, 4, 5, 7, 60
GROUPS = [place // 2 if place < 20 else 10 for place in range(PICTURES)]
"""Ten groups of two and one of four."""


def some_pictures(*, apart: float, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Patches and wholes: what all share, what groups have ``apart``, and what every picture has alone."""
    generator = torch.Generator().manual_seed(seed)

    def made(*shape: int) -> Tensor:
        common, own = (
            torch.randn(shape, generator=generator),
            torch.randn(PICTURES, *shape, generator=generator),
        )
        of_groups = torch.randn(max(GROUPS) + 1, *shape, generator=generator)[GROUPS]
        scales = torch.rand(shape[-1], generator=generator) + 0.1
        return 3.0 * common + scales * (own + apart * of_groups)

    return made(ROWS, COLUMNS, CHANNELS), made(POOLED)


def measured(
    patches: Tensor, whole: Tensor, groups: Sequence[int], *, keep: int = 10_000
) -> tuple[Tensor, NDArray[np.float64]]:
    """What the module says, of a bank of ``keep`` patches."""
    flat = patches.reshape(-1, patches.shape[-1])
    bank = chosen(flat / flat.std(0), keep, seed=0)
    return left_out_distances(patches, whole, groups, bank=bank, shrinkage=0.5, least_deviation=LEAST, seed=0)


def anew(
    patches: Tensor, whole: Tensor, places: Sequence[int], others: Sequence[int], *, keep: int = 10_000
) -> tuple[Tensor, Tensor]:
    """Teach a memory by ``others`` and ask it for ``places``, the long way: a coreset, an inverted matrix."""
    known = patches[others].reshape(-1, patches.shape[-1])
    deviation = known.std(0).clamp_min(LEAST)
    bank = (known / deviation)[chosen(known / deviation, keep, seed=0)]
    asked = patches[places].reshape(-1, patches.shape[-1]) / deviation
    cells = torch.cdist(asked, bank, compute_mode="donot_use_mm_for_euclid_dist").amin(1)
    rest = whole[others].double()
    standard = (rest - rest.mean(0)) / rest.std(0)
    shrunk = torch.eye(whole.shape[1]).double() + standard.T @ standard / len(rest)
    offset = (whole[places].double() - rest.mean(0)) / rest.std(0)
    return cells.reshape(len(places), *patches.shape[1:3]), (offset @ shrunk.inverse() * offset).sum(1).sqrt()


def test_with_all_patches_kept_it_is_what_teaching_anew_gives() -> None:
    patches, whole = some_pictures(apart=1.0)
    cells, wholes = measured(patches, whole, GROUPS)
    for group in set(GROUPS):
        own = [place for place, of in enumerate(GROUPS) if of == group]
        others = [place for place, of in enumerate(GROUPS) if of != group]
        expected, expected_wholes = anew(patches, whole, own, others)
        torch.testing.assert_close(cells[own], expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(wholes[own], expected_wholes.numpy(), rtol=1e-6)


def test_with_a_thinned_bank_it_reads_as_teaching_anew_does_and_folds_read_higher() -> None:
    """Over all cells, on average: the patches in place of the missing ones cover what those had covered."""
    patches, whole = some_pictures(apart=0.5)
    ratios, higher, keep = [], [], 120
    cells, wholes = measured(patches, whole, GROUPS, keep=keep)
    for group in sorted(set(GROUPS)):
        own = [place for place, of in enumerate(GROUPS) if of == group]
        expected, expected_wholes = anew(
            patches, whole, own, [place for place, of in enumerate(GROUPS) if of != group], keep=keep
        )
        fold = {group, (group + 5) % 11, (group + 6) % 11}  # a quarter of the pictures and more
        folded, folded_wholes = anew(
            patches, whole, own, [place for place, of in enumerate(GROUPS) if of not in fold], keep=keep
        )
        ratios.append((float(cells[own].mean() / expected.mean()), float(expected_wholes.mean())))
        higher.append((float(folded.mean() / expected.mean()), float(folded_wholes.mean())))
        np.testing.assert_allclose(wholes[own], expected_wholes.numpy(), rtol=1e-6)
    left_out, in_folds = np.mean(ratios, axis=0), np.mean(higher, axis=0)
    assert left_out[0] == pytest.approx(1.0, abs=0.03)
    assert in_folds[1] > left_out[1]


def test_near_copies_in_one_group_do_not_vouch_for_each_other() -> None:
    patches, whole = some_pictures(apart=0.0)
    copied, copied_whole = patches.repeat_interleave(2, 0), whole.repeat_interleave(2, 0)
    pairs = [place // 2 for place in range(2 * PICTURES)]
    by_group, wholes = measured(copied, copied_whole, pairs, keep=200)
    by_picture, apart = measured(copied, copied_whole, range(2 * PICTURES), keep=200)
    assert by_group.mean() > 1.5 * by_picture.mean()
    assert wholes.mean() > apart.mean()


def test_an_outlier_is_not_measured_by_what_it_taught_itself() -> None:
    patches, whole = some_pictures(apart=0.0)
    patches[3] += 40.0
    cells, _ = measured(patches, whole, range(PICTURES), keep=100)
    others = torch.arange(PICTURES) != 3
    assert cells[3].min() > 3.0 * cells[others].max()


@pytest.mark.parametrize("groups", [[0] * PICTURES, list(range(PICTURES - 1))])
def test_without_other_groups_there_is_nothing_to_measure_by(groups: list[int]) -> None:
    with pytest.raises(ValueError, match="for 24 pictures"):
        measured(*some_pictures(apart=0.0), groups)


def test_two_groups_one_of_them_a_single_picture_give_finite_distances() -> None:
    patches, whole = some_pictures(apart=0.5)
    cells, wholes = measured(patches[:5], whole[:5], [0, 1, 1, 1, 1])
    assert bool(cells.isfinite().all())
    assert np.isfinite(wholes).all()


def test_what_never_varies_divides_nothing_by_zero() -> None:
    cells, wholes = measured(torch.ones(6, ROWS, COLUMNS, CHANNELS), torch.ones(6, POOLED), range(6), keep=30)
    assert float(cells.abs().max()) == 0.0
    assert float(np.abs(wholes).max()) == 0.0


def test_of_more_groups_than_can_be_left_out_one_by_one_some_are_left_out_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patches, whole = some_pictures(apart=0.5)
    monkeypatch.setattr(left_out, "MOST_PARTS", 4)
    cells, wholes = measured(patches, whole, GROUPS)
    part = [group % 4 for group in GROUPS]
    expected, expected_wholes = measured(patches, whole, part)
    assert torch.equal(cells, expected)
    assert np.array_equal(wholes, expected_wholes)
