"""Pushes a station's record to the plant for as long as it is told, whatever the network does meanwhile.

It asks the plant how far it is, compares that with the station's own chain, and sends what lies behind, a
batch in a transaction. Where the connection breaks off it connects anew and asks again, so nothing is sent
twice, left out or sent out of order; between two tries it waits longer and longer, by chance, so that all
stations of a plant do not come back at one moment.
"""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event as Signal
from typing import Final

import structlog

from inspection.errors import PassgateError, SettingsError, StoreError
from reports.database.connecting import open_reader
from reports.outgoing.alarm import tell_refusal
from reports.outgoing.delivery import Plant, RowRefusedError
from reports.outgoing.outbox import Heads, Outbox
from reports.outgoing.progress import Refused
from reports.outgoing.status import begun
from reports.plant.connecting import PATIENCE_S, parse_plant_url
from reports.plant.reading import SAID_EVERY
from reports.settings import PlantSettings, StoreSettings
from reports.store.waiting import read_waiting

log = structlog.get_logger(__name__)

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 60.0
TRIES: Final = 5
"""Without a row in between, after which a run that is to end gives up."""
_KEPT_EVERY_S: Final = 1.0
_SAID_EVERY_S: Final = SAID_EVERY.total_seconds() / 2.0
"""That nothing is left, where nothing was sent meanwhile either."""


def pause_s(failures: int, chance: float) -> float:
    """How long to wait after so many failures, one behind the other; ``chance`` lies from 0 to 1.

    At least half of the whole time, so that a plant that restarts is not asked by all at once and at once.

    >>> [pause_s(failures, 1.0) for failures in (1, 2, 3, 100)]
    [0.5, 1.0, 2.0, 60.0]
    """
    longest = min(FIRST_PAUSE_S * 2.0 ** min(failures - 1, 32), LONGEST_PAUSE_S)
    return longest * (1.0 + chance) / 2.0


