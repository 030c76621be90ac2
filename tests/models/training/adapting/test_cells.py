"""Windows to learn defective cells from: where the defects are, and no larger in more detail."""

import pytest
import torch

from models.training.adapting.cells import _windows
from models.training.adapting.variants import Pool


def pool(rows: int, columns: int) -> Pool:
    """One defective map, with one defective cell in its last corner, and a good one."""
    cells = torch.zeros(2, rows, columns, dtype=torch.bool)
    cells[0, -1, -1] = True
    fine = cells.half()[:, None].expand(2, 3, rows, columns)
    kind = torch.tensor([Pool.MARKED, Pool.GOOD])
    return Pool(fine=fine, cells=cells, source=torch.arange(2), kind=kind, whole=torch.zeros(2, 5))


@pytest.mark.parametrize(
    ("rows", "columns", "size"), [(32, 40, (16, 20)), (36, 36, (18, 18)), (56, 56, (20, 20)), (2, 4, (2, 2))]
)
def test_a_window_is_a_quarter_of_the_picture_or_less_and_holds_the_defect(
    rows: int, columns: int, size: tuple[int, int]
) -> None:
    drawn, rng = torch.tensor([0] * 8 + [1] * 8), torch.Generator().manual_seed(0)
    fine, truth = _windows(pool(rows, columns), drawn, rng, most_cells=400)
    assert truth.shape == (16, *size)
    assert fine.shape == (16, 3, *size)
    assert truth[:8].flatten(1).any(1).all()
    assert not truth[8:].any()
    assert torch.equal(fine[:, 0] > 0, truth), "what is marked is what is shown"
