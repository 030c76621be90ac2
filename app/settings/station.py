"""The station's settings: one TOML file, plus environment variables, validated.

An unknown key is refused and named (``app.settings.wording``); the environment goes before the file
(``app.settings.environment``).
"""

import os
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Literal, Self

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from app.settings.environment import BETWEEN, PREFIX, from_environment, overlaid, refuse_unknown_names
from app.settings.report import ReportTable
from app.settings.shifts import USUAL_SHIFTS, Shifts, Zone
from app.settings.wording import in_words
from inspection.cameras import CameraSettings
from inspection.challenge.plan import ChallengePlan
from inspection.errors import SettingsError
from inspection.motion.chunk import PhysicsContext
from inspection.times.local_time import zone_named
from inspection.times.shifts import ShiftCalendar
from inspection.wording.toml_file import read_toml
from plc.settings import LinkSettings
from reports.settings import PlantSettings, StoreSettings


def home() -> Path:
    """Where recipes and records live unless the settings say otherwise; PASSGATE_HOME moves it."""
    moved = os.environ.get("PASSGATE_HOME")
    return Path(moved) if moved else user_data_path("passgate", appauthor=False)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StationTable(_Table):
    """``[station]``."""

    name: str = Field(default="Station 1", min_length=1, max_length=64)
    recipe: str
    """Name of the taught recipe to inspect by."""
    start_held: bool = False
    """Begin held, until an operator presses Start."""
    zone: Zone | None = None
    """The plant's time zone, by its IANA name; this machine's, where none is named."""
    shifts: Shifts = USUAL_SHIFTS
    """When shifts begin: the counts on the screen are those of the running one."""

    @property
    def calendar(self) -> ShiftCalendar:
        """The shifts in the plant's zone."""
        return ShiftCalendar(tuple(one.rule for one in self.shifts), zone_named(self.zone))


class ApiTable(_Table):
    """``[api]``. Loopback always, by HTTP; beyond it only by TLS, and at an address that is named."""

    port: int = Field(default=8730, ge=1, le=65535)
    bind: str | None = None
    """Address of this machine in another network, where the API is served as well; None: loopback alone."""
    names: tuple[str, ...] = ()
    """What clients there call this machine, beside ``bind``: what its certificate names."""
    certificate: Path | None = None
    """For ``bind``, PEM; where needed followed by the authorities between."""
    key: Path | None = None
    """Its private key, PEM, not encrypted: protected by the file's permissions."""
    signed_in_idle_s: float = Field(default=600.0, ge=30.0, le=8 * 3600.0)
    """Whoever has signed in and touches nothing for so long is signed out."""

    @field_validator("bind")
    @classmethod
    def _one_address(cls, bind: str | None) -> str | None:
        if bind is None:
            return None
        try:
            address = ip_address(bind)
        except ValueError:
            raise ValueError(
                "it is no IP address: write that of one network card, such as 192.168.1.5"
            ) from None
        if address.is_unspecified or address.is_multicast:
            raise ValueError("name the address of one network card, such as 192.168.1.5, not all of them")
        if address.is_loopback:
            raise ValueError("loopback is served in any case: leave it out")
        return str(address)

    @model_validator(mode="after")
    def _only_by_tls(self) -> Self:
        given = self.certificate is not None and self.key is not None
        if self.bind is not None and not given:
            raise ValueError(
                "bind needs certificate and key: beyond this machine the API is served by TLS alone"
            )
        return self

    def beside(self, folder: Path) -> Self:
        """With relative paths counted from ``folder``."""
        return self.model_copy(
            update={
                "certificate": self.certificate and folder / self.certificate,
                "key": self.key and folder / self.key,
            }
        )


class InspectorKind(StrEnum):
    """Who judges."""

    VLA = "vla"
    """The whole: reflex and language model."""
    REFLEX = "reflex"
    """Vision and memory alone: faster, says where, but not what."""
    PRETRAINED_VLM = "foreign"
    """The reflex, and a vision-language model that Passgate did not train, from the folder ``base``."""


