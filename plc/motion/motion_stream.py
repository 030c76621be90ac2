"""What belt and diverter are to do from one moment to the next, for a PLC that follows. No I/O.

A pair of set points each 10 ms, for as long as the PLC follows. Between parts the belt runs at the line's
speed and the diverter rejects; a published decision moves both, along the model's own chunk where it amounts
to that decision, and otherwise along the planner's way; the part's outcome ends that. Where something keeps a
part from its decision, or the PLC follows no longer, the stream comes to its safe state: the belt stands, the
diverter rejects. It gets there by a ramp that keeps every limit, never by a step.

``motion_seq`` and the words themselves are ``plc.handshake.set_points``'.
"""

from typing import Final

from inspection.decision import Action
from inspection.line_events import LineEvent, OutcomeReported, PartMissed, PartTriggered, PlcRestarted
from inspection.motion.chunk import (
    GRAVITY_MM_S2,
    STEP_S,
    MotionChunk,
    PhysicsContext,
    ProposedMotion,
    SetPoint,
)
from inspection.motion.planner import Goal, approach, goal_of
from inspection.motion.trajectory import Trajectory
from inspection.part import Trigger
from plc.register_map.registers import LineBits, LineBlock
from plc.register_map.sequence import LAST_SEQ, seq_distance

STEP_NS: Final = round(STEP_S * 1e9)

EARLY_NS: Final = 2_000_000
"""By how much a step may come before its time: timers are no better than this."""

MOST_STEPS: Final = 2
"""Steps that one call may make up for. After a longer gap the way goes on from where it was: what was missed
is never caught up with, for the PLC would see that as a jump."""

MOST_UNDER_WAY: Final = 64
"""Parts between camera and outcome; no PLC has more (``OUTCOME_FIFO``)."""

SETTLED_NS: Final = 500_000_000
"""After so long at rest, belt and diverter have followed if they follow at all."""

APART: Final = 0.05
"""Share of its range by which a state may differ from another and still count as the same."""


