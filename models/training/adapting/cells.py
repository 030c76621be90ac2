"""Trains the net that tells defective cells: the tower's last stages and a decoder on them."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 PyTorch's own name for it
from torch.optim.swa_utils import AveragedModel

from models.backbone.features import AdaptableTower
from models.memory.cells import CellNet
from models.training.adapting.labelled import AdaptationSettings, Counter
from models.training.adapting.variants import Pool


def train_cells(
    pool: Pool,
    allowed: Tensor,
    tower: AdaptableTower,
    settings: AdaptationSettings,
    seed: int,
    counted: Counter,
) -> CellNet:
    """Train stages and decoder on windows of the cached maps; the mean of the second half's weights is kept.

    Windows of half the sides, or of so many cells as the settings say, hold a defect every other time, where
    whole pictures would be nearly all good cells, and cost a quarter or less.
    """
    rng = torch.Generator().manual_seed(seed)
    share = {Pool.GOOD: settings.good_share, Pool.SYNTHETIC: settings.synthetic_share}
    share[Pool.MARKED] = 1.0 - sum(share.values())
    weights = torch.zeros(len(pool.kind))
    for kind, wanted in share.items():
        of_kind = allowed & (pool.kind == kind)
        weights[of_kind] = wanted / max(int(of_kind.sum()), 1)
    unmarked = (allowed & (pool.kind == Pool.UNMARKED)).nonzero()[:, 0]
    marked = int((allowed & (pool.kind == Pool.MARKED)).sum())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        middle = tower.tail()
        channels = int(middle(pool.fine[:1].float()).shape[1])
        net = CellNet(middle, fine_channels=pool.fine.shape[1], middle_channels=channels)
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # stub lacks it
    pretrained = list(net.tail.parameters())
    fresh = [tensor for name, tensor in net.named_parameters() if not name.startswith("tail.")]
    rates = [3.0 * settings.rate, 0.5 * settings.rate]
    optimizer = torch.optim.AdamW([{"params": fresh}, {"params": pretrained}], weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rates, total_steps=settings.steps, pct_start=0.1
    )
    average = AveragedModel(net, avg_fn=lambda mean, new, _: torch.lerp(mean, new, 0.01))
    for step in range(settings.steps):
        drawn = torch.multinomial(weights, settings.batch, replacement=True, generator=rng)
        fine, truth = _windows(pool, drawn, rng, most_cells=settings.window_cells)
        loss = _window_loss(net(_shaken(fine, rng)), truth)
        if len(unmarked):  # all that a label without a mask says: somewhere there is a cell like that
            some = unmarked[torch.randint(len(unmarked), (max(1, settings.batch // 8),), generator=rng)]
            whole = CellNet.of_pictures(net(_shaken(pool.fine[some].float(), rng)))
            loss = loss + len(unmarked) / (len(unmarked) + marked) * F.softplus(-whole).mean()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimizer.step()
        schedule.step()
        if 2 * step >= settings.steps:
            average.update_parameters(net)
        counted.add(settings.batch // 4)
    averaged = average.module
    assert isinstance(averaged, CellNet)
    return averaged.eval()


def _shaken(fine: Tensor, rng: torch.Generator) -> Tensor:
    """Each channel a little stronger or weaker, so that none is relied upon; channels last."""
    gain = torch.randn(len(fine), fine.shape[1], 1, 1, generator=rng).mul_(0.1).exp_()
    return (fine * gain).contiguous(memory_format=torch.channels_last)


def _windows(pool: Pool, drawn: Tensor, rng: torch.Generator, *, most_cells: int) -> tuple[Tensor, Tensor]:
    """A window from each map: with a defective cell where there is one, else anywhere.

    Returns:
        (windows, channels, rows, columns) and (windows, rows, columns); even rows and columns, half of those
        of the map, or less where that would be more than ``most_cells``.
    """
    rows, columns = pool.cells.shape[1:]
    share = min(0.5, math.sqrt(most_cells / (rows * columns)) + 1e-9)
    height, width = (max(2, int(share * side) // 2 * 2) for side in (rows, columns))

    def random(below: int) -> int:
        return int(torch.randint(below, (1,), generator=rng))

    fine, cells = [], []
    for index in drawn.tolist():
        spots = pool.cells[index].nonzero()
        if len(spots):
            row, column = spots[random(len(spots))].tolist()
            top, left = row - random(height), column - random(width)
        else:  # as often at the border as elsewhere: there good pictures look odd
            top = random(rows - height + height // 2 + 1) - height // 4
            left = random(columns - width + width // 2 + 1) - width // 4
        top, left = min(max(top // 2 * 2, 0), rows - height), min(max(left // 2 * 2, 0), columns - width)
        here = np.s_[top : top + height, left : left + width]
        fine.append(pool.fine[index][:, here[0], here[1]])
        cells.append(pool.cells[index][here])
    return torch.stack(fine).float(), torch.stack(cells)


def _window_loss(logits: Tensor, defective: Tensor) -> Tensor:
    """How wrong the cells are, one by one and together, and each window as a whole.

    Focal loss of the cells (Lin et al., ICCV 2017, arXiv:1708.02002), dice of all of them (Milletari et al.,
    "V-Net", 2016, arXiv:1606.04797), cross-entropy of the windows.
    """
    truth = defective.float()
    probability = torch.sigmoid(logits)
    right = probability * truth + (1.0 - probability) * (1.0 - truth)
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    focal = ((1.0 - right) * entropy * (1.0 + 4.0 * truth)).mean()
    dice = 1.0 - (2.0 * (probability * truth).sum() + 1.0) / (probability.sum() + truth.sum() + 1.0)
    # a window is a quarter of a picture, so four times the share of cells
    of_windows = CellNet.of_pictures(logits, share=0.01)
    window = F.binary_cross_entropy_with_logits(of_windows, truth.flatten(1).amax(1))
    return 3.0 * focal + 0.5 * dice + window
