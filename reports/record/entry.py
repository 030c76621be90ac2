"""What goes into the record, on its way there: a revision of an inspection, or an event."""

import hashlib
import json
from dataclasses import dataclass

from inspection.events import Event
from inspection.part import Inspection

_EVENT, _EVENT_ID = "event", "event_id"


@dataclass(frozen=True, slots=True)
class PartEntry:
    """One revision of one inspection."""

    inspection: Inspection
    record: str
    """Its canonical JSON."""

    @property
    def key(self) -> str:
        """What names it in database and spool."""
        return part_key(self.inspection.inspection_id, self.inspection.revision)

    def line(self) -> str:
        """As one line of JSON, which ``entry_of`` reads."""
        return self.record


@dataclass(frozen=True, slots=True)
class EventEntry:
    """One event, with the name that it was given when it was noted."""

    event_id: str
    event: Event
    record: str
    """Its canonical JSON."""

    @property
    def key(self) -> str:
        """What names it in database and spool."""
        return self.event_id

    def line(self) -> str:
        """As one line of JSON, which ``entry_of`` reads."""
        return f'{{"{_EVENT}":{self.record},"{_EVENT_ID}":"{self.event_id}"}}'


Entry = PartEntry | EventEntry


def part_key(inspection_id: str, revision: int) -> str:
    """``PartEntry.key`` of a revision that is not at hand."""
    return f"{inspection_id}/{revision}"


def entry_of(line: str) -> Entry:
    """What ``Entry.line`` wrote. Raises ValueError for anything else."""
    if not line.startswith(f'{{"{_EVENT}":'):
        return PartEntry(Inspection.model_validate_json(line), line)
    try:
        event_id = str(json.loads(line)[_EVENT_ID])
        record = line.removeprefix(f'{{"{_EVENT}":').removesuffix(f',"{_EVENT_ID}":"{event_id}"}}')
        return EventEntry(event_id, Event.model_validate_json(record), record)
    except LookupError as error:
        raise ValueError("an event without its name") from error


def digest(text: str) -> str:
    """SHA-256 of a text, hex."""
    return hashlib.sha256(text.encode()).hexdigest()
