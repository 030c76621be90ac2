"""What a backup says of itself, in ``manifest.json`` beside its files.

A backup is a folder laid out as a record is, so whatever reads a record reads it: ``record verify --record``.
"""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import ValidationError

from inspection.decision import Frozen
from inspection.errors import StoreError
from reports.database.migrating import knows
from reports.record.entry import digest

FILE_NAME: Final = "manifest.json"
FORMAT: Final = 1
"""Of the manifest and of the folder that it speaks of."""
DATABASE: Final = "inspections.db"

_ANOTHER = "take another backup; keep this one for whoever examines it"


class FileMark(Frozen):
    """A file of the backup."""

    bytes: int
    sha256: str


class PicturesMark(Frozen):
    """The pictures in the backup; each is proven by its own name."""

    files: int
    bytes: int


class Manifest(Frozen):
    """What was copied, when, by whom, and how it was found."""

    kind: Literal["passgate backup"] = "passgate backup"
    format: int = FORMAT
    made_at: datetime
    """When the database was as it is in here, UTC; what came on record later is not in here."""
    by: str
    """The login that made it."""
    program: str
    """The version of Passgate that made it."""
    database_schema: str
    """The revision of the tables."""
    source: str
    """The folder of the record."""
    rows: int
    """Rows of the parts' chain."""
    head: str
    """Of the parts' chain; 64 zeros where it is empty."""
    events: int
    events_head: str
    waiting: int
    """Records that are in the spool alone; they are in here too."""
    intact: bool
    """Whether verification of the copy found nothing."""
    reason: str
    """What it found; empty for nothing."""
    pictures: PicturesMark | None
    """None: they are not in here."""
    files: dict[str, FileMark]
    """All others, by their path in the folder."""


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Put the manifest into ``folder``, with a digest of itself. Raises OSError."""
    said = manifest.model_dump(mode="json")
    both = {"manifest": said, "sha256": digest(_canonical(said))}
    (folder / FILE_NAME).write_text(json.dumps(both, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """What the backup in ``folder`` says of itself.

    Raises:
        StoreError: There is none, it was changed or cut short, or it is of a newer Passgate.
    """
    path = folder / FILE_NAME
    try:
        both = json.loads(path.read_text(encoding="utf-8"))
        said, mark = both["manifest"], both["sha256"]
        form = int(said["format"])
    except OSError as error:
        raise StoreError(
            f"{folder} is no whole backup: {path.name} cannot be read ({error.strerror})",
            todo="name the folder that record backup made; it gets its name only when it is whole",
        ) from error
    except (ValueError, LookupError, TypeError) as error:
        raise StoreError(f"{path} was changed or cut short: it is no manifest", todo=_ANOTHER) from error
    program = re.sub(r"[^\w.+-]", "", str(said.get("program", "")))[:40]
    if form > FORMAT:
        raise _newer(folder, program)
    if mark != digest(_canonical(said)):
        raise StoreError(f"{path} was changed: its digest does not fit", todo=_ANOTHER)
    try:
        manifest = Manifest.model_validate_json(json.dumps(said))
    except ValidationError as error:
        raise StoreError(f"{path} is no manifest of a backup", todo=_ANOTHER) from error
    if manifest.database_schema and not knows(manifest.database_schema):
        raise _newer(folder, program)
    return manifest


def _newer(folder: Path, program: str) -> StoreError:
    return StoreError(
        f"the backup {folder} was made by a newer Passgate ({program}), whose tables this one does not know",
        part="nothing was restored",
        todo=f"restore it with Passgate {program} or a later one",
    )


def _canonical(said: dict[str, object]) -> str:
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
