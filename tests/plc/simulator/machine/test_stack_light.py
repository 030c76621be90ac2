"""The stack light says what the machine's condition asks of people (IEC 60073)."""

from dataclasses import fields, replace
from itertools import product
from typing import Any

import pytest

from plc.simulator.machine.stack_light import Condition, Lamp, Lit, stack_light

RUNNING = Condition(running=True)


@pytest.mark.parametrize(
    ("condition", "lamps", "reason"),
    [
        (RUNNING, {Lamp.GREEN: Lit.STEADY}, "the line runs"),
        (Condition(), {Lamp.WHITE: Lit.STEADY}, "the line stands and waits"),
        (Condition(powered=False), {}, "the PLC is off"),
        (
            Condition(running=True, challenge_due=True),
            {Lamp.YELLOW: Lit.STEADY, Lamp.GREEN: Lit.STEADY},
            "a challenge is due: no part passes",
        ),
        (Condition(waiting=True), {Lamp.YELLOW: Lit.STEADY}, "a part waits for Passgate"),
        (Condition(stop_part=True), {Lamp.BLUE: Lit.FLASHING}, "take the part from the belt"),
        (
            Condition(jam="a part does not leave the diverter"),
            {Lamp.RED: Lit.FLASHING, Lamp.BLUE: Lit.FLASHING},
            "jam: a part does not leave the diverter",
        ),
        (
            replace(RUNNING, rejecting=True),
            {Lamp.YELLOW: Lit.STEADY, Lamp.GREEN: Lit.STEADY},
            "the last part got a default reject",
        ),
        (Condition(emergency_stop=True), {Lamp.RED: Lit.FLASHING}, "emergency stop"),
        (
            Condition(vision_lost=True, vision_halted=True),
            {Lamp.YELLOW: Lit.FLASHING, Lamp.BLUE: Lit.STEADY},
            "Passgate is lost: hold or divert",
        ),
    ],
)
def test_a_condition_has_its_lamps_and_its_words(
    condition: Condition, lamps: dict[Lamp, Lit], reason: str
) -> None:
    light = stack_light(condition)
    assert (light.lamps, light.reason) == (lamps, reason)


def test_green_never_beside_red_and_an_emergency_is_always_red() -> None:
    names = [field.name for field in fields(Condition) if field.name not in {"jam", "powered"}]
    for values in product([False, True], repeat=len(names)):
        lit: dict[str, Any] = dict(zip(names, values, strict=True))
        condition = Condition(**lit)
        lamps = stack_light(condition).lamps
        assert lamps, "a machine that is on shows something"
        assert not {Lamp.RED, Lamp.GREEN} <= lamps.keys()
        assert (Lamp.RED in lamps) == (condition.emergency_stop or condition.stalled)
        assert (Lamp.BLUE in lamps) == (condition.stop_part or condition.vision_halted)
