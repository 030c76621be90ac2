"""What ``passgate gauge`` and ``passgate display`` share: pictures read, and labels held against readings."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from app.command_line.output import print_json
from app.progress import progress
from inspection.errors import CameraError
from inspection.instruments.description import Description, description_of, in_short
from inspection.instruments.indicator import LAMP_STATES
from inspection.instruments.place import Unit
from inspection.instruments.reading import InstrumentKind, measured

if TYPE_CHECKING:
    from app.recipes.gauges.evaluating import Scored
    from app.recipes.gauges.labels import Label, Refused
    from inspection.instruments.reading import Reading
    from inspection.pictures.decoding.lenient import Shown


def _fit_for_a_unit(unit: str | None) -> str | None:
    """``unit``. Raises BadParameter where none is written so."""
    try:
        return None if unit is None else TypeAdapter(Unit).validate_python(unit)
    except ValidationError as error:
        raise typer.BadParameter(in_short(error)) from None


AskedUnit = Annotated[
    str | None, typer.Option("--unit", callback=_fit_for_a_unit, help="What its values are in.")
]


def described_in(path: Path) -> Description:
    """The description in a file. Raises RecipeError where it holds none, OSError where it cannot be read."""
    return description_of(path.read_bytes(), source=str(path))


def show_readings(images: Sequence[Path], what: Description, *, as_json: bool) -> None:
    """Read pictures by one description, and say what was read.

    A display or lamp that takes several pictures for a reading is given as many at a time. Where several
    readings are asked for, one whose picture is missing or damaged does not spoil the others.

    Raises:
        CameraError: The only reading's picture cannot be read.
        Exit: With 1, where one of several readings could not be made for want of its picture.
        BadParameter: That many readings cannot be made of these pictures.
    """
    frames = getattr(what, "frames", 1)
    if len(images) % frames:
        raise typer.BadParameter(
            f"one reading of this {what.kind} takes {frames} pictures, {len(images)} are named",
            param_hint="IMAGE",
        )
    groups = [images[at : at + frames] for at in range(0, len(images), frames)]
    if len(groups) == 1:
        answer, words = _read(groups[0], what, warm_up=True)
        if as_json:
            print_json(answer)
        else:
            typer.echo(f"{images[0]}: {words}")
        return
    answers, refused = [], []
    for number, group in enumerate(groups):
        try:
            answer, words = _read(group, what, warm_up=number == 0)
        except CameraError as error:
            answer, words = _unmade(what, error), f"not read: {error}"
            refused.append(error)
        answers.append({"image": str(group[0]), **answer})
        if not as_json:
            typer.echo(f"{group[0]}: {words}")
    if as_json:
        print_json({"readings": answers})
    if refused:
        typer.echo(
            f"passgate: {len(refused)} of {len(groups)} readings could not be made: {refused[0]}", err=True
        )
        raise typer.Exit(1)


def _read(group: Sequence[Path], what: Description, *, warm_up: bool) -> tuple[dict[str, Any], str]:
    """One reading, as JSON and in words. Raises CameraError where one of its pictures cannot be read.

    Args:
        group: As many pictures as a reading takes.
        what: The instrument.
        warm_up: Whether to read once beforehand: a process's first reading takes many times as long as all
            later ones, and a station warms up before its first part.
    """
    from app.recipes.gauges.evaluating import answer_of
    from app.recipes.gauges.pictures import picture_of
    from inspection.gauges.reading_all import read

    shown = [picture_of(image) for image in group]
    for image, one in zip(group, shown, strict=True):
        say_notes(image, one)
    pictures = [one.picture for one in shown]
    if warm_up:
        read(pictures, what)
    reading = read(pictures, what)
    notes = [note for one in shown for note in one.notes]
    return {**answer_of(reading), "notes": notes}, in_words(reading)


def _unmade(what: Description, error: CameraError) -> dict[str, Any]:
    """What stands for a reading whose picture is missing or damaged: no value, and why."""
    why = {"kind": error.kind, "what": error.what, "part": error.part, "todo": error.todo}
    nothing = dict.fromkeys(("value", "uncertainty", "reason", "ms", "box"))
    said: dict[str, Any] = {"unit": getattr(what, "unit", ""), "readable": False, "text": "", "notes": []}
    return {**nothing, **said, "error": why}


def say_notes(image: Path, shown: "Shown") -> None:
    """Say on stderr what of a picture was taken otherwise than it stands in its file."""
    for note in shown.notes:
        typer.echo(f"{image}: {note}", err=True)


def in_words(reading: "Reading") -> str:
    """A reading for people."""
    if reading.reason is not None:
        return f"unreadable: {reading.reason.sentence}"
    if reading.value is None:
        return reading.text
    if reading.kind is InstrumentKind.LAMP:
        return ", ".join(filter(None, (LAMP_STATES.get(reading.value, ""), reading.text)))
    return f"{measured(reading.value, reading.uncertainty or 0.0, kind=reading.kind)} {reading.unit}".rstrip()


def show_evaluation(labels: Sequence["Label"], *, noun: str, within: float | None, as_json: bool) -> None:
    """Read what labels name, and say how well; of displays always also how many are wrong.

    Raises:
        Exit: With 1, where a label was refused.
    """
    from app.recipes.gauges.evaluating import figures, score
    from app.recipes.gauges.labels import Refused
    from inspection.gauges.reading_all import read

    with progress(noun, len(labels)) as bar:
        outcomes = list(score(labels, read, show=bar.show))
    said = {noun: len(labels), **figures(outcomes, within=within, count_wrong=noun == "displays")}
    if as_json:
        print_json(said)
    else:
        _print(said, outcomes, noun)
    first = next((one for one in outcomes if isinstance(one, Refused)), None)
    if first is not None:
        typer.echo(
            f"passgate: {len(said['refused'])} of {len(labels)} labels could not be used; {first}",
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
        return f"refused: {one}"
    file = one.label.file
    notes = "".join(f"; {note}" for note in (*one.label.notes, *one.notes))
    if file in said["silent"] or file in said.get("wrong_files", ()):
        return f"{file}: WRONG: {in_words(one.reading)}, labelled {one.label.truth:g}{notes}"
    if not one.reading.readable:
        return f"{file}: {in_words(one.reading)}{notes}"
    return f"{file}{notes}" if notes else ""
