"""Contexts and chunks for tests."""

import numpy as np

from inspection.motion.chunk import PhysicsContext


def drawn(seed: int, *, moving: bool = False) -> PhysicsContext:
    rng = np.random.default_rng(seed)
    limit = rng.uniform(2.0, 20.0)
    return PhysicsContext(
        part_mass_kg=rng.uniform(0.1, 5.0),
        belt_friction=rng.uniform(0.1, 0.8),
        belt_speed_mm_s=rng.uniform(0.0, 800.0),
        belt_max_speed_mm_s=rng.uniform(800.0, 2000.0),
        diverter_inertia_kg_m2=rng.uniform(0.005, 0.1),
        diverter_load_n_m=rng.uniform(0.0, 0.8) * limit,
        diverter_torque_limit_n_m=limit,
        diverter_max_angle_deg=rng.uniform(20.0, 90.0),
        diverter_angle_deg=10.0,
        diverter_speed_deg_s=20.0 if moving else 0.0,
    )
