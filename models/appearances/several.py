"""Several taught appearances of one part (colours, cavities, suppliers): the nearest one counts.

One memory of parts of two colours knows both by their patches. But it divides by how features spread over
both, which hides what differs within one; its one Gaussian of the whole takes what lies between them for
normal; and where each colour is a group, calibrating holds a whole colour out, so that the threshold lets
everything through. So each appearance has a memory of its own, with its own threshold, and a part is as
normal as the one finds it that finds it most normal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from inspection.errors import WeightsError
from inspection.part import Picture
from models.backbone.features import FeatureMaps, VisionTower
from models.eye import seeing
from models.eye.eye import Described
from models.memory.assessment import Assessment, Region
from models.memory.memory import NormalityMemory, Promised

_KEY: Final = "appearances"
MOST: Final = 8
"""Appearances of one view: each looks at every picture."""


class SeveralAppearances(NormalityMemory):
    """One memory for each appearance; it stands wherever a memory stands.

    Its scores are told from the threshold of the appearance that counted, so its own threshold is 0. Each
    member looks at the picture, so it takes as many times as long as there are appearances.
    """

    def __init__(self, members: Mapping[str, NormalityMemory]) -> None:
        """Let the nearest of ``members`` judge: one to ``MOST``, by name, taught on one tower."""
        if not 1 <= len(members) <= MOST:
            raise ValueError(f"{len(members)} appearances, not 1 to {MOST}")
        first = next(iter(members.values()))
        super().__init__(tower=first._tower, normal=first._normal, header=first._header)
        self.members: Final = dict(members)

    @property
    def threshold(self) -> float:
        """0: scores are told from the threshold of the appearance that counted."""
        return 0.0

    @property
    def median(self) -> float:
        """The score of a middling good picture, on average over the appearances."""
        return float(np.mean([one.median - one.threshold for one in self.members.values()]))

    @property
    def taught_on(self) -> int:
        """The number of good pictures of the appearance that was taught on the fewest."""
        return min(one.taught_on for one in self.members.values())

    @property
    def promised(self) -> tuple[None, None]:
        """Nothing: which appearance comes next nobody knows, and each has a threshold of its own."""
        return None, None

    @property
    def taught_scores(self) -> tuple[float, ...]:
        """None: which appearance comes next nobody knows, and each has scores of its own."""
        return ()

    @property
    def looks(self) -> tuple[tuple[int, int], ...]:
        """Those of all of them."""
        return tuple(look for one in self.members.values() for look in one.looks)

    def too_small(self, size: tuple[int, ...]) -> str:
        """Say why a picture of that height and width is too small for one of them; empty if for none."""
        return next((said for one in self.members.values() if (said := one.too_small(size))), "")

    def assess(self, picture: Picture) -> Assessment:
        """Judge one picture by the appearance that it lies nearest to: as ``NormalityMemory`` does."""
        judged = [(one, one.assess(picture)) for one in self.members.values()]
        above = [assessment.score - one.threshold for one, assessment in judged]
        nearest = int(np.argmin(above))
        return replace(judged[nearest][1], score=above[nearest])

    def regions(
        self, anomaly: NDArray[np.float32], *, features: FeatureMaps, shape: tuple[int, ...]
    ) -> tuple[Region, ...]:
        """Refused: which appearance judged the picture is not told here."""
        raise NotImplementedError("regions are found by the appearance that judged the picture")

    def packed(self) -> tuple[dict[str, Tensor], str]:
        """Give all members as tensors and a JSON header; ``unpacked`` reads them."""
        tensors: dict[str, Tensor] = {}
        headers = []
        for number, (name, one) in enumerate(self.members.items()):
            of_one, header = one.packed()
            tensors |= {f"{number}.{key}": tensor for key, tensor in of_one.items()}
            headers.append([name, header])
        return tensors, json.dumps({_KEY: headers})


def appearances_of(memory: NormalityMemory) -> tuple[str, ...]:
    """The names of the appearances that a memory knows, sorted; empty for a memory of one."""
    return tuple(sorted(memory.members)) if isinstance(memory, SeveralAppearances) else ()


def eye_described_by(header: str) -> Described | None:
    """What a packed memory's header says of its eye, without its tower; None where it has none, or several.

    Raises:
        KeyError, TypeError, ValueError: It is damaged.
    """
    return None if _KEY in json.loads(header) else seeing.eye_described_by(header)


def promised_by(header: str) -> Promised:
    """What a packed memory's header says of its threshold, without its tower; nothing of several.

    Raises:
        KeyError, TypeError, ValueError: It is damaged.
    """
    return (None, None) if _KEY in json.loads(header) else seeing.promised_by(header)


def usual_spread(memory: NormalityMemory) -> NDArray[np.float32]:
    """How far the cells of unseen good pictures lie from the taught ones: (rows, columns).

    Of several appearances each cell's farthest, over its own memory's middling cell.
    """
    if not isinstance(memory, SeveralAppearances):
        found: NDArray[np.float32] = memory.packed()[0]["expected"].numpy()
        return found
    spreads = [usual_spread(one) for one in memory.members.values()]
    size = spreads[0].shape[::-1]
    relative = [cv2.resize(one / np.median(one), size, interpolation=cv2.INTER_LINEAR) for one in spreads]
    return np.asarray(np.max(np.stack(relative), axis=0), np.float32)


def unpacked(tensors: Mapping[str, Tensor], header: str, *, tower: VisionTower) -> NormalityMemory:
    """Make the memory that was packed, of one appearance or of several.

    Raises:
        WeightsError: Tensors or header are damaged, of another format, or were taught on another tower.
    """
    try:
        said = json.loads(header)
        if _KEY not in said:
            return seeing.unpacked(tensors, header, tower=tower)
        headers = {str(name): str(of_one) for name, of_one in said[_KEY]}
        parts = [key.split(".", 1) for key in tensors]
        if {int(number) for number, _ in parts} != set(range(len(headers))) or len(headers) > MOST:
            raise ValueError("the appearances that were taught are not those that it names")
    except (ValueError, TypeError) as error:
        raise WeightsError(
            f"The memory is damaged: {error}",
            part="nothing is inspected",
            todo="Teach the recipe again, or restore the file",
        ) from error
    members = {}
    for number, (name, of_one) in enumerate(headers.items()):
        own = {
            key.removeprefix(f"{number}."): t for key, t in tensors.items() if key.startswith(f"{number}.")
        }
        members[name] = seeing.unpacked(own, of_one, tower=tower)
    return SeveralAppearances(members)
