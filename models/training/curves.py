"""The losses of a run, drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.loss_log import read_losses


def draw_losses(log: Path, picture: Path) -> None:
    """Draw the curves of a run into a PNG: one panel for words, one for the chunk."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    lines = list(read_losses(log))
    figure, (words, chunk) = pyplot.subplots(2, 1, figsize=(9, 7), sharex=True, layout="constrained")
    for panel, names in (
        (words, ("type", "severity", "asked", "action", "asked_drill", "drill", "reason")),
        (chunk, ("chunk_action", "chunk_physics", "chunk_smoothness")),
    ):
        for name in names:
            points = [(at, line[name]) for at, line in enumerate(lines) if name in line]
            if points:
                steps, values = zip(*points, strict=True)
                panel.plot(steps, _smoothed(np.array(values)), label=name)
        panel.set_yscale("log")
        panel.set_ylabel("loss")
        panel.grid(alpha=0.3)
        if panel.lines:
            panel.legend()
    for at in (i for i in range(1, len(lines)) if lines[i]["stage"] != lines[i - 1]["stage"]):
        words.axvline(at, color="0.5", linestyle=":")
        chunk.axvline(at, color="0.5", linestyle=":")
    chunk.set_xlabel("step (dotted: the next stage)")
    figure.savefig(picture, dpi=110)
    pyplot.close(figure)


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of the last 25 values, of fewer at the beginning: as long as ``values``."""
    total = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - 25, 0)
    smooth: NDArray[np.float64] = (total[ends] - total[starts]) / (ends - starts)
    return smooth
