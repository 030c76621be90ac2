"""What a run needs to go on where it stopped: one file, which replaces the last one only when it is whole."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from inspection.errors import WeightsError
from inspection.files.atomic import atomic_write
from models.training.settings import TrainingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRun:
    """All that the next step depends on."""

    settings: str
    """The run's settings, as JSON: a run with others does not go on from here."""
    stage: int
    step: int
    """The stage's place among the settings' stages, and how many of its steps are done."""
    rng: str
    """``Lessons.state``"""
    torch_rng: Tensor
    recent: dict[str, float]
    """``LossLog.recent``"""
    weights: dict[str, Tensor]
    """What the adapter trains, by name."""
    optimizer: dict[str, Any] | None
    """The optimizer's state; None between two stages."""

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all.

        Raises:
            WeightsError: The disk is full, or the folder cannot be written to; the last file stays.
        """
        try:
            with atomic_write(path) as unfinished:
                torch.save({field.name: getattr(self, field.name) for field in fields(self)}, unfinished)
        except (OSError, RuntimeError) as error:
            raise WeightsError(
                f"the checkpoint cannot be written to {path}: {error}",
                part="the last good one stays as it was",
                todo="make room on the disk, and start again: training goes on from there",
            ) from error

    @classmethod
    def read(cls, path: Path, *, settings: TrainingSettings) -> Self:
        """Read the file of a run with the same ``settings``.

        Raises:
            WeightsError: It is damaged, or of a run with other settings.
        """
        try:
            saved = cls(**torch.load(path, map_location="cpu", weights_only=True))
            same = TrainingSettings.model_validate_json(saved.settings) == settings
        except Exception as error:  # pickle fails in many ways on half a file
            raise WeightsError(
                f"{path} is no checkpoint, or a damaged one", todo="delete it, or train with --fresh"
            ) from error
        if not same:
            raise WeightsError(
                f"{path} is a checkpoint of a run with other settings",
                todo="name another folder as out, or train with --fresh",
            )
        return saved
