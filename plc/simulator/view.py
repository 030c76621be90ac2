"""What somebody beside the simulated line sees at one moment: parts, belt, diverter, lamps. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass

from plc.simulator.faults.line_faults import LineFault
from plc.simulator.machine.conveyor import Commands, Layout, Part, Sensors
from plc.simulator.machine.stack_light import Condition, StackLight
from plc.simulator.program.part_result import PartResult
from plc.simulator.program.program import PlcProgram
from plc.simulator.program.tracking import Tracked
from plc.simulator.report import BystanderCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A part in the picture."""

    front_mm: float
    seq: int
    """0 as long as it has no trigger."""
    fate: str
    """What its decision is, ``reject`` for a default reject, empty as long as it has none."""
    sliding: bool
    stuck: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchState:
    """Everything that somebody beside the line sees. Immutable: may be handed to another thread."""

    at_s: float
    boot_id: int
    layout: Layout
    infeed_mm: float
    part_length_mm: float
    diverter_end_deg: float
    sensors: Sensors
    commands: Commands
    parts: tuple[Shown, ...]
    light: StackLight
    motion: str
    faults: tuple[LineFault, ...]
    vision_age_ms: float | None
    """Since Passgate last wrote; None for never."""
    vision_state: int
    triggers: int
    left: dict[str, int]
    """Parts by outcome."""
    last: tuple[PartResult, ...]
    """The last parts that have left, the latest first."""
    bench: BystanderCounts


def shown_parts(parts: Iterable[tuple[Part, Tracked | None]]) -> tuple[Shown, ...]:
    """The parts on the belt, each with what the PLC knows of it; None where it has no trigger."""
    return tuple(
        Shown(
            front_mm=part.front_mm,
            seq=0 if tracked is None else tracked.seq,
            fate=_fate(tracked),
            sliding=part.sliding,
            stuck=part.stuck,
        )
        for part, tracked in parts
    )


def condition(program: PlcProgram | None, sensors: Sensors, *, now_ns: int) -> Condition:
    """What the stack light says of the machine; ``program`` is None while the PLC is off."""
    if program is None:
        return Condition(powered=False)
    last, handshake = program.last, program.handshake
    return Condition(
        running=sensors.belt_speed_mm_s > 0.0,
        emergency_stop=sensors.emergency_stop,
        jam=program.jam,
        stalled=sensors.diverter_stalled,
        stop_part=program.waits_for_person and not program.jam,
        vision_lost=handshake.vision_lost or not handshake.vision_alive(now_ns),
        vision_halted=handshake.vision_halted(now_ns),
        waiting=program.waits_at_eye and not handshake.may_trigger(now_ns),
        rejecting=last is not None and last.verdict is not None and last.verdict.rejected is not None,
        bypass=handshake.switches.bypass,
        challenge_due=handshake.challenge_due(now_ns),
    )


def _fate(part: Tracked | None) -> str:
    if part is None or part.verdict is None:
        return ""
    return "reject" if part.doubt is not None or part.verdict.action is None else str(part.verdict.action)
