"""A sight as arrays and a line of JSON, and back; what cannot have been learned is refused."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from inspection.decision import Frozen
from inspection.pictures.sight.learning import MOST_MASK_PX, MOST_USUAL_PX
from inspection.pictures.sight.registration import LONG_SIDE, Bounds, Registration
from inspection.pictures.sight.sight import Sight
from inspection.recipe import Motion

Arrays = dict[str, NDArray[np.uint8]]


class _Header(Frozen):
    format: Literal[1] = 1
    motion: Motion | None = None
    bounds: Bounds | None = None
    judged: tuple[int, int] | None = Field(default=None)
    """Rows and columns of the mask, whose bits are packed."""


def packed(sight: Sight) -> tuple[Arrays, str]:
    """Arrays by name, and the JSON beside them; of a sight that is not plain."""
    arrays: Arrays = {}
    header: dict[str, Any] = {}
    if sight.usual is not None:
        arrays["usual"] = sight.usual
    if sight.registration is not None:
        arrays["reference"] = sight.registration.reference
        header |= {"motion": sight.registration.motion, "bounds": sight.registration.bounds}
    if sight.judged is not None:
        arrays["judged"] = np.packbits(sight.judged.ravel() > 0)
        header["judged"] = sight.judged.shape
    return arrays, _Header(**header).model_dump_json()


def unpacked(arrays: Mapping[str, NDArray[np.uint8]], words: str) -> Sight:
    """The sight that was packed. Raises ValueError for what cannot have been learned."""
    header = _Header.model_validate_json(words)
    wanted = (
        {"usual"} | ({"reference"} if header.motion else set()) | ({"judged"} if header.judged else set())
    )
    if arrays.keys() != wanted or wanted == {"usual"}:
        raise ValueError(f"of how the view is seen there is {sorted(arrays)} instead of {sorted(wanted)}")
    for name, array in arrays.items():
        if array.dtype != np.uint8:
            raise ValueError(f"{name!r} holds {array.dtype}, not uint8")
    usual = arrays["usual"]
    if usual.ndim != 3 or usual.shape[2] != 3 or not 0 < max(usual.shape) <= MOST_USUAL_PX or not usual.size:
        raise ValueError(f"what good parts usually show has the shape {usual.shape}")
    registration = judged = None
    if header.motion is not None:
        reference = arrays["reference"]
        if reference.ndim != 2 or max(reference.shape) != LONG_SIDE or min(reference.shape) < 16:
            raise ValueError(f"the part to align with has the shape {reference.shape}")
        if header.bounds is None:
            raise ValueError("nothing bounds where parts may lie")
        registration = Registration(reference, header.motion, header.bounds)
    if header.judged is not None:
        rows, columns = header.judged
        bits = arrays["judged"]
        if not (0 < rows <= MOST_MASK_PX and 0 < columns <= MOST_MASK_PX) or bits.shape != (
            -(-rows * columns // 8),
        ):
            raise ValueError(f"the mask of {rows} x {columns} has the shape {bits.shape}")
        judged = (np.unpackbits(bits, count=rows * columns).reshape(rows, columns) * 255).astype(np.uint8)
        if not judged.any():
            raise ValueError("the mask leaves nothing to be judged")
    return Sight(registration=registration, judged=judged, usual=usual)
