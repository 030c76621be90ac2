"""How far a station's record is at the plant, as the station last heard it: kept in the record's folder.

For whoever asks while the network is away. Whoever pushes asks the plant itself.
"""

from datetime import datetime
from pathlib import Path
from typing import Self

from inspection.decision import Frozen
from inspection.errors import StoreError
from inspection.files.atomic import atomic_write

FILE_NAME = "outgoing.json"


class Refused(Frozen):
    """A row that the plant does not take."""

    chain: str
    position: int
    reason: str
    row_hash: str
    what: str
    """In words."""
    since: datetime

    @property
    def row(self) -> tuple[str, int, str, str]:
        """Which row it is, and why: told once."""
        return self.chain, self.position, self.reason, self.row_hash


class Progress(Frozen):
    """What is known of the plant's copy."""

    station: str
    """Its name at the plant."""
    plant: str
    """Without password."""
    inspections: int = 0
    """Rows that the plant has."""
    events: int = 0
    heard_at: datetime | None = None
    """When the plant last said so; None: never."""
    rows_per_s: float | None = None
    """How fast the last rows went; None where none have."""
    failing: str = ""
    """Why nothing goes now; empty where it does."""
    failing_since: datetime | None = None
    refused: Refused | None = None

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """What was kept in the record's folder; None where nothing was, or for nobody can read it."""
        try:
            return cls.model_validate_json((folder / FILE_NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def keep(self, folder: Path) -> None:
        """Keep it there. Raises StoreError."""
        path = folder / FILE_NAME
        try:
            with atomic_write(path) as unfinished:
                unfinished.write_text(self.model_dump_json(indent=1), encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"How far the record is at the plant cannot be kept in {path}: {error}",
                part="Nothing is lost: the plant knows it",
                todo="check that folder, its rights and its disk",
            ) from error
