"""Looks at a PLC as a technician would, and says in words what is wrong and how to mend it.

Only reads, unless told otherwise: a running line is not disturbed, beyond one more client's questions.
"""

import contextlib
import secrets
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

from inspection.decision import Frozen
from inspection.ports import Clock
from plc.commissioning import findings
from plc.commissioning.findings import Finding, Seen, Verdict
from plc.diagnostics.diagnostics import CycleReport, CycleTimes
from plc.modbus.telegram import ExcCodes
from plc.modbus.wire import REFUSALS, Wire, WireError
from plc.register_map.layout import swapped
from plc.register_map.presets import PRESETS
from plc.register_map.registers import LINE_SIZE, MAP_VERSION, LineBlock, VisionBlock, complement
from plc.settings import LinkSettings, Telegrams, TransactionCheck

T = TypeVar("T")

WATCH_S: Final = 2.0
"""How long the PLC is watched."""

CONNECT_S: Final = 3.0
"""A technician can wait longer for a connection than a line."""

_FAILURES: Final = 3
"""Failed reads in a row after which watching is given up."""

_UNITS: Final = (1, 255, 0)
"""Unit identifiers that PLCs answer to."""

_SILENCE: Final = frozenset({None, ExcCodes.GATEWAY_PATH_UNAVIABLE, ExcCodes.GATEWAY_NO_RESPONSE})
"""Exceptions, or none, of a telegram that reached no PLC."""