class ModelTable(_Table):
    """``[model]``."""

    inspector: InspectorKind = InspectorKind.VLA
    """vla: reflex and language model; reflex: vision and memory alone; foreign: reflex and a strange one."""
    adapter: Path | None = None
    """The language model's adapter; the one that ships, where none is named."""
    base: str | None = None
    """Folder of the adapter's base, where it is not the shipped one or lies elsewhere than in training; for
    a foreign inspector its model's folder."""
    device: str | None = None
    """Where the language model runs, as torch names it; where none is named, as the adapter says, or cpu."""
    quantization: Literal["none", "nf4"] | None = None
    """nf4 holds the language model in 4 bits; where none is named, as the adapter says, or none."""
    tower: str | None = None
    """The vision tower that the recipe was taught on: the name of one that Passgate knows, or a folder;
    EfficientNet-Lite0, where none is named."""
    threads: int = Field(default=2, ge=1, le=64)
    """CPU threads of one inspection."""

    def beside(self, folder: Path) -> Self:
        """With relative folders and files counted from ``folder``; a name of base weights stays a name."""
        return self.model_copy(
            update={
                "adapter": self.adapter and folder / self.adapter,
                "base": self.base and _beside(folder, self.base),
                "tower": self.tower and _beside(folder, self.tower),
            }
        )


def _beside(folder: Path, weights: str) -> str:
    """A folder that is there, or that is told by more than a name; else a name."""
    return str(folder / weights) if (folder / weights).is_dir() or len(Path(weights).parts) > 1 else weights


AS_SHIPPED: Final = ModelTable()
"""What judges where no settings say otherwise."""


class RecordTables(BaseSettings):
    """So much of a station as says where its record lies."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=BETWEEN, extra="ignore", frozen=True
    )

    store: StoreSettings = Field(default_factory=lambda: StoreSettings(folder=home() / "record"))
    plant: PlantSettings | None = None
    """The plant's database, for ``passgate sync`` and for whoever reads many stations."""

    @model_validator(mode="before")
    @classmethod
    def _usual_folder(cls, values: dict[str, Any]) -> dict[str, Any]:
        """A ``[store]`` that names no folder means the usual one."""
        store = values.get("store")
        if isinstance(store, dict) and "folder" not in store:
            return values | {"store": store | {"folder": home() / "record"}}
        return values


class InspectionTables(BaseSettings):
    """So much of a station as says what judges parts by which recipes."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=BETWEEN, extra="ignore", frozen=True
    )

    recipes: Path = Field(default_factory=lambda: home() / "recipes")
    model: ModelTable = AS_SHIPPED
    line: PhysicsContext | None = None
    """Belt, diverter and part, for a PLC that follows set points, where the recipe describes none; where
    neither does, a nominal line is taken for granted. The belt's speed is the one that parts pass at."""


class Settings(RecordTables, InspectionTables):
    """One station."""

    model_config = SettingsConfigDict(extra="forbid")

    station: StationTable
    plc: LinkSettings = LinkSettings()
    cameras: tuple[CameraSettings, ...] = Field(min_length=1)
    api: ApiTable = ApiTable()
    report: ReportTable = ReportTable()
    challenge: ChallengePlan | None = None
    """Known parts that show whether the station still sees; None where it is not challenged."""

    @field_validator("cameras")
    @classmethod
    def _told_apart(cls, cameras: tuple[CameraSettings, ...]) -> tuple[CameraSettings, ...]:
        """A recipe's views name their cameras."""
        names = [camera.name for camera in cameras]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"each needs a name of its own, and {twice[0]!r} stands twice")
        return cameras

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """``load`` lays the environment over the file, key by key, also in lists."""
        return (init_settings,)


def load(path: Path) -> Settings:
    """Read and validate ``path``; relative paths in it count from its folder.

    Raises:
        SettingsError: Unreadable, not TOML, or a key or value that is wrong; names the key.
    """
    todo = f"mend {path} (docs/integrator.md lists the keys)"
    values = read_toml(path, todo=todo)
    refuse_unknown_names(Settings)
    environment = from_environment(Settings)
    try:
        settings = Settings(**overlaid(values, environment))
    except ValidationError as error:
        faults = in_words(error, Settings, file=values, environment=environment)
        blamed = [(f"{path}: {faults.file}", todo)] if faults.file else []
        if faults.environment:
            blamed.append((faults.environment, f"mend or unset {PREFIX}… in the environment"))
        whats, todos = zip(*blamed, strict=True)
        raise SettingsError("; ".join(whats), todo=", and ".join(todos)) from error
    folder = path.resolve().parent
    return settings.model_copy(
        update={
            "recipes": folder / settings.recipes,
            "model": settings.model.beside(folder),
            "plc": settings.plc.model_copy(
                update={"tls": settings.plc.tls and settings.plc.tls.beside(folder)}
            ),
            "store": settings.store.beside(folder),
            "report": settings.report.beside(folder),
            "api": settings.api.beside(folder),
            "cameras": tuple(
                camera.model_copy(update={"directory": folder / camera.directory})
                if camera.kind == "folder"
                else camera
                for camera in settings.cameras
            ),
        }
    )
