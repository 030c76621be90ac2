"""What ``passgate gauge`` and ``passgate display`` share: pictures read, and labels held against readings."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table

from app.command_line.output import print_json
from app.progress import progress
from inspection.instruments.description import Description, description_of

if TYPE_CHECKING:
    from app.recipes.gauges.evaluating import Scored
    from app.recipes.gauges.labels import Label, Refused
    from inspection.instruments.reading import Reading


def described_in(path: Path) -> Description:
    """The description in a file. Raises RecipeError where it holds none, OSError where it cannot be read."""
    return description_of(path.read_bytes(), source=str(path))


def show_readings(images: Sequence[Path], what: Description, *, as_json: bool) -> None:
    """Read pictures by one description, and say what was read.

    A display or lamp that takes several pictures for a reading is given all of them, and read once.

    Raises:
        CameraError: A picture cannot be read.
    """
    from app.recipes.gauges.evaluating import answer_of
    from app.recipes.gauges.pictures import picture_of
    from inspection.gauges.reading_all import read

    together = getattr(what, "frames", 1) > 1
    groups = [list(images)] if together else [[image] for image in images]
    readings = [read([picture_of(image).picture for image in group], what) for group in groups]
    if as_json:
        answers = [answer_of(reading) for reading in readings]
        if len(answers) == 1:
            print_json(answers[0])
            return
        pairs = zip(images, answers, strict=True)
        print_json({"readings": [{"image": str(image), **answer} for image, answer in pairs]})
        return
    for group, reading in zip(groups, readings, strict=True):
        typer.echo(f"{group[0]}: {in_words(reading)}")


def in_words(reading: "Reading") -> str:
    """A reading for people."""
    if reading.reason is not None:
        return f"unreadable: {reading.reason.sentence}"
    if reading.value is None:
        return reading.text
    return f"{reading.value:.6g} ± {reading.uncertainty or 0.0:.2g} {reading.unit}".rstrip()


def show_evaluation(labels: Sequence["Label"], *, noun: str, within: float | None, as_json: bool) -> None:
    """Read what labels name, and say how well.

    Raises:
        Exit: With 1, where a label was refused.
    """
    from app.recipes.gauges.evaluating import figures, score
    from inspection.gauges.reading_all import read

    with progress(noun, len(labels)) as bar:
        outcomes = list(score(labels, read, show=bar.show))
    said = {noun: len(labels), **figures(outcomes, within=within)}
    if as_json:
        print_json(said)
    else:
        _print(said, outcomes, noun)
    refused = said["refused"]
    if refused:
        first = refused[0]
        typer.echo(
            f"passgate: {len(refused)} of {len(labels)} labels could not be used; {first['file']}: "
            f"{first['why']}",
            err=True,
        )
        raise typer.Exit(1)


def _print(said: dict[str, Any], outcomes: Sequence["Scored | Refused"], noun: str) -> None:
    """The figures as a table, and each picture that is wrong, unreadable or refused."""
    table = Table(title=f"{said[noun]} {noun}", show_header=False)
    listed = ("refused", "files", "silent", "wrong_files", noun)
    for key, value in said.items():
        if key in listed:
            continue
        if isinstance(value, dict):
            value = ", ".join(f"{name} {_short(one)}" for name, one in value.items())
        table.add_row(key, _short(value))
    Console().print(table)
    for one in outcomes:
        words = _of_note(one, said)
        if words:
            typer.echo(words)


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _of_note(one: "Scored | Refused", said: dict[str, Any]) -> str:
    """What people must look at; empty where all is well."""
    from app.recipes.gauges.labels import Refused

    if isinstance(one, Refused):
        return f"{one.file}: refused: {one.why}"
    file = one.label.file
    notes = "".join(f"; {note}" for note in (*one.label.notes, *one.notes))
    if file in said["silent"] or file in said.get("wrong_files", ()):
        return f"{file}: WRONG: {in_words(one.reading)}, labelled {one.label.truth:g}{notes}"
    if not one.reading.readable:
        return f"{file}: {in_words(one.reading)}{notes}"
    return f"{file}{notes}" if notes else ""
