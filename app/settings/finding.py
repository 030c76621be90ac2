"""What commands find of a station's settings: where its record lies, and what judges there.

Both are found as the engine finds them: in the station's file, with what the environment overrides in it. A
command that is given no file goes by the environment, and beyond that by what is usual.
"""

from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Self, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from app.settings.environment import PREFIX, from_environment, refuse_unknown_names
from app.settings.station import InspectionTables, ModelTable, RecordTables, Settings, load
from app.settings.wording import in_words
from inspection.errors import SettingsError
from inspection.motion.chunk import PhysicsContext
from reports.settings import PlantSettings, StoreSettings

Part = TypeVar("Part", bound=BaseSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionSetup:
    """What judges parts by which recipes: so much of a station as decides what a recipe's figures are."""

    recipes: Path
    """Folder of the library."""
    model: ModelTable
    line: PhysicsContext | None
    """Belt, diverter and part, where the recipe describes none; None for a nominal line."""
    recipe: str | None = None
    """Name of the recipe that the station inspects by; None where no station is named."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """That of a station."""
        return cls(
            recipes=settings.recipes,
            model=settings.model,
            line=settings.line,
            recipe=settings.station.recipe,
        )


def find_setup(config: Path | None) -> InspectionSetup:
    """What judges, for every command that judges without a PLC.

    In this order: the station file ``config``; ``PASSGATE_RECIPES`` and the variables of ``[model]`` and
    ``[line]``; the library in ``PASSGATE_HOME``, the model that ships, and a nominal line.

    Raises:
        SettingsError: The station file, or what the environment says, cannot be used.
    """
    if config is not None:
        return InspectionSetup.of(load(config))
    found = _by_environment_alone(InspectionTables)
    return InspectionSetup(recipes=found.recipes, model=found.model.beside(Path.cwd()), line=found.line)


def find_record(*, record: Path | None, config: Path | None) -> StoreSettings:
    """Where the record lies, for every command that reads one.

    In this order: the folder ``record``; the station file ``config``; ``PASSGATE_STORE__FOLDER`` and its
    kind; the usual one in ``PASSGATE_HOME``.

    Raises:
        SettingsError: The station file, or what the environment says, cannot be used.
    """
    if record is not None:
        return StoreSettings.of_folder(record)
    if config is not None:
        return load(config).store
    store = _by_environment_alone(RecordTables).store
    named = store.model_fields_set - {"folder"}
    return store if named else StoreSettings.of_folder(store.folder)


def find_plant(config: Path | None) -> PlantSettings:
    """Where the plant's database is: in the station file, else in ``PASSGATE_PLANT__URL``.

    Raises:
        SettingsError: No plant is named, or the station file, or what the environment says, cannot be used.
    """
    found = _by_environment_alone(RecordTables).plant if config is None else load(config).plant
    if found is None:
        where = "the environment names" if config is None else f"{config} names"
        raise SettingsError(
            f"{where} no plant database",
            todo="give it a table [plant] with its url, or set PASSGATE_PLANT__URL (docs/integrator.md)",
        )
    return found


def find_zone(config: Path | None) -> tzinfo | None:
    """The time zone of the plant that the station file names; None for this machine's.

    Raises:
        SettingsError: The station file, or what the environment says, cannot be used.
    """
    return None if config is None else load(config).station.calendar.zone


def _by_environment_alone(part: type[Part]) -> Part:
    """So much of the settings as ``part`` has.

    Raises:
        SettingsError: A value cannot be used, or a variable is meant for a station and names no key of it.
    """
    refuse_unknown_names(Settings)
    environment = from_environment(part)
    try:
        return part(**environment)
    except ValidationError as error:
        raise SettingsError(
            "; ".join(filter(None, in_words(error, part, file={}, environment=environment))),
            todo=f"mend or unset {PREFIX}… in the environment",
        ) from error
