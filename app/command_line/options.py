"""Options that several commands share: where a record lies, and which station's model judges."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.settings.finding import InspectionSetup, find_setup
from app.settings.station import InspectorKind

RecordOption = Annotated[
    Path | None, typer.Option("--record", help="The record's folder; goes before --config.")
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="The station's TOML file: its record. Without: PASSGATE_STORE__FOLDER, or the usual folder.",
    ),
]

StationOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="A station's TOML file: its library of recipes, and the model that judges there. Without: the "
        "user's library, and the model that ships.",
    ),
]
"""Of commands that judge, or make what is judged by; for ``setup_of``."""


def _as_shipped(kind: InspectorKind) -> InspectorKind:
    """A foreign model's folder stands in a station's file, which such a command does not read."""
    if kind is InspectorKind.PRETRAINED_VLM:
        raise typer.BadParameter("a foreign model judges only as a station's [model] (passgate run)")
    return kind


def _or_its_station(kind: InspectorKind | None) -> InspectorKind | None:
    """A foreign model's folder stands in a station's file."""
    if kind is InspectorKind.PRETRAINED_VLM:
        raise typer.BadParameter("a foreign model judges only as a station's [model]: name it with --config")
    return kind


InspectorOption = Annotated[
    InspectorKind,
    typer.Option(
        "--inspector",
        metavar="vla|reflex",
        callback=_as_shipped,
        help="Who judges: vla, with the language model; reflex, vision and memory alone.",
    ),
]
"""Of commands that need no station."""
AskedInspector = Annotated[
    InspectorKind | None,
    typer.Option(
        "--inspector",
        metavar="vla|reflex",
        callback=_or_its_station,
        help="Who judges: vla, with the language model (the default); reflex, vision and memory alone. With "
        "--config the station's file says it.",
    ),
]
AskedAdapter = Annotated[
    Path | None,
    typer.Option(
        "--adapter",
        help="The language model's adapter that judges; default: as shipped. With --config the station's "
        "file says it.",
    ),
]
NamedRecipe = Annotated[
    str | None,
    typer.Argument(metavar="NAME", help="The recipe's name; with --config: the station's."),
]


def setup_of(
    config: Path | None, *, inspector: InspectorKind | None = None, adapter: Path | None = None
) -> InspectionSetup:
    """What judges: the station's, or the usual with what was asked for instead.

    Raises:
        BadParameter: A station's file is named, and an option that says what the file is to say.
        SettingsError: The file, or what the environment says, cannot be used.
    """
    asked = {"inspector": inspector, "adapter": adapter}
    if config is not None:
        why = f"{config} says in its table [model] what judges: leave this option out, or --config"
        refuse_beside({f"--{name}": value for name, value in asked.items()}, why)
    setup = find_setup(config)
    given = {name: value for name, value in asked.items() if value is not None}
    return replace(setup, model=setup.model.model_copy(update=given))


def refuse_beside(options: Mapping[str, object], why: str) -> None:
    """Refuse options that would be passed over in silence, by their names: those whose value is not None.

    Raises:
        BadParameter: One of them was given; ``why`` says for what it is.
    """
    given = [option for option, value in options.items() if value is not None]
    if given:
        raise typer.BadParameter(why, param_hint=" and ".join(given))


def named_recipe(name: str | None, setup: InspectionSetup, *, option: str = "NAME") -> str:
    """The recipe that was named, or else the station's.

    Another than the station's is taken, and said on stderr: its figures are for the day when the station
    inspects by it.

    Raises:
        BadParameter: None is named, and no station either.
    """
    if name is None and setup.recipe is None:
        raise typer.BadParameter("name a recipe, or with --config a station", param_hint=option)
    if name is not None and setup.recipe is not None and name != setup.recipe:
        typer.echo(f"Mind: the station inspects by recipe {setup.recipe!r}, not by {name!r}", err=True)
    return name or setup.recipe or ""
