"""What came of each fault: outages of the link, each laid at the door of the fault before it. No I/O."""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from inspection.status import Percentiles

BLAME_NS: Final = 3_000_000_000
"""A fault can cause an outage that begins up to so much later: the longest delay, then time-outs."""

Kind = TypeVar("Kind", bound=Hashable)


class Effect(StrEnum):
    """What came of a fault."""

    ABSORBED = "absorbed"
    """The link stayed Ready."""
    BY_ITSELF = "came_back_by_itself"
    """The link was lost and came back without anybody's help."""
    BY_FAULT_RESET = "came_back_by_fault_reset"
    """The line halted and latched, and came back when FaultReset was pressed."""
    DURING_OUTAGE = "during_outage"
    """The link was not Ready anyway."""
    NOT_BACK = "not_back"
    """The link had not come back at the end."""


@dataclass(slots=True)
class _Outage:
    began_ns: int
    halted: bool = False
    ended_ns: int | None = None

    @property
    def effect(self) -> Effect:
        if self.ended_ns is None:
            return Effect.NOT_BACK
        return Effect.BY_FAULT_RESET if self.halted else Effect.BY_ITSELF


class Outages(Generic[Kind]):
    """Follows one link. Times are on one monotonic clock and never go back."""

    def __init__(self) -> None:
        self._outages: list[_Outage] = []
        self._faults: list[tuple[int, Kind, _Outage | None]] = []
        self._been_ready = False

    def observe(self, *, now_ns: int, ready: bool, halted: bool) -> None:
        """How the link is now. What was before it was Ready for the first time counts for nothing."""
        current = self._current()
        if ready:
            self._been_ready = True
            if current is not None:
                current.ended_ns = now_ns
            return
        if not self._been_ready:
            return
        if current is None:
            current = _Outage(now_ns)
            self._outages.append(current)
        current.halted |= halted

    def fault(self, kind: Kind, *, now_ns: int) -> None:
        """A fault was done to the link."""
        self._faults.append((now_ns, kind, self._current()))

    def effects(self) -> Mapping[Kind, Mapping[Effect, int]]:
        """Faults by kind and by what came of them."""
        blamed: dict[int, Effect] = {}
        for outage in self._outages:
            before = [n for n, (at, _, _) in enumerate(self._faults) if at <= outage.began_ns]
            if before and outage.began_ns - self._faults[before[-1]][0] <= BLAME_NS:
                blamed[before[-1]] = outage.effect
        counts: dict[Kind, dict[Effect, int]] = defaultdict(lambda: defaultdict(int))
        for number, (_, kind, during) in enumerate(self._faults):
            effect = blamed.get(number, Effect.ABSORBED if during is None else Effect.DURING_OUTAGE)
            counts[kind][effect] += 1
        return {kind: dict(effects) for kind, effects in counts.items()}

    @property
    def unexplained(self) -> int:
        """Outages without a fault before them: this computer was too busy, or there is a bug."""
        return len(self._outages) - sum(
            effects.get(effect, 0)
            for effects in self.effects().values()
            for effect in (Effect.BY_ITSELF, Effect.BY_FAULT_RESET, Effect.NOT_BACK)
        )

    def count(self, effect: Effect) -> int:
        """Outages that ended so."""
        return sum(outage.effect is effect for outage in self._outages)

    def recovery_ms(self, effect: Effect) -> Percentiles | None:
        """How long those outages took, from Ready lost to Ready again; None without any."""
        return Percentiles.of(
            (outage.ended_ns - outage.began_ns) / 1e6
            for outage in self._outages
            if outage.effect is effect and outage.ended_ns is not None
        )

    def _current(self) -> _Outage | None:
        last = self._outages[-1] if self._outages else None
        return last if last is not None and last.ended_ns is None else None
