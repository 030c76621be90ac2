"""The parts between their trigger and their outcome: which are open, and which of them is being judged."""

from collections.abc import Iterator
from typing import Final

from inspection.part import Inspection, Trigger
from inspection.station.passage import PartKey, Passage

MAX_OPEN: Final = 256
"""Parts that may wait for their outcome.

While there are more, no part is taken, and the oldest are closed as unconfirmed, with an alarm.
"""


class OpenParts:
    """The open parts of one station, oldest first. Lives in the event loop; does nothing by itself."""

    def __init__(self) -> None:
        self.judged: Passage | None = None
        """The part between its trigger and the offer of its decision; None where there is none."""
        self._parts: dict[PartKey, Passage] = {}
        self._newest: Passage | None = None

    def begin(self, trigger: Trigger) -> Passage:
        """A trigger was seen: its part is open from now on, and its turn comes after the one before it."""
        return self._keep(Passage(trigger, after=self._newest))

    def resume(self, inspection: Inspection) -> None:
        """A part of an earlier run of the program is on record without an outcome: it is open again."""
        self._keep(Passage.resumed(inspection))

    def remove(self, passage: Passage) -> None:
        """The part has its outcome, or the record refused it: it is open no more."""
        del self._parts[passage.key]

    def get(self, key: PartKey) -> Passage | None:
        """The open part of this name; None where there is none."""
        return self._parts.get(key)

    def __iter__(self) -> Iterator[Passage]:
        """Those that are open now, oldest first; parts may be removed meanwhile."""
        return iter(list(self._parts.values()))

    def __len__(self) -> int:
        """How many are open."""
        return len(self._parts)

    @property
    def oldest(self) -> Passage | None:
        """The one whose trigger came first; None where no part is open."""
        return next(iter(self._parts.values()), None)

    @property
    def crowded(self) -> bool:
        """More are open than may be."""
        return len(self._parts) > MAX_OPEN

    def _keep(self, passage: Passage) -> Passage:
        self._parts[passage.key] = passage
        self._newest = passage
        return passage
