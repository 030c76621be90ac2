"""What numbers read from a file must be like, so that nothing is judged by what cannot have been taught.

A digest tells that a file changed. A file from before digests has none, and a file that was wrong when it was
written has a good one. So every tensor is held against what teaching can give: its type and shape, no NaN or
infinity, and bounds: a scale that is zero, negative or infinite lets everything pass.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from pydantic import BaseModel, ValidationError
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What one tensor must be like."""

    shape: tuple[int, ...] | None = None
    """None for any."""
    dtype: torch.dtype = torch.float32
    least: float = -math.inf
    most: float = math.inf
    """Bounds, both allowed; infinity and NaN never are."""


def fault(tensors: Mapping[str, Tensor], expected: Mapping[str, Expected]) -> str:
    """What is wrong with ``tensors``, in words; empty where they are exactly those ``expected``."""
    for name in sorted(tensors.keys() ^ expected.keys()):
        return f"{name!r} is {'missing' if name in expected else 'unknown'}"
    for name, wanted in expected.items():
        if reason := _fault(tensors[name], wanted):
            return f"{name!r} {reason}"
    return ""


def _fault(tensor: Tensor, wanted: Expected) -> str:
    if tensor.dtype is not wanted.dtype:
        return f"holds {tensor.dtype}, not {wanted.dtype}"
    if wanted.shape is not None and tuple(tensor.shape) != wanted.shape:
        return f"has the shape {tuple(tensor.shape)}, not {wanted.shape}"
    if not tensor.numel():
        return "is empty"
    low, high = (float(bound) for bound in torch.aminmax(tensor))
    if not (math.isfinite(low) and math.isfinite(high)):  # NaN spreads through both
        return "holds NaN or infinity"
    if low < wanted.least or high > wanted.most:
        return f"lies in {low:.4g} to {high:.4g}, outside {wanted.least:.4g} to {wanted.most:.4g}"
    return ""


class _OfAnyFormat(BaseModel):
    """What the header of every format says."""

    format: int


def format_of(header: str) -> int:
    """Which format a header is of, told before its other fields: another format's are no damage.

    Raises:
        ValidationError: It is damaged.
    """
    return _OfAnyFormat.model_validate_json(header).format


def in_one_line(error: Exception) -> str:
    """What is wrong, for an error's one line: of a header that pydantic refuses the first fault alone."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]
