"""Pictures that lie far outside the others they are taught with: damaged, of another product, without a part.

The threshold follows the worst of the good pictures, so one that shows no good part lets defects through.
Three distances are taken of each picture, since they fail on different ones:

- *apart*: of its pooled features, in robust deviations and cut off, to the m-th nearest other picture, where
  m is just above a tenth of them. So a twentieth of wrong ones cannot vouch for each other, and a variant of
  the product that is a tenth of the pictures can;
- *patches*: of the worst quarter of its cells to the nearest patches of pictures in other folds. Finds
  pictures of which a part is wrong, as behind a lost sector;
- *whole*: the memory's own distance of the pooled features, also from pictures in other folds.

Each is compared, as a logarithm, with its own median and spread over all pictures: the product itself says
how far apart its good pictures lie. docs/quality.md has what is found, and what wrongly.

A fourth measure finds what those three pass over, a defect on one good part, and so asks for a look instead
of refusing:

- *place*: of the picture's few highest cells to the nearest patches of pictures in other folds.

Distances as outlierness: Ramaswamy, Rastogi and Shim, "Efficient algorithms for mining outliers from large
data sets", SIGMOD 2000. The robust z-score: Iglewicz and Hoaglin, "How to detect and handle outliers", 1993.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

FAR: Final = 1.0
"""Share of the bar from which a picture is an outlier."""
FEWEST: Final = 10
"""Pictures: among fewer nothing says what is usual."""
_BAR_APART: Final = 6.0
_BAR_UNSEEN: Final = 5.0
"""Robust deviations; good pictures of one product reach 4.9 and 3.8."""
_FEW: Final = 8.0
"""Over the number of pictures: what is added to the bars, since few pictures tell a spread badly."""
_SHARE: Final = 0.1
_WORST_CELLS: Final = 0.25
_HIGHEST_CELLS: Final = 3
"""What a small defect reaches into."""
_CUT: Final = 20.0
_LEAST_DEVIATION: Final = 1e-3
_LEAST_APART: Final = 0.1
_LEAST_UNSEEN: Final = 0.05
"""Of the logarithms: pictures that hardly differ are no outliers for a twentieth more."""
_TO_DEVIATION: Final = 1.4826
"""Times the median absolute deviation gives the deviation of a normal distribution."""


def outlyingness(
    features: NDArray[np.float32], *, cells: NDArray[np.float32], whole: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Say how far outside each picture lies, by the distance that tells most; above ``FAR`` it is an outlier.

    Args:
        features: The pooled features, (pictures, channels).
        cells: How far each cell is from the nearest patch of other folds, (pictures, rows, columns).
        whole: How far the pooled features are from those of other folds, (pictures,).

    Returns:
        (pictures,); zeros where there are fewer than ``FEWEST``.
    """
    count = len(features)
    if count < FEWEST:
        return np.zeros(count)
    ratios = (cells / np.maximum(np.median(cells, axis=0), _LEAST_DEVIATION)).reshape(count, -1)
    worst = max(1, round(_WORST_CELLS * ratios.shape[1]))
    patches = np.partition(ratios, -worst, axis=1)[:, -worst:].mean(axis=1)
    farthest: NDArray[np.float64] = np.max(
        [
            _robust(_apart(features), least=_LEAST_APART) / _BAR_APART,
            _robust(patches, least=_LEAST_UNSEEN) / _BAR_UNSEEN,
            _robust(whole, least=_LEAST_UNSEEN) / _BAR_UNSEEN,
        ],
        axis=0,
    )
    return farthest / (1.0 + _FEW / count)


def oddness_of_places(cells: NDArray[np.float32]) -> NDArray[np.float64]:
    """Say how unlike the others each picture is at its oddest place; above ``FAR`` it asks for a look.

    Args:
        cells: How far each cell is from the nearest patch of other folds, (pictures, rows, columns).

    Returns:
        (pictures,); zeros where there are fewer than ``FEWEST``.
    """
    count = len(cells)
    if count < FEWEST:
        return np.zeros(count)
    ratios = (cells / np.maximum(np.median(cells, axis=0), _LEAST_DEVIATION)).reshape(count, -1)
    few = min(_HIGHEST_CELLS, ratios.shape[1])
    highest = np.partition(ratios, -few, axis=1)[:, -few:].mean(axis=1)
    return _robust(highest, least=_LEAST_UNSEEN) / _BAR_UNSEEN / (1.0 + _FEW / count)


def _apart(features: NDArray[np.float32]) -> NDArray[np.float64]:
    centre = np.median(features, axis=0)
    spread = _TO_DEVIATION * np.median(np.abs(features - centre), axis=0)
    places = np.clip((features - centre) / np.maximum(spread, _LEAST_DEVIATION), -_CUT, _CUT).astype(
        np.float64
    )
    nearby = min(math.ceil(_SHARE * len(places)) + 1, len(places) - 1)
    lengths = (places**2).sum(axis=1)
    squares = np.maximum(lengths[:, None] + lengths[None] - 2.0 * places @ places.T, 0.0)
    return np.asarray(np.sqrt(np.partition(squares, nearby, axis=1)[:, nearby] / places.shape[1]))


def _robust(distances: NDArray[np.floating], *, least: float) -> NDArray[np.float64]:
    logs = np.log(np.maximum(distances.astype(np.float64), 1e-9))
    middle = np.median(logs)
    deviation = max(_TO_DEVIATION * float(np.median(np.abs(logs - middle))), least)
    return np.asarray((logs - middle) / deviation)
