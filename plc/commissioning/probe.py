"""Looks at a PLC as a technician would, and says in words what is wrong and how to mend it.

Only reads, unless told otherwise: a running line is not disturbed, beyond one more client's questions.
"""

import contextlib
from typing import Final

from inspection.decision import Frozen
from inspection.ports import Clock
from plc.commissioning import findings
from plc.commissioning.findings import Finding, Seen, Verdict
from plc.commissioning.grid import Grid
from plc.commissioning.inquiry import Inquiry
from plc.commissioning.line_block_search import LineBlockSearch
from plc.commissioning.writing_trial import WritingTrial
from plc.diagnostics.diagnostics import CycleReport, CycleTimes
from plc.modbus.telegram import ExcCodes
from plc.modbus.wire import REFUSALS, Wire
from plc.modbus.wire_failures import WireError
from plc.settings import LinkSettings

WATCH_S: Final = 2.0
"""How long the PLC is watched."""

_FAILURES: Final = 3
"""Failed reads in a row after which watching is given up."""

_VISION_EVERY: Final = 5
"""The vision block is looked at once in so many cycles."""


class ProbeReport(Frozen):
    """What a probe has found."""

    peer: str
    preset: str | None
    wrote: bool
    """The vision block was written to."""
    findings: tuple[Finding, ...]
    reading: CycleReport | None = None
    """Cycles of one read each."""
    exchanging: CycleReport | None = None
    """Cycles of whole exchanges; only where writing was allowed."""

    @property
    def ok(self) -> bool:
        """Nothing is wrong, as far as it was checked."""
        return all(finding.verdict is not Verdict.WRONG for finding in self.findings)


async def probe(
    settings: LinkSettings, clock: Clock, *, write: bool = False, watch_s: float = WATCH_S
) -> ProbeReport:
    """Connect, look, and tell.

    Args:
        settings: How to reach the PLC.
        clock: Time.
        write: Write the vision block too, as a Passgate that is not online: only while the line stands.
        watch_s: How long to watch heartbeat and cycle.

    Raises:
        SettingsError: The certificates of ``settings.tls`` cannot be used.
    """
    return await _Probe(settings, clock, write=write, watch_s=watch_s).run()


class _Probe:
    def __init__(self, settings: LinkSettings, clock: Clock, *, write: bool, watch_s: float) -> None:
        self._inquiry = Inquiry(settings, clock)
        self._write = write
        self._watch_ns = int(watch_s * 1e9)
        self._reading: CycleReport | None = None
        self._exchanging: CycleReport | None = None
        self._wrote = False

    async def run(self) -> ProbeReport:
        inquiry = self._inquiry
        try:
            if await inquiry.connect() and await LineBlockSearch(inquiry).find():
                await self._look()
        finally:
            inquiry.wire.close()
        settings = inquiry.settings
        return ProbeReport(
            peer=f"{settings.host}:{settings.port}",
            preset=None if settings.preset is None else settings.preset.value,
            wrote=self._wrote,
            findings=tuple(inquiry.findings),
            reading=self._reading,
            exchanging=self._exchanging,
        )

    async def _look(self) -> None:
        seen, self._reading = await self._watch()
        self._inquiry.say(findings.answers(seen, hint=self._inquiry.hint()))
        self._inquiry.say(findings.heartbeat(seen))
        self._inquiry.say(findings.boot_id(seen))
        self._inquiry.say(findings.cycle(self._reading))
        self._inquiry.say(findings.word_order(seen, configured=self._inquiry.settings.word_order))
        if seen.lines:
            self._inquiry.say(findings.readiness(seen.lines[-1][1]))
        free = await self._look_at_vision_block(seen)
        if not self._write:
            self._inquiry.say(
                findings.not_checked(
                    "writing",
                    "whether the PLC takes FC23, and lets the vision block be written: this probe only reads",
                    "probe with --write while the line stands and no engine runs",
                )
            )
            return
        if not free:
            self._inquiry.say(findings.not_checked("writing", "not tried, because of what was found above"))
            return
        self._wrote = True
        trial = WritingTrial(self._inquiry, length_ns=self._watch_ns)
        await trial.run()
        self._exchanging = trial.exchanging

    # --- watching -----------------------------------------------------------------------------------------

    async def _watch(self) -> tuple[Seen, CycleReport]:
        """Read the line block on the cycle's grid for a while, and now and then the vision block."""
        seen, times = Seen(), CycleTimes()
        grid = Grid(self._inquiry.clock, self._inquiry.settings.cycle_ms, self._watch_ns)
        in_a_row = 0
        while grid.goes_on and in_a_row < _FAILURES:
            seen.asked += 1
            times.started(self._inquiry.clock.monotonic_ns())
            try:
                line = await self._inquiry.ask(Wire.read)
                times.ended(self._inquiry.clock.monotonic_ns())
                seen.lines.append((self._inquiry.clock.monotonic_ns(), line))
                in_a_row = 0
            except WireError as error:
                in_a_row += 1
                seen.failed += 1
                seen.last_failure = str(error)
            if seen.asked % _VISION_EVERY == 0:
                await self._glance_at_vision_block(seen)
            await grid.next()
        return seen, times.report(self._inquiry.settings.cycle_ms)

    async def _glance_at_vision_block(self, seen: Seen) -> None:
        with contextlib.suppress(WireError):  # which has a check of its own
            seen.visions.append(await self._inquiry.ask(Wire.read_vision))

    async def _look_at_vision_block(self, seen: Seen) -> bool:
        """Whether it is there, and nobody else writes it."""
        base = self._inquiry.settings.vision_base
        try:
            seen.visions.append(await self._inquiry.ask(Wire.read_vision))
        except WireError as error:
            refused = error.exception in REFUSALS
            self._inquiry.say(
                (
                    findings.note
                    if refused and error.exception != ExcCodes.ILLEGAL_ADDRESS
                    else findings.wrong
                )(
                    "vision block",
                    f"cannot be read at register {base}: {error}",
                    "check vision_base, which counts from 0, and that the PLC's registers reach that far. "
                    "With a PLC that lets them be written and not read, Passgate runs, but it cannot notice "
                    "a second engine at this PLC",
                )
            )
            return False
        found = findings.vision_block(seen.visions[-1], base=base)
        self._inquiry.say(found)
        if found.verdict is not Verdict.OK:
            return False
        clients = findings.other_clients(seen.visions, writing=self._write)
        self._inquiry.say(clients)
        return clients.verdict is Verdict.OK
