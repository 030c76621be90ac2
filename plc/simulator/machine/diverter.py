"""The diverter: a gate on a motor that has so much torque and no more. No I/O."""

from math import degrees
from typing import Final

from plc.simulator.machine.physics import LinePhysics, approach, stopping_speed

IN_PLACE_DEG: Final = 1.0
"""Nearer to where it shall be than this is there."""


class Diverter:
    """Angle 0 lets parts pass; its end rejects, and there it starts: without power a spring holds it there.

    Args:
        physics: Inertia, load, torque, end.
    """

    def __init__(self, physics: LinePhysics) -> None:
        self._physics = physics
        self.angle_deg = physics.diverter_max_angle_deg
        self.speed_deg_s = 0.0
        self.stalled = False
        """It should move, and its motor is too weak for what holds it."""

    def step(self, target_deg: float, *, load_n_m: float, seconds: float) -> None:
        """Move towards ``target_deg`` as fast as the torque allows that ``load_n_m`` leaves."""
        physics = self._physics
        end = physics.diverter_max_angle_deg
        way = min(max(target_deg, 0.0), end) - self.angle_deg
        free_n_m = physics.diverter_torque_limit_n_m - physics.diverter_load_n_m - load_n_m
        if free_n_m <= 0.0:
            self.speed_deg_s = 0.0
            self.stalled = abs(way) > IN_PLACE_DEG
            return
        self.stalled = False
        limit = degrees(free_n_m / physics.diverter_inertia_kg_m2)
        ahead = self.speed_deg_s if way > 0.0 else -self.speed_deg_s
        wish = stopping_speed(abs(way), ahead, limit, seconds)
        before = self.speed_deg_s
        self.speed_deg_s = approach(before, wish if way > 0.0 else -wish, limit * seconds)
        angle = self.angle_deg + (before + self.speed_deg_s) / 2.0 * seconds
        self.angle_deg = min(max(angle, 0.0), end)
        if self.angle_deg != angle:
            self.speed_deg_s = 0.0  # it has hit its end
