"""Teaching the net that gives a second opinion on the places of displays."""

import hashlib
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from app.command_line.writable import refuse_unwritable
from app.progress import Bar, progress
from inspection.files.atomic import atomic_write
from models.training.displays.teaching import teach


def teach_display_net(out: Path, *, work: Path, displays: int, steps: int) -> dict[str, Any]:
    """Teach it, or go on, and write its weights.

    Returns:
        The file, its SHA-256 and its size.

    Raises:
        WeightsError: What is kept in ``work`` cannot be gone on from.
    """
    refuse_unwritable(out)
    bars: dict[str, Bar] = {}
    with ExitStack() as open_bars:

        def told(what: str, done: int, total: int) -> None:
            if what not in bars:
                bars[what] = open_bars.enter_context(progress(what, total))
            bars[what].show(done, total)

        net = teach(work, displays=displays, steps=steps, told=told)
    packed = BytesIO()
    np.savez(packed, allow_pickle=False, **net.weights())
    data = packed.getvalue()
    with atomic_write(out) as unfinished:
        unfinished.write_bytes(data)
    return {"file": str(out), "sha256": hashlib.sha256(data).hexdigest(), "mb": round(len(data) / 1e6, 3)}