class Courier:
    """Pushes one record to one plant. Used by one thread.

    Args:
        store: Where the station's record lies.
        plant: Where the plant's database is.
        station: The station's name at the plant.
        stop: Set by whoever wants it to end; it ends then between two batches.
        now: The wall clock, with time zone: for what people are told, never for what is sent.
        patience_s: How long the plant may take over one answer.
    """

    def __init__(
        self,
        store: StoreSettings,
        plant: PlantSettings,
        *,
        station: str,
        stop: Signal,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._store = store
        self._plant = plant
        self._url = parse_plant_url(plant.url)
        self._stop = stop
        self._now = now
        self._patience_s = patience_s
        self._limit = plant.batch_rows
        self._kept_s, self._said_s = -_KEPT_EVERY_S, -_SAID_EVERY_S
        self.progress = begun(store, plant, station)
        """What is known of the plant's copy."""
        self.rows = 0
        """Rows of both chains that were sent."""
        self.failures = 0
        """Since a batch was last taken, or nothing was left."""
        self.connections = 0
        self._busy_s = 0.0

    def run(self, *, once: bool) -> None:
        """Push until told to stop, or ``once`` what is there until nothing is left.

        Raises:
            RowRefusedError: Once, and the plant does not take a row.
            SettingsError: Once, and the plant knows this role as no station, or as another one.
            StoreError: Once, and nothing went ``TRIES`` times.
        """
        while not self._stop.is_set():
            try:
                self._connected(once=once)
                return
            except (StoreError, SettingsError) as error:
                self.failures += 1
                self._limit = max(self._limit // 2, 1)  # of a network that is too slow, less at a time
                self._failed(error)
                if once and (self.failures >= TRIES or isinstance(error, RowRefusedError | SettingsError)):
                    raise
            self._stop.wait(pause_s(self.failures, random.random()))  # noqa: S311  (no secret)

    def connection(self) -> Plant:
        """A connection to the plant that is still to be opened."""
        return Plant(self._url, self.progress.station, patience_s=self._patience_s)

    def _connected(self, *, once: bool) -> None:
        """Push over one connection, until told to stop or nothing is left. Raises StoreError."""
        reader = open_reader(self._store.url)
        try:
            outbox = Outbox(reader)
            with self.connection() as plant:
                self.connections += 1
                heads = plant.open()
                self._refuse_other_record(plant, outbox, heads)
                while not self._stop.is_set():
                    heads, left = self._push(plant, outbox, heads)
                    if left:
                        continue
                    if once:
                        break
                    self._stop.wait(self._plant.interval_s)
        finally:
            reader.dispose()
        self._keep()

    def _push(self, plant: Plant, outbox: Outbox, heads: Heads) -> tuple[Heads, bool]:
        """Send what lies behind ``heads``; how far the plant is then, and whether more may be left."""
        began_s, moment = time.monotonic(), self._now()
        waiting = read_waiting(self._store)  # first: see ``reports.store.waiting``
        batch = outbox.behind(heads, limit=self._limit)
        if batch.rows:
            try:
                plant.put(batch)
            except RowRefusedError as refusal:
                self._narrow(plant, outbox, heads, refusal)
                return heads, True
            self.rows += batch.rows
            self._busy_s += time.monotonic() - began_s
            self._limit = min(2 * self._limit, self._plant.batch_rows)
            self._said_s = -_SAID_EVERY_S
        elif not (waiting.entries or waiting.fault) and began_s - self._said_s >= _SAID_EVERY_S:
            plant.all_sent(moment)
            self._said_s = began_s
        self._heard(batch.heads, sent=batch.rows)
        return batch.heads, batch.rows > 0

    def _narrow(self, plant: Plant, outbox: Outbox, heads: Heads, refusal: RowRefusedError) -> None:
        """Send the good rows of a batch before the bad one first; raise RowRefusedError where there are none.

        Which row it is PostgreSQL says of one that breaks the chain; of one that fits no column it is found
        by ever smaller batches.
        """
        first = {"inspections": heads.parts + 1, "events": heads.events + 1}
        if refusal.position is not None and refusal.position > first[refusal.chain]:
            self._limit = refusal.position - first[refusal.chain]
            return
        if refusal.position is None and self._limit > 1:
            self._limit = max(self._limit // 2, 1)
            return
        if refusal.position is None:
            refusal.position = first[refusal.chain]
        self._leave(plant, outbox, refusal)
        raise refusal

    def _refuse_other_record(self, plant: Plant, outbox: Outbox, heads: Heads) -> None:
        """Where the plant has other rows of this station than its record: never merged.

        Raises:
            RowRefusedError: As said, with the first row that differs.
            StoreError: One of the two cannot be asked.
        """
        for chain, position, row_hash in (
            ("inspections", heads.parts, heads.parts_hash),
            ("events", heads.events, heads.events_hash),
        ):
            if outbox.hash_at(chain, position) == row_hash:
                continue
            length = outbox.length(chain)
            low, high = (
                0,
                min(position, length) + 1,
            )  # they agree at low; not at high, or one has ended
            while high - low > 1:
                middle = (low + high) // 2
                same = outbox.hash_at(chain, middle) == plant.hash_at(chain, middle)
                low, high = (middle, high) if same else (low, middle)
            what = (
                f"The plant has {position} rows of the {chain} of {self.progress.station!r}, and this record"
                f" {length}, of which the first {low} are the same: it was restored from a copy, begun anew,"
                " or is another station's"
            )
            refusal = RowRefusedError(chain, high, "fork", what)
            self._leave(plant, outbox, refusal)
            raise refusal

    def _leave(self, plant: Plant, outbox: Outbox, refusal: RowRefusedError) -> None:
        """Leave word of a refused row: at the plant, and once in the station's own record."""
        assert refusal.position is not None, "it is known which row it is"
        row_hash = outbox.hash_at(refusal.chain, refusal.position) or ""
        refused = Refused(
            chain=refusal.chain,
            position=refusal.position,
            reason=refusal.reason,
            row_hash=row_hash,
            what=refusal.what,
            since=self._now().astimezone(UTC),
        )
        record = outbox.record_at(refusal.chain, refusal.position)
        plant.note(refusal, row_hash=row_hash, record=record)
        known = self.progress.refused
        if known is None or known.row != refused.row:
            tell_refusal(self._store, refused, plant=self.progress.plant)
            self.progress = self.progress.model_copy(update={"refused": refused})

    def _heard(self, heads: Heads, *, sent: int) -> None:
        """The plant has this much."""
        was_failing = bool(self.failures)
        self.failures = 0
        self.progress = self.progress.model_copy(
            update={
                "inspections": heads.parts,
                "events": heads.events,
                "heard_at": self._now().astimezone(UTC),
                "rows_per_s": self.rows / self._busy_s if self._busy_s else self.progress.rows_per_s,
                "failing": "",
                "failing_since": None,
                "refused": None,
            }
        )
        if was_failing:
            log.info("the plant takes rows again", plant=self.progress.plant)
        if sent:
            log.info("sent to the plant", rows=sent, rows_per_s=round(self.progress.rows_per_s or 0.0))
        if was_failing or time.monotonic() - self._kept_s >= _KEPT_EVERY_S:
            self._keep()

    def _failed(self, error: PassgateError) -> None:
        """Nothing goes now. Said once for each reason, not at each try."""
        if self.progress.failing != error.what:
            log.error("nothing goes to the plant", why=str(error))
        self.progress = self.progress.model_copy(
            update={
                "failing": error.what,
                "failing_since": self.progress.failing_since or self._now().astimezone(UTC),
            }
        )
        self._keep()

    def _keep(self) -> None:
        self._kept_s = time.monotonic()
        try:
            self.progress.keep(self._store.folder)
        except StoreError as error:
            log.warning("how far the plant is cannot be kept", why=str(error))