class MotionStream:
    """The set points for one line. Not thread-safe: lives in the event loop.

    With several parts between camera and outcome the belt is as slow as any of them wants it, and the
    diverter serves the one that comes to it next. Which one that is, outcomes tell: until the PLC has told
    one, nothing is passed while a part is under way that is no pass.

    Args:
        physics: The line; its belt speed is the one that parts pass at.
    """

    def __init__(self, physics: PhysicsContext) -> None:
        self._physics = physics
        self._limits = _room_for_rounding(physics)
        self._safe = Goal(belt_speed_mm_s=0.0, diverter_deg=physics.diverter_max_angle_deg)
        self._idle = Goal(
            belt_speed_mm_s=physics.belt_speed_mm_s, diverter_deg=physics.diverter_max_angle_deg
        )
        self._following = False
        self._stopping = False
        """A part is without its decision: to the safe state first, whatever else is wanted."""
        self._under_way: dict[int, Action | None] = {}
        """By trigger number, oldest first: what was decided on the parts that have no outcome yet; None where
        that is still to come."""
        self._tells_outcomes = False
        self._awaited: Trigger | None = None
        self._path: Trajectory | None = None
        self._point = SetPoint(0.0, physics.diverter_max_angle_deg)
        self._stepped_ns = 0
        self._resting_since_ns: int | None = None

    @property
    def physics(self) -> PhysicsContext | None:
        """The line in its present state, as the set points have it; None where nobody follows."""
        if self._path is None or not self._following:
            return None
        return self._path.physics.model_copy(update={"belt_friction": self._physics.belt_friction})

    # --- what happens on the line -------------------------------------------------------------------------

    def follow(self, follows: bool, line: LineBlock, *, now_ns: int) -> None:
        """After each read: whether the PLC follows, and the state that belt and diverter are really in.

        A stream begins from that state: whoever drove until now hands over without a jerk.
        """
        if follows and not self._following:
            self._following, self._stopping = True, False
            self._begin(self._actual(line), now_ns)
        elif not follows:
            self.let_go()

    def let_go(self) -> None:
        """The PLC follows no longer: to the safe state, and then nothing more."""
        self._following = False
        self._aim()

    def hear(self, event: LineEvent, line: LineBlock) -> None:
        """Take note of what the link tells the station. ``line``: as it was read then."""
        match event:
            case PartTriggered(trigger):
                if self._awaited is not None:
                    self._stop_for(self._awaited.seq)  # overtaken
                self._awaited = trigger
                self._take_on(trigger.seq, None)
                self._begin_anew(line, trigger.seen_ns)
            case PartMissed(trigger, _):
                self._stop_for(trigger.seq)
            case OutcomeReported(seq, _, _):
                self._tells_outcomes = True
                self._gone(seq)
            case PlcRestarted():
                self._under_way.clear()
                self._tells_outcomes = False
                self._awaited = None
                self.let_go()  # the new run is followed from the state that it shows
            case _:
                pass

    def decided(self, trigger: Trigger, action: Action, motion: ProposedMotion | None) -> None:
        """The decision on ``trigger``'s part was published: from now on it rules, with others under way.

        Args:
            trigger: The part's.
            action: What was decided in the end.
            motion: What the model proposed. It is followed only where it amounts to that action and no other
                part that is under way wants something else; belt and diverter each only where it begins where
                they are.
        """
        self._awaited = None
        self._take_on(trigger.seq, action)
        wanted = self._wanted()
        if motion is not None and motion.meant is action and wanted == goal_of(action, self._physics):
            self._aim(by=self._from_here(motion, wanted))
        else:
            self._aim()

    def undecided(self, trigger: Trigger) -> None:
        """No decision is published for ``trigger``'s part: the PLC will default-reject it."""
        if self._awaited is not None and self._awaited.seq == trigger.seq:
            self._stop_for(trigger.seq)

    # --- the set points -----------------------------------------------------------------------------------

    @property
    def moving(self) -> bool:
        """There are set points to come."""
        return self._path is not None

    @property
    def stopping(self) -> bool:
        """The PLC no longer follows; what is left of the stream is its way to the safe state."""
        return not self._following

    def at(self, now_ns: int) -> SetPoint | None:
        """The pair that holds now; None where nothing is streamed.

        Called each 10 ms, and never for a time before the last one.
        """
        awaited = self._awaited
        if awaited is not None and now_ns >= awaited.seen_ns + awaited.deadline_ms * 1_000_000:
            self._stop_for(awaited.seq)
        path = self._path
        if path is None:
            return None
        due = (now_ns - self._stepped_ns + EARLY_NS) // STEP_NS
        for _ in range(min(due, MOST_STEPS)):
            self._point = path.step()
        if due > MOST_STEPS:
            self._stepped_ns = now_ns
        elif due > 0:
            self._stepped_ns += due * STEP_NS
        if path.arrived:
            self._rest(now_ns)
        else:
            self._resting_since_ns = None
        return self._point

    # --- inside -------------------------------------------------------------------------------------------

    def _begin(self, start: SetPoint, now_ns: int) -> None:
        self._path = Trajectory(self._limits.at(start, start))
        self._point = start
        self._stepped_ns = now_ns
        self._resting_since_ns = None
        self._aim()

    def _begin_anew(self, line: LineBlock, now_ns: int) -> None:
        """At a new part: where belt and diverter have not followed, go on from where they really are."""
        resting_ns = 0 if self._resting_since_ns is None else now_ns - self._resting_since_ns
        if not self._following or resting_ns < SETTLED_NS:
            return  # on its way the line is behind its set points: that is no difference
        actual = self._actual(line)
        # Never from nearer to a pass than before: an angle of 0 may be one that nobody measures.
        start = actual._replace(diverter_deg=max(actual.diverter_deg, self._point.diverter_deg))
        if not self._close(start, self._point):
            self._begin(start, now_ns)

    def _rest(self, now_ns: int) -> None:
        if self._resting_since_ns is None:
            self._resting_since_ns = now_ns
        if not self._following:
            self._path = None
        elif self._stopping:
            self._stopping = False
            self._aim()

    def _take_on(self, seq: int, action: Action | None) -> None:
        self._under_way[seq] = action
        if len(self._under_way) > MOST_UNDER_WAY:
            del self._under_way[next(iter(self._under_way))]

    def _stop_for(self, seq: int) -> None:
        """The part of ``seq`` goes on its way without a decision: whatever it is, it is none to be passed."""
        if self._awaited is not None and self._awaited.seq == seq:
            self._awaited = None
        self._take_on(seq, Action.MANUAL_REVIEW)
        self._stopping = True
        self._aim()

    def _gone(self, seq: int) -> None:
        """The part of ``seq`` has left, and with it all before it: on a belt nobody overtakes."""
        self._under_way = {one: act for one, act in self._under_way.items() if not _not_after(one, seq)}
        if self._awaited is not None and _not_after(self._awaited.seq, seq):
            self._awaited = None
        self._aim()

    def _wanted(self) -> Goal:
        """What the parts under way want, all of them together."""
        goals = [
            self._idle if action is None else goal_of(action, self._physics)
            for action in self._under_way.values()
        ]
        if not goals:
            return self._idle
        decided = [goal for goal in goals if goal is not self._idle] or goals
        angles = [goal.diverter_deg for goal in decided]
        angle: float | None
        if None in angles:
            angle = None  # a stop's diverter rests: swinging against parts that stand it would jam
        elif self._tells_outcomes:
            angle = goals[0].diverter_deg
        else:
            angle = max(angle for angle in angles if angle is not None)
        return Goal(belt_speed_mm_s=min(goal.belt_speed_mm_s for goal in goals), diverter_deg=angle)

    def _aim(self, *, by: MotionChunk | None = None) -> None:
        if self._path is None:
            return
        free = self._following and not self._stopping
        goal = self._wanted() if free else self._safe
        if goal != self._path.goal or (free and by is not None):
            self._path.head_for(goal, by=by if free else None)

    def _close(self, one: SetPoint, other: SetPoint) -> bool:
        speed = abs(one.belt_speed_mm_s - other.belt_speed_mm_s) / self._physics.belt_max_speed_mm_s
        angle = abs(one.diverter_deg - other.diverter_deg) / self._physics.diverter_max_angle_deg
        return max(speed, angle) <= APART

    def _from_here(self, motion: ProposedMotion, goal: Goal) -> MotionChunk | None:
        """What is left of the model's chunk once the planner has taken over what begins elsewhere.

        The model thinks of a line in the recipe's state. A diverter that stands at its other end must not
        swing there first.
        """
        if self._path is None:
            return None
        now, then = self._path.physics, motion.physics
        planned = approach(goal, now)
        speed = abs(now.belt_speed_mm_s - then.belt_speed_mm_s) / now.belt_max_speed_mm_s
        angle = abs(now.diverter_angle_deg - then.diverter_angle_deg) / now.diverter_max_angle_deg
        return MotionChunk(
            belt_speed_mm_s=(motion.chunk if speed <= APART else planned).belt_speed_mm_s,
            diverter_angle_deg=(motion.chunk if angle <= APART else planned).diverter_angle_deg,
        )

    def _actual(self, line: LineBlock) -> SetPoint:
        """Belt and diverter as the PLC measures them; the last set point where it cannot mean what it says.

        A belt that runs at speed 0 is one whose speed is not measured.
        """
        most, end = self._physics.belt_max_speed_mm_s, self._physics.diverter_max_angle_deg
        speed, angle = float(line.belt_speed_mm_s), line.diverter_angle_ddeg / 10
        if speed > (1 + APART) * most or (speed == 0 and LineBits.RUNNING in line.bits):
            speed = self._point.belt_speed_mm_s
        if angle > (1 + APART) * end:
            angle = self._point.diverter_deg
        return SetPoint(min(speed, most), min(angle, end))


def _room_for_rounding(physics: PhysicsContext) -> PhysicsContext:
    """With a little less grip: rounded to whole mm/s, each step of the belt may be 1 mm/s greater."""
    rounding = 1.0 / STEP_S / GRAVITY_MM_S2
    friction = max(physics.belt_friction - rounding, physics.belt_friction / 2)
    return physics.model_copy(update={"belt_friction": friction})


def _not_after(seq: int, last: int) -> bool:
    """Whether trigger ``seq`` is ``last``, or came before it."""
    return seq_distance(older=seq, newer=last) <= LAST_SEQ // 2
