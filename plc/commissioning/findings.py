"""What a probe makes of what it has seen: each judgement as one finding in words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Final

from inspection.decision import Frozen
from plc.diagnostics.diagnostics import CycleReport
from plc.handshake.heartbeat import HEARTBEAT_TIMEOUT_NS
from plc.modbus.fc23 import failing_at, refusing
from plc.modbus.transactions import Habit
from plc.modbus.wire_failures import WireError
from plc.register_map.layout import WordOrder
from plc.register_map.registers import DEFAULT_DEADLINE_MS, MAP_VERSION, LineBits, LineBlock, VisionBlock

STANDSTILL_MS: Final = HEARTBEAT_TIMEOUT_NS / 2e6
"""A PLC heartbeat that stands for half the time after which Passgate halts is one slow scan from a halt."""

EXPIRY_DAYS: Final = 30
"""A certificate that expires sooner is worth a word."""

SLOW: Final = 1.5
"""A cycle longer than this many times the one asked for is slow."""


class Verdict(StrEnum):
    """What came of one check."""

    OK = "ok"
    NOTE = "note"
    """Works, but somebody should know."""
    WRONG = "wrong"
    NOT_CHECKED = "not checked"


class Finding(Frozen):
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    text: str
    """What was found."""
    todo: str = ""
    """What to do about it."""


@dataclass(slots=True)
class Seen:
    """What was seen while watching."""

    lines: list[tuple[int, LineBlock]] = field(default_factory=list)
    """With the time of reading, in ns."""
    visions: list[VisionBlock] = field(default_factory=list)
    asked: int = 0
    failed: int = 0
    last_failure: str = ""


def ok(name: str, text: str) -> Finding:
    """All is well."""
    return Finding(name=name, verdict=Verdict.OK, text=text)


def note(name: str, text: str, todo: str = "") -> Finding:
    """Somebody should know."""
    return Finding(name=name, verdict=Verdict.NOTE, text=text, todo=todo)


def wrong(name: str, text: str, todo: str = "") -> Finding:
    """Must be mended."""
    return Finding(name=name, verdict=Verdict.WRONG, text=text, todo=todo)


def not_checked(name: str, text: str, todo: str = "") -> Finding:
    """Nobody knows."""
    return Finding(name=name, verdict=Verdict.NOT_CHECKED, text=text, todo=todo)


def certificate(days_left: int) -> Finding:
    """The PLC's certificate, which was believed."""
    text = f"connected over TLS; the PLC's certificate is good for {days_left} more days"
    if days_left < EXPIRY_DAYS:
        return note("connection", text, "renew it before it stops the line")
    return ok("connection", text)


def transaction_numbers(habit: Habit) -> Finding:
    """The answers' transaction numbers, which are not those of the questions."""
    return wrong(
        "transaction numbers",
        f"it answers, but not with the transaction number that it was asked with: it answers with {habit}",
        'mend it in the gateway or PLC; where it is known to do this, set transaction_check = "gateway" '
        "under [plc], of which docs/integrator.md says what safety then rests on",
    )


def lacks_fc23(failure: WireError, *, written: bool, wanted: bool) -> Finding:
    """FC23, which failed twice where FC16 and FC03 are answered.

    Args:
        failure: How it failed.
        written: What it was to write is in the registers all the same.
        wanted: The settings ask for FC23 and nothing else.
    """
    how = f"the PLC {refusing(failure.exception) if failure.exception else failing_at(failure.failing)}"
    did = "and writes the registers all the same" if written else "and writes nothing then"
    if wanted:
        return wrong("FC23", f"{how}, {did}", 'set telegrams = "fc16-fc03" under [plc]')
    return note(
        "FC23",
        f"{how}, {did}; Passgate finds that out and goes on with FC16 and FC03",
        'telegrams = "fc16-fc03" under [plc] saves asking',
    )


def heartbeat(seen: Seen) -> Finding:
    """Whether the PLC's heart beats, and how fast."""
    if len(seen.lines) < 2:
        return not_checked("heartbeat", "the PLC did not answer often enough")
    first_ns, last_ns = seen.lines[0][0], seen.lines[-1][0]
    steps = [
        (at_ns, (line.heartbeat - before.heartbeat) % 0x10000)
        for (_, before), (at_ns, line) in pairwise(seen.lines)
    ]
    beats = sum(step for _, step in steps)
    if not beats:
        return wrong(
            "heartbeat",
            f"stands at {seen.lines[0][1].heartbeat}, for {(last_ns - first_ns) / 1e6:.0f} ms at least",
            "count word 1 of the line block up in every scan, and put the PLC into Run",
        )
    marks = [first_ns, *(at_ns for at_ns, step in steps if step), last_ns]
    longest_ms = max(after - before for before, after in pairwise(marks)) / 1e6
    rate = beats / ((last_ns - first_ns) / 1e9)
    text = f"moves, about {rate:.0f} beats a second; it stood for {longest_ms:.0f} ms at most"
    if longest_ms >= STANDSTILL_MS:
        return wrong(
            "heartbeat",
            f"{text}. Passgate halts at {HEARTBEAT_TIMEOUT_NS // 1_000_000} ms",
            "count it up in every scan of the task that runs the handshake",
        )
    return ok("heartbeat", text)