_FC23_TRIES: Final = 2
"""One telegram may be lost."""

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
        self._settings = settings
        """What holds now: put right on the way, so that one mistake does not hide the next."""
        self._clock = clock
        self._write = write
        self._watch_ns = int(watch_s * 1e9)
        self._wire = Wire(settings)
        self._findings: list[Finding] = []
        self._reading: CycleReport | None = None
        self._exchanging: CycleReport | None = None
        self._wrote = False
        self._boot_id, self._beat = 1 + secrets.randbelow(0xFFFF), 0

    async def run(self) -> ProbeReport:
        try:
            if await self._connect() and await self._find_line_block():
                await self._look()
        finally:
            self._wire.close()
        preset = self._settings.preset
        return ProbeReport(
            peer=f"{self._settings.host}:{self._settings.port}",
            preset=None if preset is None else preset.value,
            wrote=self._wrote,
            findings=tuple(self._findings),
            reading=self._reading,
            exchanging=self._exchanging,
        )

    async def _look(self) -> None:
        seen, self._reading = await self._watch()
        self._say(findings.answers(seen, hint=self._hint()))
        self._say(findings.heartbeat(seen))
        self._say(findings.boot_id(seen))
        self._say(findings.cycle(self._reading))
        self._say(findings.word_order(seen, configured=self._settings.word_order))
        if seen.lines:
            self._say(findings.readiness(seen.lines[-1][1]))
        free = await self._look_at_vision_block(seen)
        await self._try_writing(free=free)

    def _say(self, finding: Finding) -> None:
        self._findings.append(finding)

    def _hint(self) -> str:
        """What the preset knows of this make of PLC."""
        preset = self._settings.preset
        return "" if preset is None else f"{PRESETS[preset].title}: {PRESETS[preset].check_first}"

    # --- asking -------------------------------------------------------------------------------------------

    async def _connect(self) -> bool:
        try:
            await self._wire.connect(patience_s=CONNECT_S)
        except WireError as error:
            self._say(findings.wrong("connection", str(error), self._hint()))
            return False
        certificate = self._wire.peer_certificate()
        if certificate:
            left_s = ssl.cert_time_to_seconds(str(certificate["notAfter"])) - self._clock.now().timestamp()
            self._say(findings.certificate(int(left_s // 86400)))
        else:
            self._say(findings.ok("connection", "connected, without TLS"))
        return True

    async def _ask(self, question: Callable[[Wire], Awaitable[T]]) -> T:
        """The answer to one question, on a fresh connection where there is none. Raises WireError."""
        try:
            if not self._wire.connected:
                await self._wire.connect(patience_s=CONNECT_S)
            return await question(self._wire)
        except WireError as error:
            if error.dead:
                self._wire.close()
            raise

    async def _words(self, base: int) -> list[int]:
        return await self._ask(lambda wire: wire.read_words(base, LINE_SIZE))

    def _go_on_with(self, **changes: object) -> None:
        """Put a setting right, for the rest of this probe."""
        self._wire.close()
        self._settings = self._settings.model_copy(update=changes)
        self._wire = Wire(self._settings)

    # --- where the line block is, and in which byte order -------------------------------------------------

    async def _find_line_block(self, *, may_try_units: bool = True) -> bool:
        base = self._settings.line_base
        try:
            words = await self._words(base)
        except WireError as error:
            if error.exception == ExcCodes.ILLEGAL_ADDRESS:
                return await self._look_around(f"the PLC has no holding registers at {base}")
            if error.habit is not None and self._settings.transaction_check is TransactionCheck.STRICT:
                self._say(findings.transaction_numbers(error.habit))
                self._go_on_with(transaction_check=TransactionCheck.GATEWAY)
                return await self._find_line_block(may_try_units=may_try_units)
            if error.exception in _SILENCE and may_try_units:
                return await self._try_units()
            self._say(findings.wrong("line block", str(error), self._hint()))
            return False
        version = swapped(words[0]) if self._settings.byte_swap else words[0]
        if version == MAP_VERSION:
            self._say(findings.ok("line block", f"map version {version} at register {base}"))
            return True
        if swapped(version) == MAP_VERSION:
            swap = not self._settings.byte_swap
            self._say(
                findings.wrong(
                    "byte order",
                    f"map version reads as 0x{version:04X}: the two bytes of each word are exchanged",
                    f"set byte_swap = {str(swap).lower()} under [plc], or mend it in the PLC or gateway",
                )
            )
            self._go_on_with(byte_swap=swap)
            return True
        span = f"registers {base} to {base + LINE_SIZE - 1}"
        if not any(words):
            found = f"{span} are all zero"
        elif all(word == 0xFFFF for word in words):
            found = f"{span} are all 0xFFFF, as memory that nobody has written"
        else:
            found = f"register {base} holds {version}, not map version {MAP_VERSION}"
        return await self._look_around(found)

    async def _look_around(self, found: str) -> bool:
        """Look for the line block nearby and where presets have it, and go on from there."""
        configured = self._settings.line_base
        near = (configured - 1, configured + 1, configured - 40001, configured - 40000)
        usual = (LinkSettings(preset=name).line_base for name in PRESETS)
        for base in dict.fromkeys((*near, *usual)):
            if base == configured or not 0 <= base <= 0x10000 - LINE_SIZE:
                continue
            try:
                line = self._settings.layout.line_block(await self._words(base))
            except WireError:
                continue
            if not _is_line_block(line):
                continue
            by_one = ": the address is off by one" if abs(base - configured) == 1 else ""
            self._say(
                findings.wrong(
                    "line block",
                    f"{found}; the line block begins at register {base}{by_one}",
                    f"set line_base = {base} under [plc], and check vision_base alike. Passgate counts "
                    "registers from 0: what a manual calls 40001 is register 0",
                )
            )
            self._go_on_with(line_base=base)
            return True
        self._say(
            findings.wrong(
                "line block",
                f"{found}, and there is no line block nearby (tried one register before and after, "
                "40001 less, and the bases of all presets)",
                "start the PLC's program, and check line_base, which counts from 0. " + self._hint(),
            )
        )
        return False

    async def _try_units(self) -> bool:
        """The PLC was silent: once more, and then as other units."""
        configured = self._settings.unit_id
        for unit in dict.fromkeys((configured, *_UNITS)):
            self._go_on_with(unit_id=unit)
            try:
                await self._words(self._settings.line_base)
            except WireError as error:
                if error.exception in _SILENCE:
                    continue
            if unit != configured:
                self._say(
                    findings.wrong(
                        "unit id",
                        f"nobody answers as unit {configured}, but unit {unit} does",
                        f"set unit_id = {unit} under [plc]",
                    )
                )
            return await self._find_line_block(may_try_units=False)
        self._go_on_with(unit_id=configured)
        return await self._find_line_block(may_try_units=False)

    # --- watching -----------------------------------------------------------------------------------------

    async def _watch(self) -> tuple[Seen, CycleReport]:
        """Read the line block on the cycle's grid for a while, and now and then the vision block."""
        seen, times = Seen(), CycleTimes()
        grid = _Grid(self._clock, self._settings.cycle_ms, self._watch_ns)
        in_a_row = 0
        while grid.goes_on and in_a_row < _FAILURES:
            seen.asked += 1
            times.started(self._clock.monotonic_ns())
            try:
                line = await self._ask(Wire.read)
                times.ended(self._clock.monotonic_ns())
                seen.lines.append((self._clock.monotonic_ns(), line))
                in_a_row = 0
            except WireError as error:
                in_a_row += 1
                seen.failed += 1
                seen.last_failure = str(error)
            if seen.asked % _VISION_EVERY == 0:
                await self._glance_at_vision_block(seen)
            await grid.next()
        return seen, times.report(self._settings.cycle_ms)

    async def _glance_at_vision_block(self, seen: Seen) -> None:
        with contextlib.suppress(WireError):  # which has a check of its own
            seen.visions.append(await self._ask(Wire.read_vision))

    async def _look_at_vision_block(self, seen: Seen) -> bool:
        """Whether it is there, and nobody else writes it."""
        base = self._settings.vision_base
        try:
            seen.visions.append(await self._ask(Wire.read_vision))
        except WireError as error:
            refused = error.exception in REFUSALS
            self._say(
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
        self._say(found)
        if found.verdict is not Verdict.OK:
            return False
        clients = findings.other_clients(seen.visions, writing=self._write)
        self._say(clients)
        return clients.verdict is Verdict.OK

    # --- writing ------------------------------------------------------------------------------------------

    async def _try_writing(self, *, free: bool) -> None:
        if not self._write:
            self._say(
                findings.not_checked(
                    "writing",
                    "whether the PLC takes FC23, and lets the vision block be written: this probe only reads",
                    "probe with --write while the line stands and no engine runs",
                )
            )
            return
        if not free:
            self._say(findings.not_checked("writing", "not tried, because of what was found above"))
            return
        self._wrote = True
        try:
            lacking = await self._try_fc23()
            written = await self._exchange_for_a_while()
            back = await self._ask(Wire.read_vision)
        except WireError as error:
            self._say(findings.wrong("writing", str(error), self._hint()))
            return
        if lacking is not None:
            self._say(lacking)
        self._say(self._judge_writing(intact=back == written))

    def _next_vision(self) -> VisionBlock:
        """As a Passgate writes that is not online, which no PLC follows."""
        self._beat = self._beat + 1 & 0xFFFF
        return VisionBlock(heartbeat=self._beat, boot_id=self._boot_id)

    async def _try_fc23(self) -> Finding | None:
        """Whether the PLC lacks FC23, of which nobody but this probe then knows; go on without it.

        What FC23 reads is read with FC03 first: FC23 may be refused for its read part, and have written.

        Raises:
            WireError: The PLC does not answer FC03 either.
        """
        configured = self._settings.telegrams
        if configured is Telegrams.FC16_FC03:
            return None
        self._go_on_with(telegrams=Telegrams.FC23)
        failure: WireError | None = None
        for _ in range(_FC23_TRIES):
            await self._ask(Wire.read)
            vision = self._next_vision()
            try:
                await self._ask(partial(Wire.exchange, vision=vision))
            except WireError as error:
                failure = error
            else:
                return None
        assert failure is not None
        written = await self._ask(Wire.read_vision) == vision
        self._go_on_with(telegrams=Telegrams.FC16_FC03)
        return findings.lacks_fc23(failure, written=written, wanted=configured is Telegrams.FC23)

    async def _exchange_for_a_while(self) -> VisionBlock:
        """Exchange on the grid. Returns what was written last. Raises WireError."""
        times = CycleTimes()
        grid = _Grid(self._clock, self._settings.cycle_ms, self._watch_ns)
        while True:
            vision = self._next_vision()
            times.started(self._clock.monotonic_ns())
            await self._ask(partial(Wire.exchange, vision=vision))
            times.ended(self._clock.monotonic_ns())
            self._exchanging = times.report(self._settings.cycle_ms)
            if not grid.goes_on:
                return vision
            await grid.next()

    def _judge_writing(self, *, intact: bool) -> Finding:
        if not intact:
            return findings.wrong(
                "writing",
                "the PLC took the vision block, but what is read back differs",
                "see to it that nothing in the PLC's program writes these registers",
            )
        taken = self._exchanging and self._exchanging.exchange_ms
        cost = f"; an exchange takes p50 {taken.p50:.1f}, p99 {taken.p99:.1f} ms" if taken else ""
        functions = "FC23" if self._wire.uses_fc23 else "FC16 and FC03"
        return findings.ok("writing", f"the vision block can be written, with {functions}{cost}")


def _is_line_block(line: LineBlock) -> bool:
    """Whether these words may be one. A vision block has map version and numbers too: but a complement."""
    is_vision = line.refused_boot_id != 0 and line.outcome_seq == complement(line.outcome)
    return line.map_version == MAP_VERSION and line.boot_id != 0 and not is_vision


class _Grid:
    """The cycle's fixed grid, for so long."""

    def __init__(self, clock: Clock, cycle_ms: int, length_ns: int) -> None:
        self._clock = clock
        self._cycle_ns = cycle_ms * 1_000_000
        self._due_ns = clock.monotonic_ns()
        self._end_ns = self._due_ns + length_ns

    @property
    def goes_on(self) -> bool:
        """There is time for another cycle."""
        return self._clock.monotonic_ns() < self._end_ns

    async def next(self) -> None:
        """Wait for the next point; what was missed is skipped."""
        now_ns = self._clock.monotonic_ns()
        self._due_ns = max(self._due_ns + self._cycle_ns, now_ns)
        await self._clock.sleep((self._due_ns - now_ns) / 1e9)
