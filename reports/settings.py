"""Where the record lies on disk and how much room it may take."""

from pathlib import Path

from pydantic import Field

from inspection.decision import Frozen


class StoreSettings(Frozen):
    """Settings of the store. ``pictures_*``: how long pictures are kept (see ``reports.retention``)."""

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
