"""Measuring a model on pictures whose truth is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.progress import progress
from app.recipes.library import RecipeLibrary
from app.settings.finding import find_setup
from inspection.errors import DatasetError
from inspection.levels import Picture
from inspection.pictures.decoding.decoding import read_archived, read_picture
from inspection.pictures.sight.sight import PLAIN
from inspection.recipe import EIGHT_BITS, GreyLevels
from models.backbone.features import EfficientNetLite0, VisionTower
from models.evaluation.type_baseline import TypeRegression
from models.evaluation.vla import Shown, judge_all, summary
from models.language.base import LanguageSettings
from models.memory.memory import NormalityMemory
from models.training.data.photographs import read_photographs
from models.training.data.samples import SPLITS, read_samples
from models.training.material import kinds_of, teach_memory
from models.vla import checkpoint
from models.vla.checkpoint import SHIPPED, Adapter

Labelled = tuple[Path, str | None]
"""A picture's file and the type of its defect; None for a good part."""


def evaluate_model(
    images: Path,
    *,
    recipe_name: str | None = None,
    split: str = "test",
    teach: int = 0,
    mm_per_pixel: float | None = None,
    adapter: Path | None = None,
    quantization: str | None = None,
    dtype: str | None = None,
    limit: int = 0,
) -> dict[str, Any]:
    """Judge labelled pictures with a model.

    Args:
        images: A folder of labelled photographs (:mod:`models.training.data.photographs`), or a ``.jsonl`` of
            training samples.
        recipe_name: Its memory is looked with; the pictures are cropped to its view.
        split: Of a ``.jsonl``, which samples; ``all`` for every one.
        teach: Of a ``.jsonl``: a memory is taught on so many of its good training pictures.
        mm_per_pixel: Scale of the pictures, where no recipe says it.
        adapter: The model's file; None for the one that ships.
        quantization: How its base is held, none or nf4; None as it was trained.
        dtype: What its base computes in, bfloat16 or float32; None as it was trained.
        limit: Judge only so many, drawn at random with a fixed seed; 0 for all.

    Returns:
        See ``models.evaluation.vla.summary``; also ``model``, ``held``, ``split`` and ``memory``.

    Raises:
        CameraError: A picture cannot be read.
        DatasetError: The folder or file holds nothing that can be measured.
        RecipeError: The recipe is unknown.
        WeightsError: The model cannot be loaded.
    """
    if split not in ("all", *SPLITS):
        raise DatasetError(
            f"{images} holds no pictures of split {split!r}", todo=f"name all, or one of {', '.join(SPLITS)}"
        )
    tower = EfficientNetLite0()
    taught = None
    if recipe_name is not None:
        taught = RecipeLibrary(find_setup(None).recipes).load(recipe_name, tower=tower)
    path = adapter or SHIPPED
    held = _held(path, quantization=quantization, dtype=dtype)
    if images.suffix == ".jsonl":
        material = _read_samples(images, split=split, teach=teach, tower=tower)
    else:
        material = _read_folders(images)
    view, levels, sight = None, EIGHT_BITS, PLAIN
    if taught is not None:
        view, levels = taught.recipe.views[0], taught.recipe.levels
        sight = taught.sights.get(view.name, PLAIN)
        kinds = taught.recipe.defect_types or material.kinds
        material = replace(material, memory=taught.memories[view.name], kinds=kinds)
        mm_per_pixel = view.mm_per_pixel
    labelled = material.labelled
    if not labelled:
        raise DatasetError(
            f"{images} holds no pictures of split {material.split!r}", todo="name another split"
        )
    model = checkpoint.load(path, tower=tower, language=held)  # last: what is wrong above is said at once
    if limit and limit < len(labelled):
        order = np.random.default_rng(0).permutation(len(labelled))[:limit]
        labelled = [labelled[index] for index in sorted(order)]

    shown: list[Shown] = []
    perception = model.header.settings.perception
    with progress("looking", len(labelled)) as bar:
        for number, (file, kind) in enumerate(labelled, 1):
            picture = _read(file, levels)
            part = picture if view is None else sight.of(picture, view).picture
            seen = perception.see(part, tower=tower, memory=material.memory, mm_per_pixel=mm_per_pixel)
            shown.append(Shown(seen=seen, kind=kind))
            bar.show(number)
    with progress("judging under four instructions", len(labelled)) as bar:
        judged = judge_all(shown, model, kinds=material.kinds, progress=bar.show)
    return {
        "model": f"{model.header.name} {model.header.version}",
        "held": {"quantization": held.quantization, "dtype": held.dtype},
        "images": str(images),
        "split": material.split,
        "memory": recipe_name or (f"taught on {teach}" if material.memory is not None else None),
        "kinds": list(material.kinds),
        **summary(shown, judged, regression=_regression(path, model)),
    }


def _read(file: Path, levels: GreyLevels) -> Picture:
    """A picture in 8 bits: as the recipe's levels say, or as one of the archive says of itself."""
    if levels == EIGHT_BITS:
        return read_archived(file)
    return levels.shown(read_picture(file, bit_depth=levels.bit_depth))


def _held(adapter: Path, *, quantization: str | None, dtype: str | None) -> LanguageSettings:
    """The language model as it was trained, but for what is asked for."""
    asked = {"quantization": quantization, "dtype": dtype}
    made = checkpoint.read_header(adapter).settings.language
    return LanguageSettings.model_validate(
        made.model_dump() | {key: value for key, value in asked.items() if value is not None}
    )


@dataclass(frozen=True, kw_only=True)
class _Material:
    """What there is to judge."""

    labelled: list[Labelled]
    kinds: tuple[str, ...]
    """The defects that an instruction names."""
    split: str
    memory: NormalityMemory | None = None


def _read_samples(file: Path, *, split: str, teach: int, tower: VisionTower) -> _Material:
    samples = read_samples(file)
    memory, _ = teach_memory(samples, samples.of("train"), teach, tower=tower, seed=0)
    chosen = [sample for sample in samples.samples if split in ("all", sample.split)]
    return _Material(
        labelled=[(samples.pictures(sample)[0], _worst(sample.decision.defects)) for sample in chosen],
        kinds=kinds_of(samples.samples),
        split=split,
        memory=memory,
    )


def _read_folders(images: Path) -> _Material:
    if not images.is_dir():
        raise DatasetError(f"there is no folder {images}", todo="name a folder with one folder a class")
    labelled: list[Labelled] = [
        (photograph.path, _worst(photograph.defects))
        for photograph in read_photographs(images, without_good=True)
    ]
    kinds = sorted({kind for _, kind in labelled if kind is not None})
    return _Material(labelled=labelled, kinds=tuple(kinds), split="all")


def _regression(path: Path, model: Adapter) -> TypeRegression | None:
    kinds: Sequence[str] = model.header.trained.get("baseline_kinds", ())
    tensors = checkpoint.read_extra(path)
    return TypeRegression(kinds, tensors) if kinds and tensors else None


def _worst(defects: Sequence[Any]) -> str | None:
    return max(defects, key=lambda defect: defect.severity.rank).type if defects else None
