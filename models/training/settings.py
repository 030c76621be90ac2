"""What ``passgate model train --config`` reads."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from inspection.errors import SettingsError
from inspection.wording.toml_file import read_toml
from inspection.wording.value import value_in_words
from models.training.steps.losses import ChunkWeights
from models.vla.vla import VlaSettings

StageName = Literal["align", "instruct", "act"]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataSettings(_Settings):
    """One file of samples."""

    samples: Path
    teach: int = Field(default=0, ge=0)
    """How many good training pictures a memory is taught on, which the lessons then leave out; 0: none."""
    mm_per_pixel: float | None = Field(default=None, gt=0.0)
    weight: float = Field(default=1.0, gt=0.0)
    """How often its lessons are drawn, relative to their number."""


class StageSettings(_Settings):
    """One stage of the training, in the order in which they are given."""

    name: StageName
    steps: int = Field(ge=0)
    """How many steps it has. With 0 there is only what comes before the first step and after the last."""
    learning_rate: float = Field(gt=0.0)
    warmup: int = Field(default=20, ge=0)
    rounds: int = Field(default=0, ge=0)
    """How often, before its first step, projectors look at every example to learn to point at words."""
    head_steps: int = Field(default=0, ge=0)
    """How many steps, after its last one, the action head learns alone, on states that are kept."""
    words_first: float = Field(default=0.0, ge=0.0, le=1.0)
    """The share of its steps, at the beginning, in which policies are read and no picture is looked at."""

    def reads_words(self, step: int) -> bool:
        """Whether, when so many steps are done, it is at its beginning and looks at no picture."""
        return step < self.words_first * self.steps


class TrainingSettings(_Settings):
    """What ``passgate model train --config`` reads."""

    out: Path
    """The folder for checkpoints, losses and the adapter."""
    data: tuple[DataSettings, ...] = Field(min_length=1)
    cache: Path | None = None
    """The folder for features; None puts it below ``out``."""
    version: str = "0"
    tower: str | None = None
    """The vision tower: a name in ``base_weights.TOWERS``, or a folder; None takes EfficientNet-Lite0."""
    vla: VlaSettings = VlaSettings()
    """Its channels are taken from the tower."""
    begin_with: Path | None = None
    """An adapter of the same settings to begin with; None begins anew."""
    fresh_head: bool = False
    """With ``begin_with``: the action head begins anew all the same."""
    stages: tuple[StageSettings, ...] = (
        StageSettings(name="align", steps=100, learning_rate=1e-3, rounds=60),
        StageSettings(name="instruct", steps=1000, learning_rate=5e-4, words_first=0.4),
        StageSettings(name="act", steps=300, learning_rate=2e-4, head_steps=3000),
    )
    batch: int = Field(default=8, ge=1)
    accumulate: int = Field(default=1, ge=1)
    """How many batches' gradients are summed before a step."""
    seed: int = 0
    save_every: int = Field(default=100, ge=1)
    curriculum: bool = True
    """Examples come in the order of their files at first (simulations go from plain to faint), then mixed."""
    weights: tuple[float, float, float] = (1.0, 0.1, 0.01)
    """The weights of the chunk's terms: action, physics and smoothness; 0 switches one off."""
    skip_broken: bool = False
    """Whether lines that are no samples are left out; otherwise they are refused."""
    threads: int | None = Field(default=None, ge=1)
    """How many CPU threads compute; None leaves that as it is."""

    @property
    def chunk_weights(self) -> ChunkWeights:
        """The weights of the chunk's terms, by name."""
        action, physics, smoothness = self.weights
        return ChunkWeights(action=action, physics=physics, smoothness=smoothness)

    @model_validator(mode="after")
    def _stages_in_order(self) -> Self:
        names = [stage.name for stage in self.stages]
        order = ["align", "instruct", "act"]
        if not names or names != [name for name in order if name in names]:
            raise ValueError(f"stages come in the order {', '.join(order)}, each once at most")
        return self


def read_settings(path: Path) -> TrainingSettings:
    """Read a TOML file; relative paths in it start at its own folder.

    Raises:
        SettingsError: It cannot be read, or a key is unknown, missing or wrong.
    """
    try:
        settings = TrainingSettings.model_validate(read_toml(path, todo="mend that line"))
    except ValidationError as error:
        wrong = [(".".join(map(str, one["loc"])), value_in_words(one)) for one in error.errors()]
        said = "; ".join(f"{key}: {words}" if key else words for key, words in wrong)
        raise SettingsError(f"{path}: {said}", todo="mend what is named") from error
    here = path.resolve().parent

    def placed(given: Path) -> Path:
        return (here / given).resolve()

    def named_or_placed(tower: str) -> str:
        folder = placed(Path(tower))
        return str(folder) if folder.is_dir() or len(Path(tower).parts) > 1 else tower

    return settings.model_copy(
        update={
            "out": placed(settings.out),
            "begin_with": None if settings.begin_with is None else placed(settings.begin_with),
            "cache": None if settings.cache is None else placed(settings.cache),
            "tower": settings.tower and named_or_placed(settings.tower),
            "data": tuple(
                data.model_copy(update={"samples": placed(data.samples)}) for data in settings.data
            ),
        }
    )
