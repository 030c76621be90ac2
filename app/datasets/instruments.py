"""Rendered dials and displays with their labels as files: to train on, and to try readers with."""

import csv
import json
from pathlib import Path
from typing import Any

import cv2

from app.command_line.writable import refuse_unwritable
from app.progress import progress
from inspection.errors import PassgateError
from inspection.frozen import Frozen
from inspection.levels import Picture
from inspection.simulation.instruments import designs_tuning
from inspection.simulation.instruments.dial import render_dial
from inspection.simulation.instruments.display import render_display


class WrittenInstruments(Frozen):
    """What was written where."""

    dials: Path
    """Labels as ``passgate gauge evaluate`` takes them, beside their pictures."""
    displays: Path
    """Labels as ``passgate display evaluate`` takes them, beside their pictures."""
    dials_written: int
    displays_written: int


def write_instruments(
    out: Path, *, dials: int, displays: int, seed: int, click_error_px: float
) -> WrittenInstruments:
    """Render instruments of the designs on which one may tune below ``out``, which must not exist yet.

    Args:
        out: A new folder: ``dials/`` and ``displays/`` are made in it.
        dials: How many; the designs take turns.
        displays: How many, of designs that one picture shows wholly.
        seed: Of the first of each design.
        click_error_px: How far the marks and the centre of a label miss (`render_dial`).

    Raises:
        PassgateError: ``out`` exists, or cannot be written.
    """
    if out.exists():
        raise PassgateError(f"{out} exists already", todo="name a new folder, or remove it")
    refuse_unwritable(out)
    still = [design for design in designs_tuning.DISPLAYS if design.frames == 1]
    labels: dict[str, list[dict[str, Any]]] = {"dials": [], "displays": []}
    with progress("instruments", dials + displays) as bar:
        for noun, count in (("dials", dials), ("displays", displays)):
            (out / noun).mkdir(parents=True)
            for number in range(count):
                picture, label = (
                    render_dial(
                        designs_tuning.DIALS[number % len(designs_tuning.DIALS)],
                        seed + number // len(designs_tuning.DIALS),
                        click_error_px=click_error_px,
                    )
                    if noun == "dials"
                    else _only(*render_display(still[number % len(still)], seed + number // len(still)))
                )
                _save(picture, out / noun / label["file"])
                labels[noun].append(label)
                bar.show(number + 1 + (dials if noun == "displays" else 0))
    (out / "dials" / "labels.json").write_text(json.dumps(labels["dials"], indent=1), encoding="utf-8")
    columns = ("file", "value", "text", "digits", "decimals", "technology", "hidden")
    with (out / "displays" / "labels.csv").open("w", encoding="utf-8", newline="") as table:
        writer = csv.DictWriter(table, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(labels["displays"])
    return WrittenInstruments(
        dials=out / "dials" / "labels.json",
        displays=out / "displays" / "labels.csv",
        dials_written=dials,
        displays_written=displays,
    )


def _only(pictures: tuple[Picture, ...], label: dict[str, Any]) -> tuple[Picture, dict[str, Any]]:
    return pictures[0], label


def _save(picture: Picture, file: Path) -> None:
    done, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert done
    file.write_bytes(data.tobytes())
