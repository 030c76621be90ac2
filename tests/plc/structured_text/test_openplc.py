"""The main program for OpenPLC: its addresses are the preset's, and both blocks run in it."""

from collections.abc import Callable
from typing import Any

import pytest

from inspection.decision import Action
from plc.register_map.presets import PRESETS, PresetName
from plc.register_map.registers import DECISION_CODES, PLC_WORDS, VISION_WORDS, VisionBits, complement
from tests.plc.structured_text.compiler import Block, Clock, compile_text, instance
from tests.plc.structured_text.station import FOLDER

FILES = ("passgate_station", "passgate_track", "openplc_main")
SCAN_NS = 20_000_000


@pytest.fixture(scope="module")
def program() -> dict[str, Block]:
    return compile_text("".join((FOLDER / f"{name}.st").read_text() for name in FILES))


def addresses(block: Block, prefix: str) -> dict[str, int]:
    """Holding register of each variable in %MW, as OpenPLC numbers them."""
    return {
        name.removeprefix(prefix): 1024 + int(variable.place.removeprefix("%MW"))
        for name, variable in block.variables.items()
        if name.startswith(prefix) and variable.place.startswith("%MW")
    }


def test_the_registers_lie_where_the_preset_expects_them(program: dict[str, Block]) -> None:
    preset = PRESETS[PresetName.OPENPLC].settings
    block = program["PASSGATE_MAIN"]
    line, vision = addresses(block, "RegLine"), addresses(block, "RegVision")
    base = preset["line_base"]
    assert isinstance(base, int)
    assert list(line.values()) == list(range(base, base + PLC_WORDS)), "and the last word is left alone"
    base = preset["vision_base"]
    assert isinstance(base, int)
    offsets = {
        "".join(part.capitalize() for part in word.field.split("_")): word.offset for word in VISION_WORDS
    }
    other_names = {
        "TriggerAck": "TriggerAckSeq",
        "Complement": "DecisionComplement",
        "BeltSpeedSet": "BeltSpeedSetMmS",
        "DiverterSet": "DiverterSetDdeg",
        "ResultTail": "ResultSeqTail",
        "OutcomeAck": "OutcomeAckSeq",
        "PartIdHigh": "PartId",
    }
    for name, register in vision.items():
        if name == "PartIdLow":
            assert register == base + offsets["PartId"] + 1
        else:
            assert register == base + offsets[other_names.get(name, name)], name


class OpenPlc:
    """The program, one scan of 20 ms at a time, before a Passgate that is ready."""

    def __init__(self, program: dict[str, Block]) -> None:
        self.clock = Clock()
        self.main: Any = instance(program, "PASSGATE_MAIN", self.clock)
        self.main.SwitchAuto = True
        self.main()
        self.main.RegVisionMapVersion, self.main.RegVisionBootId = 1, 5
        self.main.RegVisionBits = int(VisionBits.ONLINE | VisionBits.TRIGGER_READY)
        self.scan(3)

    def scan(self, times: int = 1, *, beat: bool = True) -> "OpenPlc":
        for _ in range(times):
            self.clock.now_ns += SCAN_NS
            self.main.RegVisionHeartbeat += beat
            self.main()
        return self

    def part(self, action: Action) -> "OpenPlc":
        """Let a part come to the eye, be decided, and travel to just before the diverter."""
        self.main.EyeCamera = True
        self.scan()
        code = DECISION_CODES[action]
        self.main.RegVisionResultSeq = self.main.RegVisionResultTail = self.main.RegLineTriggerSeq
        self.main.RegVisionPartIdHigh, self.main.RegVisionPartIdLow = (
            self.main.RegLinePartIdHigh,
            self.main.RegLinePartIdLow,
        )
        self.main.RegVisionDecision, self.main.RegVisionComplement = code, complement(code)
        self.main.RegVisionBits = int(VisionBits.ONLINE | VisionBits.RESULT_VALID)
        self.main.EyeCamera = False
        return self.scan(79)  # 5 mm each


