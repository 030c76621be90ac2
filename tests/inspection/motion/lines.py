"""Lines that the motion tests run on: a plain one, and any that a station could have; and any wish."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from inspection.motion.chunk import STEPS, PhysicsContext

PLAIN = {
    "part_mass_kg": 0.5,
    "belt_friction": 0.35,
    "belt_speed_mm_s": 300.0,
    "belt_max_speed_mm_s": 800.0,
    "diverter_inertia_kg_m2": 0.02,
    "diverter_load_n_m": 1.0,
    "diverter_torque_limit_n_m": 8.0,
    "diverter_max_angle_deg": 45.0,
}


def context(**changed: float) -> PhysicsContext:
    return PhysicsContext(**(PLAIN | changed))


@st.composite
def contexts(draw: st.DrawFn) -> PhysicsContext:
    """Any context: the diverter may stand or move, but not so fast that it cannot stop."""
    greatest = draw(st.floats(100.0, 3000.0))
    limit = draw(st.floats(0.5, 50.0))
    angle = draw(st.floats(5.0, 120.0))
    try:
        return PhysicsContext(
            part_mass_kg=draw(st.floats(0.01, 20.0)),
            belt_friction=draw(st.floats(0.05, 1.0)),
            belt_speed_mm_s=draw(st.floats(0.0, 1.0)) * greatest,
            belt_max_speed_mm_s=greatest,
            diverter_inertia_kg_m2=draw(st.floats(0.002, 0.5)),
            diverter_load_n_m=draw(st.floats(0.0, 0.9)) * limit,
            diverter_torque_limit_n_m=limit,
            diverter_max_angle_deg=angle,
            diverter_angle_deg=draw(st.floats(0.0, 1.0)) * angle,
            diverter_speed_deg_s=draw(st.just(0.0) | st.floats(-400.0, 400.0)),
        )
    except ValidationError:
        assume(False)
        raise


wishes = arrays(np.float64, (STEPS, 2), elements=st.floats(-3.0, 4.0)) | arrays(
    np.float64, (STEPS, 2), elements=st.floats(0.0, 1.0)
)
