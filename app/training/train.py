"""Training an adapter from a file of settings, with a progress bar for each part of the work."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.command_line.writable import refuse_unwritable
from app.progress import screen
from models.backbone.transformers_tower import build_tower
from models.training.calibration import calibrate
from models.training.data.samples import read_samples
from models.training.material import Progress as Report
from models.training.material import gather
from models.training.run import ADAPTER, train
from models.training.settings import read_settings
from models.vla.checkpoint import read_header


def train_from(config: Path, *, fresh: bool = False, skip_broken: bool = False) -> dict[str, Any]:
    """Train, or go on training, by a TOML file.

    Returns:
        The adapter's file, its size, and the losses of late.

    Raises:
        SettingsError: The file is wrong, or asks for a device that is absent.
        DatasetError: Samples are missing or broken.
        WeightsError: A checkpoint cannot be read or written.
    """
    settings = read_settings(config)
    if skip_broken:
        settings = settings.model_copy(update={"skip_broken": True})
    refuse_unwritable(settings.out / ADAPTER, (settings.cache or settings.out) / "features.safetensors")
    if settings.begin_with is not None:
        read_header(settings.begin_with)
    for data in settings.data:
        read_samples(data.samples, skip_broken=settings.skip_broken)
    tower = build_tower(settings.tower)
    with _bars() as report:
        material = gather(settings, tower, progress=report)
        train(settings, tower=tower, material=material, resume=not fresh, progress=report)
        adapter = calibrate(settings, tower=tower, material=material, progress=report)
    return {
        "adapter": str(adapter),
        "mb": round(adapter.stat().st_size / 1e6, 2),
        "lessons": sum(len(one.examples) for one in material),
        "broken_lines_skipped": sum(len(one.samples.broken) for one in material),
        "losses": str(settings.out / "losses.png"),
    }


@contextmanager
def _bars() -> Iterator[Report]:
    """One bar for each name that is reported."""
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=screen) as bars:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int, note: str) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total, note=note)
            bars.update(tasks[what], completed=done, total=total, note=note)

        yield report
