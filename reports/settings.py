"""Where the record lies on disk and how much room it may take."""

import json
from pathlib import Path
from typing import Self

from pydantic import Field

from inspection.decision import Frozen
from inspection.files.atomic import atomic_write

_SPOOL_PLACE = "spool.location"
"""File in the record's folder that says where the spool lies, when it lies elsewhere."""


class StoreSettings(Frozen):
    """Settings of the store. ``pictures_*``: how long they are kept (see ``reports.pictures.retention``)."""

    folder: Path
    """Holds what the other settings do not place elsewhere: ``inspections.db``, ``pictures/``, ``spool/``."""
    database_url: str | None = None
    """SQLAlchemy URL of another database; None for SQLite in ``folder``."""
    spool_folder: Path | None = None
    """For records that the database refused; best on another disk. None for ``folder``/spool."""
    busy_timeout_ms: int = Field(default=100, ge=0, le=60_000)
    """How long an append waits for a locked database before it takes the spool. The part waits with it."""
    spool_max_bytes: int = Field(default=64 << 20, ge=0)
    """Most bytes in the spool; a record takes about 2 kB."""
    retry_s: float = Field(default=1.0, ge=0.0)
    """After a failure, seconds in which appends go straight to the spool and do not wait for the database."""
    pictures_max_bytes: int | None = Field(default=20_000_000_000, ge=0)
    """Room for pictures in bytes; None for no limit."""
    pictures_days: float | None = Field(default=None, ge=0.0)
    """Age in days from which pictures are deleted although there is room; None keeps them."""
    held_pictures_days: float = Field(default=365.0, ge=0.0)
    """Age in days that every picture of a part that was not passed and released reaches at least."""
    keep_unsigned: bool = True
    """Whether pictures stay, however old, until the shift of their part is signed: who signs must be able to
    look at what was held. It counts from the first shift on that was ever signed, so where nobody signs
    nothing waits for it."""
    keep_unreviewed: bool = True
    """Whether pictures of held parts stay, however old, until somebody has reviewed the part. It counts from
    the first part on that was ever reviewed, so where nobody reviews nothing waits for it."""
    pictures_reserve_bytes: int = Field(default=500_000_000, ge=0)
    """Room that pictures leave free on their disk: with less, old ones go as when ``pictures_max_bytes`` is
    reached. A full disk would send every part to a person."""

    @classmethod
    def of_folder(cls, folder: Path) -> Self:
        """Of the record in ``folder``, with the spool where the station that wrote it left word it is."""
        place = folder / _SPOOL_PLACE
        try:
            said = json.loads(place.read_text(encoding="utf-8"))
            if said["record"] == str(folder.resolve()):  # not a copy, whose station has moved on
                return cls(folder=folder, spool_folder=Path(said["spool"]))
        except (OSError, ValueError, LookupError, TypeError):
            pass
        return cls(folder=folder)

    def beside(self, folder: Path) -> Self:
        """With relative places counted from ``folder``."""
        return self.model_copy(
            update={
                "folder": folder / self.folder,
                "spool_folder": self.spool_folder and folder / self.spool_folder,
                "database_url": _beside(folder, self.database_url),
            }
        )

    def leave_word(self) -> None:
        """Say in the record's folder where the spool lies, for ``of_folder``. Raises OSError."""
        place = self.folder / _SPOOL_PLACE
        if self.spool_folder is None:
            place.unlink(missing_ok=True)
            return
        said = json.dumps({"record": str(self.folder.resolve()), "spool": str(self.spool_folder.resolve())})
        if place.is_file() and place.read_bytes() == said.encode():
            return
        with atomic_write(place) as unfinished:
            unfinished.write_text(said, encoding="utf-8")

    @property
    def url(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{(self.folder / 'inspections.db').resolve().as_posix()}"

    @property
    def pictures(self) -> Path:
        """Root of the picture archive."""
        return self.folder / "pictures"

    @property
    def spool(self) -> Path:
        """Folder of the spool."""
        return self.spool_folder or self.folder / "spool"


def _beside(folder: Path, url: str | None) -> str | None:
    """A relative SQLite file counts from ``folder``; what is no URL stays, to be named where it is used."""
    if url is None:
        return None
    from sqlalchemy import make_url  # here: every command reads settings, and few open a database
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError:
        return url
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return url
    return parsed.set(database=str(folder / parsed.database)).render_as_string(hide_password=False)


class PlantSettings(Frozen):
    """Where a station pushes its record: one database for the plant (:mod:`reports.outgoing`)."""

    url: str
    """SQLAlchemy URL of a PostgreSQL, with this station's role; its password in libpq's passfile."""
    station: str | None = Field(default=None, min_length=1, max_length=64)
    """Name of the station at the plant; None for the station's own."""
    interval_s: float = Field(default=5.0, ge=0.1, le=3600.0)
    """How often it looks for new rows."""
    batch_rows: int = Field(default=1000, ge=1, le=10_000)
    """Rows of the inspections in one transaction at most, and of the events; a row takes about 2 kB."""
