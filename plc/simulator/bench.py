"""The test bench: PLC, line and faults together, one scan at a time, in simulated or real time. No I/O.

The same seed, settings and vision blocks give the same events, to the last bit. The line moves one scan's
time with each scan: on a host that is late the line is slow, but nothing on it ever jumps.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from plc.register_map.registers import LineBlock, VisionBlock
from plc.simulator.bystander import Bystander
from plc.simulator.faults.faulty_handshake import FaultyHandshake
from plc.simulator.faults.line_faults import FaultPlan, LineFault, LineFaultKind
from plc.simulator.machine.conveyor import Commands, Conveyor, Layout
from plc.simulator.machine.physics import LinePhysics
from plc.simulator.machine.stack_light import stack_light
from plc.simulator.program.handshake import Switches
from plc.simulator.program.part_result import PartResult
from plc.simulator.program.program import PlcProgram, ProgramSettings
from plc.simulator.program.tracking import Tracked
from plc.simulator.report import BystanderCounts
from plc.simulator.view import BenchState, condition, shown_parts


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchSettings:
    """One test bench; ``run.SimulatorSettings`` says what the values mean, and checks them."""

    physics: LinePhysics
    layout: Layout
    belt_speed_mm_s: float
    spacing_mm: float
    parts: int
    seed: int
    first_part_id: int = 1
    recipe_request: int = 0
    deadline_ms: int = 500
    allow_simulated: bool = False
    auto_reset: bool = True
    operator_delay_s: float = 0.5
    follow_motion: bool = False
    bypass: bool = False


class TestBench:
    """A PLC with its line.

    Args:
        settings: What it is.
        boot_ids: The boot id of each start, drawn anew.
        faults: What goes wrong.
        on_part: Called with each part that has left the belt.
    """

    __test__ = False  # pytest: not a test

    def __init__(
        self,
        settings: BenchSettings,
        *,
        boot_ids: Callable[[], int],
        faults: FaultPlan | None = None,
        on_part: Callable[[PartResult], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._boot_ids = boot_ids
        self._faults = faults or FaultPlan()
        self._on_part = on_part
        self._conveyor = Conveyor(
            physics=settings.physics,
            layout=settings.layout,
            spacing_mm=settings.spacing_mm,
            parts=settings.parts,
            seed=settings.seed,
        )
        self._idle = Commands(diverter_deg=settings.physics.diverter_max_angle_deg)
        self._commands = self._idle
        self._started_ns: int | None = None
        self._now_ns = 0
        self._boot_id = boot_ids()
        self._program: PlcProgram | None = None
        self._off_until_s = 0.0
        self._frozen_beat: int | None = None
        self._next_part_id = settings.first_part_id
        self._bystander = Bystander()
        self._vision = VisionBlock()
        self._received_ns = 0
        self.triggers = 0
        """Triggers raised so far, by all programs."""
        self._start(self._boot_id)

    # --- what is known ------------------------------------------------------------------------------------

    @property
    def powered(self) -> bool:
        """The PLC is on. While it is not, it neither answers nor scans."""
        return self._program is not None

    @property
    def boot_id(self) -> int:
        """Of the running program, or of the last one."""
        return self._boot_id

    @property
    def answer_delay_s(self) -> float:
        """How late the PLC answers now."""
        late = self._faults.active(LineFaultKind.ANSWER_LATE)
        return 0.0 if late is None else late.amount / 1000.0

    @property
    def through(self) -> bool:
        """All parts have left the line, and each that had a trigger has its outcome."""
        return (
            self._conveyor.empty
            and self._program is not None
            and not self._program.parts_on_belt
            and not self._program.handshake.checking
        )

    @property
    def parts_on_belt(self) -> int:
        """Parts that have a trigger and, so far, no outcome."""
        return 0 if self._program is None else self._program.parts_on_belt

    @property
    def unacknowledged(self) -> tuple[int, ...]:
        """Trigger numbers whose outcome Passgate has not acknowledged yet."""
        return () if self._program is None else self._program.handshake.unacknowledged

    @property
    def ready(self) -> bool:
        """A part is being checked, or could be: Passgate is ready for it."""
        if self._program is None:
            return False
        handshake = self._program.handshake
        return handshake.checking or handshake.may_trigger(self._now_ns)

    @property
    def held_s(self) -> float:
        """How long a part has waited at the photo-eye for Passgate."""
        return self._bystander.held_s(self._program)

    @property
    def fault_resets(self) -> int:
        """FaultReset pulses so far."""
        return self._bystander.fault_resets(self._program)

    @property
    def counted(self) -> BystanderCounts:
        """What a person beside the line has seen."""
        return self._bystander.counted(self._program)

    def inject(self, fault: LineFault) -> None:
        """Let something go wrong with the next scan."""
        self._faults.inject(fault)

    # --- one scan -----------------------------------------------------------------------------------------

    def scan(self, vision: VisionBlock, *, received_ns: int, now_ns: int, at: datetime) -> LineBlock | None:
        """Let one scan's time pass on the line, then let the PLC do its scan.

        Args:
            vision: The vision block as it stands in the PLC's registers.
            received_ns: When it was written, on the clock of ``now_ns``; 0 for never.
            now_ns: The PLC's clock.
            at: The same moment, UTC.

        Returns:
            The line block; None while the PLC is off.
        """
        if self._started_ns is None:
            self._started_ns = now_ns
        self._now_ns, self._vision, self._received_ns = now_ns, vision, received_ns
        now_s = (now_ns - self._started_ns) / 1e9
        for fault in self._faults.advance(now_s):
            self._begin(fault, now_s)
        if self._program is None and now_s >= self._off_until_s:
            self._start(self._boot_id)
        self._set_hazards()
        sensors = self._conveyor.step(self._commands)
        self._bystander.see_belt(self._conveyor)
        if self._program is None:
            return None
        self._program.handshake.set_switches(
            Switches(
                bypass=self._settings.bypass or self._faults.active(LineFaultKind.BYPASS) is not None,
                follow_motion=self._settings.follow_motion,
            ),
            now_ns=now_ns,
        )
        line, self._commands = self._program.scan(
            vision, sensors, received_ns=received_ns, now_ns=now_ns, at=at
        )
        return self._spoil(line)

    def _spoil(self, line: LineBlock) -> LineBlock:
        if self._faults.active(LineFaultKind.OVERFLOW_OUTCOMES) is not None:
            self._bystander.note(self._boot_id, lost_outcomes=self._handshake.drop_outcomes())
        if self._faults.active(LineFaultKind.FREEZE_HEARTBEAT) is None:
            self._frozen_beat = None
            return line
        if self._frozen_beat is None:
            self._frozen_beat = line.heartbeat
        return replace(line, heartbeat=self._frozen_beat)

    # --- faults -------------------------------------------------------------------------------------------

    def _begin(self, fault: LineFault, now_s: float) -> None:
        hazards, size = self._conveyor.hazards, int(fault.amount)
        self._bystander.see_fault(fault)
        match fault.kind:
            case LineFaultKind.RESTART:
                self._switch_off(now_s + fault.for_s, boot_id=self._boot_ids())
            case LineFaultKind.RESTART_SAME_BOOT:
                self._switch_off(now_s + fault.for_s, boot_id=self._boot_id)
            case LineFaultKind.SKIP_TRIGGERS if self._program is not None:
                self._handshake.skip = size
            case LineFaultKind.REPEAT_TRIGGER if self._program is not None:
                self._handshake.repeat = size
            case LineFaultKind.STICK_PART:
                hazards.stick += 1
            case LineFaultKind.CROWD_PARTS:
                hazards.crowd_mm.append(fault.amount)
            case _:
                pass  # it lasts: it is asked for where it matters

    def _set_hazards(self) -> None:
        hazards, faults = self._conveyor.hazards, self._faults
        oil, jam = faults.active(LineFaultKind.SLIPPERY_BELT), faults.active(LineFaultKind.STALL_DIVERTER)
        hazards.friction = None if oil is None else oil.amount
        hazards.diverter_load_n_m = 0.0 if jam is None else jam.amount
        hazards.emergency_stop = faults.active(LineFaultKind.EMERGENCY_STOP) is not None

    def _switch_off(self, until_s: float, *, boot_id: int) -> None:
        """Power fails: the belt runs down, a spring holds the diverter aside, and the PLC forgets."""
        self._off_until_s = until_s
        program, self._program = self._program, None
        self._commands = self._idle
        if program is not None:
            self._bystander.see_power_fail(program, boot_id=self._boot_id)
        self._boot_id = boot_id

    def _start(self, boot_id: int) -> None:
        settings, end_deg = self._settings, self._settings.physics.diverter_max_angle_deg
        self._handshake = FaultyHandshake(
            boot_id=boot_id,
            deadline_ms=settings.deadline_ms,
            allow_simulated=settings.allow_simulated,
            max_speed_mm_s=int(settings.physics.belt_max_speed_mm_s),
            max_angle_ddeg=int(10 * end_deg),
        )
        self._program = PlcProgram(
            ProgramSettings(
                physics=settings.physics,
                layout=settings.layout,
                belt_speed_mm_s=settings.belt_speed_mm_s,
                recipe_request=settings.recipe_request,
                operator_delay_s=settings.operator_delay_s,
                auto_reset=settings.auto_reset,
                boot_id=boot_id,
            ),
            handshake=self._handshake,
            next_part_id=self._number_part,
            on_trigger=self._triggered,
            on_part=self._part_left,
        )

    # --- what the program tells, and what is to be seen -----------------------------------------------------

    def _number_part(self) -> int:
        part_id = self._next_part_id
        self._next_part_id = part_id + 1 & 0xFFFFFFFF
        return part_id

    def _triggered(self, part: Tracked) -> None:
        self.triggers += 1
        self._bystander.note(self._boot_id, skipped=self._handshake.skipped)
        self._bystander.see_trigger(part, uid=self._conveyor.uid_of(part.eye_edge))

    def _part_left(self, result: PartResult) -> None:
        self._bystander.see_result(result)
        self._on_part(result)

    def state(self) -> BenchState:
        """What is to be seen now."""
        program, sensors = self._program, self._conveyor.sensors
        now_s = 0.0 if self._started_ns is None else (self._now_ns - self._started_ns) / 1e9
        return BenchState(
            at_s=now_s,
            boot_id=self._boot_id,
            layout=self._settings.layout,
            infeed_mm=self._conveyor.infeed_mm,
            part_length_mm=self._settings.physics.part_length_mm,
            diverter_end_deg=self._settings.physics.diverter_max_angle_deg,
            sensors=sensors,
            commands=self._commands,
            parts=shown_parts((part, self._bystander.tracked(part.uid)) for part in self._conveyor.parts),
            light=stack_light(condition(program, sensors, now_ns=self._now_ns)),
            motion="" if program is None else program.handshake.motion.mode,
            faults=self._faults.lasting,
            vision_age_ms=(self._now_ns - self._received_ns) / 1e6 if self._received_ns else None,
            vision_state=self._vision.state,
            triggers=self.triggers,
            left=self._bystander.left,
            last=self._bystander.last,
            bench=self.counted,
        )
