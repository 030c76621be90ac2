"""From one set point to the next, without a jump, towards a goal that may change at any step. No I/O.

Two stages. The first strings chunks together, a model's or the planner's (``approach``), each limited from
where the last set point left belt and diverter. The second rounds the corners: what comes out is the mean of
the first stage's last ``JERK_STEPS`` set points. The limits are linear in the set points, so a mean of kept
ones keeps them too, across every join and change of mind; and from one step to the next an acceleration
changes by no more than ``2 / JERK_STEPS`` of its limit. It costs a lag of one step. (Biagiotti and
Melchiorri, "FIR filters for online trajectory planning with time- and frequency-domain specifications",
Control Engineering Practice 20, 2012.)
"""

from collections import deque
from typing import Final

from inspection.motion.chunk import MotionChunk, PhysicsContext, SetPoint
from inspection.motion.limits import limited
from inspection.motion.planner import JERK_STEPS, Goal, approach

_CLOSE: Final = 1e-6
"""mm/s and degrees: nearer to a goal than this is there."""


class Trajectory:
    """Set points, one each ``STEP_S``. Starts at rest in ``physics``' state and stays until told a goal."""

    def __init__(self, physics: PhysicsContext) -> None:
        self._physics = physics
        start = SetPoint(physics.belt_speed_mm_s, physics.diverter_angle_deg)
        self._corners = deque([start] * JERK_STEPS, maxlen=JERK_STEPS)
        self._chunk: deque[SetPoint] = deque()
        self._goal = Goal(*start)

    @property
    def goal(self) -> Goal:
        """Where it is heading."""
        return self._goal

    @property
    def arrived(self) -> bool:
        """At the goal and at rest: the next steps change nothing."""
        last = self._corners[-1]
        return self._at_goal(last) and all(_near(corner, last) for corner in self._corners)

    @property
    def physics(self) -> PhysicsContext:
        """The line in the state that the steps so far have brought it to."""
        return self._physics.at(self._corners[-2], self._corners[-1])

    def head_for(self, goal: Goal, *, by: MotionChunk | None = None) -> None:
        """From the next step on go to ``goal``.

        Args:
            goal: Replaces the present one. A goal out of range is approached as far as the range goes.
            by: The first ten steps as a model wants them; limited, and then followed to the end. The goal is
                approached from there.
        """
        self._goal = goal
        self._chunk = deque(() if by is None else limited(by, self.physics).points)

    def step(self) -> SetPoint:
        """The next set point."""
        if not self._chunk:
            self._chunk.extend(self._next_chunk())
        self._corners.append(self._chunk.popleft())
        speeds, angles = zip(*self._corners, strict=True)
        return SetPoint(sum(speeds) / JERK_STEPS, sum(angles) / JERK_STEPS)

    def _next_chunk(self) -> tuple[SetPoint, ...]:
        here = self._corners[-1]
        if self._at_goal(here) and _near(self._corners[-2], here):
            return (here,)
        return approach(self._goal, self.physics).points

    def _at_goal(self, point: SetPoint) -> bool:
        angle = point.diverter_deg if self._goal.diverter_deg is None else self._goal.diverter_deg
        return _near(point, SetPoint(self._goal.belt_speed_mm_s, angle))


def _near(one: SetPoint, other: SetPoint) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < _CLOSE
