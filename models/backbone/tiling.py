"""Large pictures piece by piece: a stage of a tower gives the same map as in one pass, in bounded memory.

A network is most hungry at its finest stages, where maps are as large as the picture and many channels wide.
There it also sees least far: what a cell of one stage depends on ends a few cells away. So each stage by
itself is run over pieces that overlap by just that, and what was computed beside a border that is none is cut
off. (Pieces of the whole network would have to overlap by 400 pixels for the same result.)
"""

from collections.abc import Callable, Iterator
from typing import Final

import torch
from torch import Tensor

WHOLE_PX: Final = 1 << 18
"""Pictures up to this area are not taken apart. The finest maps of larger ones have more than 25 MB each: so
much is taken anew from the system for every map, which takes as long as the network itself."""


def in_pieces(stage: Callable[[Tensor], Tensor], x: Tensor, *, stride: int, reach: int, side: int) -> Tensor:
    """Run a stage over ``x`` as one pass would, within rounding.

    Args:
        stage: (pictures, channels, rows, columns) → (pictures, other channels, rows / stride, columns /
            stride), convolutions only, so that a cell depends on what lies near it.
        x: Rows and columns are multiples of ``stride``.
        stride: Of the stage.
        reach: How many cells of ``x`` a cell sees beyond its own, to any side, at most.
        side: Cells along each side of a piece, without what it overlaps.

    Raises:
        ValueError: ``side`` is no multiple of ``stride``.
    """
    if side % stride:
        raise ValueError(f"pieces of {side} cells cannot be strided by {stride}")
    margin = -(-reach // stride) * stride
    rows, columns = x.shape[-2:]
    whole: Tensor | None = None
    for top, bottom in _spans(rows, side):
        for left, right in _spans(columns, side):
            above, before = max(top - margin, 0), max(left - margin, 0)
            piece = stage(x[..., above : min(bottom + margin, rows), before : min(right + margin, columns)])
            if whole is None:
                shape = (*piece.shape[:2], rows // stride, columns // stride)
                layout = (
                    torch.channels_last if piece.is_contiguous(memory_format=torch.channels_last) else None
                )
                whole = torch.empty(shape, memory_format=layout or torch.contiguous_format)
            first, second = (top - above) // stride, (left - before) // stride
            high, wide = (bottom - top) // stride, (right - left) // stride
            whole[..., top // stride : bottom // stride, left // stride : right // stride] = piece[
                ..., first : first + high, second : second + wide
            ]
    assert whole is not None
    return whole


def _spans(length: int, side: int) -> Iterator[tuple[int, int]]:
    """Where pieces begin and end."""
    for start in range(0, length, side):
        yield start, min(start + side, length)
