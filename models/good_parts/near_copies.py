"""Pictures that hardly differ: re-encoded copies, a video's still frames, one part again and again.

From such a set nothing follows about the next part: the threshold comes from how far unseen good pictures lie
from the taught ones, and a copy's copy lies nowhere. The set's own pictures are the yardstick: one that lies
farther from itself, moved by a single pixel of what is looked at, than from another picture, shows that the
other is no other part. For parts differ in their place alone by more, and a threshold from pictures that do
not would reject every part that lies a little otherwise. docs/quality.md has what was measured.

Some such pairs do no harm (the others set the threshold); where most pictures have one, the set is refused.
"""

from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inspection.part import Picture

SAMPLED: Final = 12
"""Pictures of a set that are looked at once more, moved: what most of them are, most of the set is."""
_LEAST_DEVIATION: Final = 1e-3


def sampled(count: int) -> list[int]:
    """Choose which of ``count`` pictures are looked at moved: evenly spread, first and last among them."""
    return sorted({round(place) for place in np.linspace(0, count - 1, min(count, SAMPLED))})


def moved(picture: Picture) -> tuple[Picture, Picture]:
    """Move ``picture``, at the size at which it is looked at, by one pixel: along x, and along y."""
    return (
        np.concatenate([picture[:, 1:], picture[:, -1:]], axis=1),
        np.concatenate([picture[1:], picture[-1:]], axis=0),
    )


def mostly_near_copies(
    features: NDArray[np.float32],
    shifted: NDArray[np.float32],
    *,
    at: Sequence[int],
    groups: Sequence[Hashable],
) -> tuple[int, int] | None:
    """Find a pair that stands for the others, where most pictures are near-copies of one in another group.

    Args:
        features: The pooled features, (pictures, channels).
        shifted: Those of the sampled pictures moved along x and along y, (sampled, 2, channels).
        at: The indices of the sampled pictures.
        groups: One for each picture; within one a near-copy does no harm.

    Returns:
        The two pictures that lie nearest, in their own measure; None where most pictures stand alone.
    """
    scale = np.maximum(features.std(axis=0), _LEAST_DEVIATION)
    pairs: list[tuple[float, int, int]] = []
    for index, own in zip(at, shifted, strict=True):
        others = [other for other, group in enumerate(groups) if group != groups[index]]
        distances = np.linalg.norm((features[others] - features[index]) / scale, axis=1)
        itself = float(np.linalg.norm((own - features[index]) / scale, axis=1).min())
        nearest = int(distances.argmin())
        if distances[nearest] < itself:
            pairs.append((float(distances[nearest]) / itself, index, others[nearest]))
    return min(pairs)[1:] if 2 * len(pairs) > len(at) else None
