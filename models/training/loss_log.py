"""The losses of a run: one JSON object for each step in a file, and how they are of late."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

_SHOWN: Final = ("type", "severity", "asked", "action", "asked_drill", "drill", "chunk_action")


def read_losses(path: Path) -> Iterator[dict[str, Any]]:
    """Give the log, line by line."""
    with path.open(encoding="utf-8") as log:
        for line in log:
            yield json.loads(line)


class LossLog:
    """Appends to a run's log, and remembers the losses of late."""

    def __init__(self, path: Path) -> None:
        """Write to ``path``."""
        self._path = path
        self.recent: dict[str, float] = {}
        """Each loss, as the mean of about the last twenty steps."""

    def add(self, parts: Sequence[dict[str, float]], *, stage: str, step: int) -> None:
        """Append one step's losses: the mean over its batches."""
        names = {name for one in parts for name in one}
        mean = {name: float(np.mean([one[name] for one in parts if name in one])) for name in sorted(names)}
        for name, value in mean.items():
            self.recent[name] = 0.95 * self.recent.get(name, value) + 0.05 * value
        with self._path.open("a", encoding="utf-8") as log:
            log.write(json.dumps({"stage": stage, "step": step, **mean}) + "\n")

    def note(self) -> str:
        """Say the losses of late in a few words."""
        return "  ".join(f"{name} {self.recent[name]:.3f}" for name in _SHOWN if name in self.recent)

    def keep(self, wanted: Callable[[str, int], bool]) -> None:
        """Drop the steps that are not ``wanted``, by stage and step: they are made again."""
        if not self._path.is_file():
            return
        kept = [line for line in read_losses(self._path) if wanted(line["stage"], line["step"])]
        self._path.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")

    def forget(self) -> None:
        """Delete the log, where there is one."""
        self._path.unlink(missing_ok=True)
