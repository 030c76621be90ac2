"""A store with one picture a part, of which the tests choose the age and what became of the part."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from inspection.decision import Action
from inspection.errors import StoreError
from inspection.events import EventKind
from inspection.messages.codes import Code
from inspection.part import Inspection, Outcome
from reports.pictures.retention import RetentionReport
from reports.settings import StoreSettings
from reports.store.store import SqlStore
from tests.reports.parts import closed, frame, part
from tests.reports.stores import OpenStore, picture_file

NOW = datetime(2026, 6, 1, tzinfo=UTC)

HISTORY: dict[str, Callable[[Inspection], list[Inspection]]] = {
    "passed": lambda intent: [intent, closed(intent)],
    "open": lambda intent: [intent],
    "unconfirmed": lambda intent: [intent, closed(intent, Outcome.UNCONFIRMED)],
    "rejected": lambda intent: [intent, closed(intent, Outcome.DEFAULT_REJECTED)],
    "held": lambda intent: [intent, closed(intent, Outcome.HELD)],
}


class Archive:
    """A store with one picture a part, aged at will."""

    def __init__(self, open_store: OpenStore, settings: StoreSettings, **limits: object) -> None:
        self.store: SqlStore = open_store(settings.model_copy(update=limits))
        self.store._now = lambda: NOW
        self.parts = 0

    def add(self, kind: str, *, days: float) -> str:
        self.parts += 1
        sha256 = self.store.archive_picture(frame(self.parts))
        if kind != "orphan":
            action = Action.MANUAL_REVIEW if kind == "held" else Action.PASS
            for record in HISTORY[kind](part(self.parts, action=action, pictures=(sha256,))):
                self.store.append(record)
        moment = (NOW - timedelta(days=days)).timestamp()
        os.utime(picture_file(self.store, sha256), (moment, moment))
        return sha256

    def sweep(self) -> RetentionReport:
        self.store.maintain()
        for units in (1, 10_000):
            try:
                self.store.retire_pictures(units=units)
            except StoreError as error:  # what is told while there is no room; ``report`` says it too
                if error.message.code is not Code.PICTURES_NEEDED:
                    raise
        report = self.store._pictures._retention.report
        assert report is not None
        return report

    def has(self, sha256: str) -> bool:
        return self.store.picture_path(sha256) is not None


def expired(store: SqlStore) -> list[str]:
    """SHA-256 named by the events, oldest first."""
    events = [event for event in store.recent_events(200) if event.kind is EventKind.PICTURES_EXPIRED]
    return [sha256 for event in reversed(events) for sha256 in event.subjects]