def boot_id(seen: Seen) -> Finding:
    """Whether this run of the PLC has a number, and keeps it."""
    boots = list(dict.fromkeys(line.boot_id for _, line in seen.lines))
    if not boots:
        return not_checked("boot id", "the PLC did not answer")
    if 0 in boots:
        return wrong(
            "boot id",
            "is 0: Passgate cannot tell one run of the PLC from the next",
            "draw another number, not 0, at each start of the PLC's program",
        )
    if len(boots) > 1:
        return wrong(
            "boot id",
            f"changed while it was watched: {', '.join(map(str, boots))}",
            "it may change only when the PLC's program starts: find out whether the PLC restarts by itself",
        )
    return ok("boot id", str(boots[0]))


def answers(seen: Seen, *, hint: str) -> Finding:
    """Whether every question got its answer."""
    if seen.failed:
        return wrong(
            "answers", f"{seen.failed} of {seen.asked} reads failed; the last: {seen.last_failure}", hint
        )
    return ok("answers", f"all {seen.asked} reads were answered")


def cycle(report: CycleReport) -> Finding:
    """Whether the PLC is quick enough."""
    interval, answer, target = report.interval_ms, report.exchange_ms, report.target_ms
    if interval is None or answer is None:
        return not_checked("cycle", "the PLC did not answer often enough")
    text = (
        f"{target} ms asked for, reached p50 {interval.p50:.1f}, p99 {interval.p99:.1f}, max "
        f"{interval.max:.1f} ms; a read takes p50 {answer.p50:.1f}, p99 {answer.p99:.1f} ms"
    )
    if interval.p50 > SLOW * target:
        return wrong(
            "cycle",
            f"{text}: too slow",
            "have the PLC serve Modbus in every scan and shorten its scan, or set a longer cycle_ms (100 "
            "at most)",
        )
    if interval.p99 > SLOW * target:
        return note(
            "cycle",
            text,
            "now and then an answer is late: look at the PLC's scan, the network and this computer's load",
        )
    return ok("cycle", text)


def word_order(seen: Seen, *, configured: WordOrder) -> Finding:
    """Whether part_id reads as it should; only its value can tell."""
    part = seen.lines[-1][1].part_id if seen.lines else 0
    if not part:
        return not_checked("word order", "part_id is 0", "probe again when a part with a number is there")
    if not part & 0xFFFF:
        other = WordOrder.LOW_FIRST if configured is WordOrder.HIGH_FIRST else WordOrder.HIGH_FIRST
        return wrong(
            "word order",
            f"part_id reads {part} with {configured}, and would read {part >> 16} with {other}",
            f'set word_order = "{other}" under [plc], unless the part really has that number',
        )
    compare = ": compare it with the PLC's" if part >> 16 else ""
    return ok("word order", f"part_id reads {part} with {configured}{compare}")


def readiness(line: LineBlock) -> Finding:
    """What the PLC wants at the moment."""
    bits = ", ".join(
        f"{bit.name.title()} {int(bit in line.bits)}"
        for bit in (LineBits.ENABLE, LineBits.AUTO, LineBits.RUNNING)
        if bit.name
    )
    text = (
        f"{bits}; deadline {line.deadline_ms or DEFAULT_DEADLINE_MS} ms; trigger_seq {line.trigger_seq}, "
        f"outcome_seq {line.outcome_seq}"
    )
    if LineBits.ENABLE not in line.bits:
        return note("readiness", text, "Passgate takes no part until the PLC sets Enable")
    return ok("readiness", text)


def vision_block(vision: VisionBlock, *, base: int) -> Finding:
    """Whether what lies at ``base`` looks like our block."""
    if vision.map_version == MAP_VERSION:
        return ok("vision block", f"map version {MAP_VERSION} at register {base}")
    if vision.map_version == 0:
        return ok("vision block", f"empty at register {base}: nobody has written it since the PLC started")
    return wrong(
        "vision block",
        f"register {base} holds {vision.map_version}, neither 0 nor map version {MAP_VERSION}",
        "check vision_base: these registers may belong to something else in the PLC, which would be "
        "overwritten",
    )


def other_clients(visions: Sequence[VisionBlock], *, writing: bool) -> Finding:
    """Whether anybody writes our block while we only look."""
    runs = [after.boot_id for before, after in pairwise(visions) if after.boot_id != before.boot_id]
    runs.insert(0, visions[0].boot_id)
    backwards = any(
        after.boot_id == before.boot_id and (after.heartbeat - before.heartbeat) % 0x10000 > 0x8000
        for before, after in pairwise(visions)
    )
    if len(runs) > len(set(runs)) or backwards:
        named = ", ".join(map(str, dict.fromkeys(runs)))
        return wrong(
            "other clients",
            f"several clients write the vision block (boot ids {named})",
            "let one Passgate alone write to this PLC",
        )
    if len({vision.heartbeat for vision in visions}) == 1:
        return ok("other clients", "nobody else writes the vision block")
    text = f"another client writes the vision block now (boot id {runs[-1]})"
    if writing:
        return wrong("other clients", f"{text}, so nothing was written", "stop that engine first")
    return note("other clients", text, "fine if it is this station's engine; else stop it")