def test_what_a_passgate_said_before_the_plc_restarted_is_forgotten(program: dict[str, Block]) -> None:
    """OpenPLC keeps %MW over a restart: whoever comes next would take the old numbers for new ones."""
    main: Any = instance(program, "PASSGATE_MAIN", Clock())
    main.RegVisionBootId, main.RegVisionTriggerAck = 5, 28
    main()
    assert main.RegVisionBootId == 0
    main.RegVisionBootId = 6
    main()
    assert main.RegVisionBootId == 6


@pytest.mark.parametrize(
    ("action", "open_", "code"),
    [(Action.PASS, True, 1), (Action.REWORK, False, 2), (Action.MANUAL_REVIEW, False, 4)],
)
def test_a_part_goes_where_its_decision_sends_it(
    program: dict[str, Block], action: Action, open_: bool, code: int
) -> None:
    plc = OpenPlc(program).part(action)
    plc.main.EyeDiverter = True
    plc.scan()
    assert plc.main.GateValve is open_
    plc.scan()
    assert (plc.main.RegLineOutcomeSeq, plc.main.RegLineOutcome) == (1, code)


def test_a_stop_stands_until_the_operator_has_the_part(program: dict[str, Block]) -> None:
    plc = OpenPlc(program).part(Action.STOP)
    assert (plc.main.BeltMotor, plc.main.LampRed) == (False, True)
    plc.main.ButtonTaken = True
    plc.scan(2)
    assert plc.main.BeltMotor
    assert (plc.main.RegLineOutcomeSeq, plc.main.RegLineOutcome) == (1, 3)


def test_a_silent_passgate_turns_the_lamp_red_and_holds_the_next_part(program: dict[str, Block]) -> None:
    plc = OpenPlc(program)
    assert plc.main.LampGreen
    plc.scan(15, beat=False)
    plc.main.EyeCamera = True
    plc.scan(beat=False)
    assert (plc.main.LampRed, plc.main.LampGreen, plc.main.BeltMotor) == (True, False, False)


def skip_a_part(plc: OpenPlc) -> None:
    """It slides past the eye although the belt should have stopped: Passgate is not ready."""
    plc.main.RegVisionBits = int(VisionBits.ONLINE)
    plc.main.EyeCamera = True
    plc.scan()
    plc.main.EyeCamera = False
    plc.scan()


def bring_an_unknown_part(plc: OpenPlc) -> None:
    """Somebody lays it on the belt behind the camera."""
    plc.main.EyeDiverter = True
    plc.scan()
    plc.main.EyeDiverter = False
    plc.scan()


def lose_a_part(plc: OpenPlc) -> None:
    """Somebody takes a passed part from the belt."""
    plc.part(Action.PASS).scan(10)


@pytest.mark.parametrize(
    ("go_astray", "counter"),
    [(skip_a_part, "Skipped"), (bring_an_unknown_part, "Unknown"), (lose_a_part, "Lost")],
)
def test_a_part_that_goes_astray_is_counted_on_the_screen_and_red_until_somebody_has_looked(
    program: dict[str, Block], go_astray: Callable[[OpenPlc], None], counter: str
) -> None:
    plc = OpenPlc(program)
    go_astray(plc)
    assert vars(plc.main)[f"Screen{counter}"] == 1
    plc.scan(100)
    assert plc.main.LampRed, "latched"
    plc.main.ButtonReset = True
    plc.scan()
    assert not plc.main.LampRed
    assert vars(plc.main)[f"Screen{counter}"] == 1, "the count stays"
    go_astray(plc)
    assert plc.main.LampRed, "a button that is held down hides nothing"
    plc.main.ButtonReset = False
    assert plc.scan(5).main.LampRed


def test_each_start_of_the_program_has_its_own_boot_id(program: dict[str, Block]) -> None:
    plc = OpenPlc(program)
    assert plc.main.RegLineBootId == plc.main.BootCount == 1
    again = OpenPlc(program)
    again.main.Started, again.main.BootCount = False, 65535  # as persistent storage gives it back
    again.scan()
    assert again.main.RegLineBootId == 1
