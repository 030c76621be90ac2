"""Makes training samples: from labelled photographs, from rendered parts, from good photographs made bad.

Each converter is an iterator, so that whoever writes the file can show how far it is. Pictures that exist are
named where they lie; rendered and altered ones are written beside the file.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.decision import Defect
from inspection.errors import DatasetError
from inspection.part import Picture
from inspection.pictures.decoding.decoding import read_picture
from inspection.simulation import DefectType, Variation, cover, draw_part, render
from inspection.simulation.defects import Mask
from inspection.simulation.transplant import with_defects
from models.training.data.compose import compose
from models.training.data.curriculum import variation_at
from models.training.data.photographs import Photograph
from models.training.data.samples import (
    LabelledDefect,
    TrainingSample,
    VisualInput,
    relative_to_file,
    split_groups,
)

SIMULATION = "simulation"
"""``source`` of rendered parts."""

SIMULATED_TYPES = tuple(kind.value for kind in DefectType)


def from_photographs(
    photographs: Sequence[Photograph], *, jsonl: Path, source: str, seed: int = 0
) -> Iterator[TrainingSample]:
    """One sample a photograph, under a policy drawn for it.

    Args:
        photographs: From :func:`models.training.data.photographs.read_photographs`.
        jsonl: The file that the samples are for; pictures are named relative to it.
        source: The data set's name.
        seed: Draws policies and belts.
    """
    types = sorted({defect.type for photograph in photographs for defect in photograph.defects})
    for number, photograph in enumerate(photographs):
        mask = photograph.mask
        yield compose(
            VisualInput(
                pictures=(relative_to_file(photograph.path, jsonl),),
                mask=None if mask is None else relative_to_file(mask, jsonl),
                polygons=photograph.polygons,
                group=photograph.group,
            ),
            photograph.defects,
            types=types,
            source=source,
            split=photograph.split,
            rng=np.random.default_rng([seed, number]),
        )


def from_simulation(
    jsonl: Path,
    *,
    parts: int,
    seed: int = 0,
    progress: tuple[float, float] = (0.0, 1.0),
    defect_rate: float = 0.5,
) -> Iterator[TrainingSample]:
    """Render parts with their truth; pictures and masks go to ``pictures_of(jsonl)``.

    Args:
        jsonl: The file that the samples are for.
        parts: How many.
        seed: Which world of parts.
        progress: Place in the curriculum of the first and of the last part (``variation_at``).
        defect_rate: Share of parts with defects.

    Raises:
        DatasetError: A picture cannot be written.
    """
    splits = split_groups([str(number) for number in range(parts)], seed=seed)
    for number, variation in enumerate(_stages(parts, progress, defect_rate)):
        places = cover(variation.label).places
        rendering = render(draw_part(seed=seed, part_id=number, variation=variation, places=places))
        yield compose(
            _kept(jsonl, number, rendering.picture, rendering.mask, group=str(number)),
            tuple(_labelled(defect) for defect in rendering.defects),
            types=SIMULATED_TYPES,
            source=SIMULATION,
            split=splits[str(number)],
            rng=np.random.default_rng([seed, number]),
        )


def from_good_photographs(
    good: Sequence[Photograph],
    jsonl: Path,
    *,
    parts: int,
    source: str,
    seed: int = 0,
    progress: tuple[float, float] = (0.0, 1.0),
    defect_rate: float = 0.5,
    mm_per_pixel: float | None = None,
) -> Iterator[TrainingSample]:
    """Put drawn defects on photographs of good parts, taken in turn; the copies go to ``pictures_of(jsonl)``.

    Args:
        good: From :func:`models.training.data.photographs.good_photographs`.
        jsonl: The file that the samples are for.
        parts: How many samples.
        source: The data set's name.
        seed: Draws everything but the split, which is the photograph's.
        progress: Place in the curriculum of the first and of the last sample.
        defect_rate: Share of samples with defects.
        mm_per_pixel: The photographs' scale; None assumes one (``with_defects``) and states no lengths.

    Raises:
        CameraError: A photograph cannot be read.
        DatasetError: A picture cannot be written.
    """
    order = np.random.default_rng(seed).permutation(len(good))
    for number, variation in enumerate(_stages(parts, progress, defect_rate)):
        rng = np.random.default_rng([seed, number])
        photograph = good[order[number % len(good)]]
        picture = read_picture(photograph.path)
        count = int(rng.random() < defect_rate) * (1 if rng.random() < 0.75 else 2)
        picture, put = with_defects(picture, rng, count=count, variation=variation, mm_per_pixel=mm_per_pixel)
        mask = np.zeros(picture.shape[:2], np.uint8)
        for defect in put:
            mask |= defect.mask
        yield compose(
            _kept(jsonl, number, picture, mask, group=photograph.group),
            tuple(
                LabelledDefect(
                    type=each.type.value,
                    severity=each.severity,
                    box=each.box,
                    length_mm=None if mm_per_pixel is None else each.length_mm,
                )
                for each in put
            ),
            types=SIMULATED_TYPES,
            source=source,
            split=photograph.split,
            rng=rng,
        )


def pictures_of(jsonl: Path) -> Path:
    """The folder for pictures that are made for ``jsonl``."""
    return jsonl.with_name(jsonl.stem + "-pictures")


def _stages(parts: int, progress: tuple[float, float], defect_rate: float) -> list[Variation]:
    return [variation_at(float(at), defect_rate=defect_rate) for at in np.linspace(*progress, parts)]


def _labelled(defect: Defect) -> LabelledDefect:
    return LabelledDefect(
        type=defect.type, severity=defect.severity, box=defect.box, length_mm=defect.length_mm
    )


def _kept(jsonl: Path, number: int, picture: Picture, mask: Mask, *, group: str) -> VisualInput:
    """Write a picture, and its mask where that shows anything."""
    name = f"{number:06}.png"
    file, mask_file = pictures_of(jsonl) / "pictures" / name, pictures_of(jsonl) / "masks" / name
    _write(file, picture[..., ::-1])
    if mask.any():
        _write(mask_file, np.where(mask > 0, 255, 0).astype(np.uint8))
    return VisualInput(
        pictures=(relative_to_file(file, jsonl),),
        mask=relative_to_file(mask_file, jsonl) if mask.any() else None,
        group=group,
    )


def _write(path: Path, picture: NDArray[np.uint8]) -> None:
    # Lossless, as the archive of a station: JPEG smooths away just the faint, thin defects.
    done, data = cv2.imencode(".png", picture, (cv2.IMWRITE_PNG_COMPRESSION, 1))
    assert done, "OpenCV cannot write PNG"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be written: {error.strerror or error}", todo="make room, or name another folder"
        ) from error
