"""What the size of a picture tells before anyone looks: whether there is in it what the tower looks for.

All pictures are scaled to one working size, and each cell of the tower's finest map answers for one stride of
it. So the tower's own geometry says what is too little:

- *too small*: fewer pixels along a side than that map has cells. Neighbouring cells then show one and the
  same pixel, and all that tells them apart was made by the interpolation;
- *coarser*: where most pictures of a set have one size, one that must be enlarged so much more than they that
  its details fall onto the next map (the maps' strides lie an octave apart). What the others show on the
  finest map, this one cannot show at all. A set without a usual size, as of parts cut out of larger
  pictures, has no such ones; nor has it more of them than one in ten, which are a variant.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

Size = tuple[int, int]
"""Height and width in pixels."""

_VARIANT: Final = 0.1
"""Share of a set from which pictures count as a variant, as :mod:`~models.good_parts.outliers` has it."""


def least_size(working: Size, strides: Sequence[int]) -> Size:
    """Give the smallest picture that shows each cell of the finest map a pixel of its own.

    >>> least_size((256, 320), (8, 16, 32))
    (32, 40)
    """
    return -(-working[0] // strides[0]), -(-working[1] // strides[0])


def too_small(size: Size, *, working: Size, strides: Sequence[int]) -> str:
    """Say why a picture of ``size`` shows nothing at a working size; the text is empty where it does.

    >>> too_small((480, 640), working=(256, 320), strides=(8, 16, 32))
    ''
    >>> too_small((4, 4), working=(256, 320), strides=(8, 16, 32))
    '4 x 4 pixels, and at least 40 x 32 are needed, one for each cell that is looked at'
    """
    height, width = least_size(working, strides)
    if size[0] >= height and size[1] >= width:
        return ""
    return (
        f"{size[1]} x {size[0]} pixels, and at least {width} x {height} are needed, one for each cell that "
        "is looked at"
    )


def coarser(sizes: Sequence[Size], *, working: Size, strides: Sequence[int]) -> list[int]:
    """Find the few pictures of a set that lack the detail that the usual ones have.

    Args:
        sizes: The pictures' heights and widths, in pixels.
        working: The height and width that they are all scaled to, in pixels.
        strides: The strides of the tower's maps, finest first, in pixels.

    Returns:
        Their indices.

    >>> coarser([(480, 640)] * 7 + [(48, 64)], working=(256, 320), strides=(8, 16, 32))
    [7]
    """
    usual, count = Counter(sizes).most_common(1)[0]
    if 2 * count <= len(sizes):
        return []
    octave = strides[1] / strides[0] if len(strides) > 1 else strides[0]
    least = octave * _enlarged(usual, working)
    found = [index for index, size in enumerate(sizes) if _enlarged(size, working) >= least]
    return found if len(found) <= max(1, int(_VARIANT * len(sizes))) else []


def _enlarged(size: Size, working: Size) -> float:
    """How many times a picture is enlarged along the side that lacks most; 1 where it is none."""
    return max(1.0, working[0] / size[0], working[1] / size[1])
