"""What is known of some PLCs' Modbus servers, as settings. docs/integrator.md says where each fact is from.

A preset gives defaults; whatever the settings name themselves holds. All keep the map's word order, since
the function block in ``structured_text/`` writes the two words of ``part_id`` one by one, and not as a DWORD.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class PresetName(StrEnum):
    """The key ``preset`` of the table ``[plc]``."""

    SIEMENS_S7_1200 = "siemens-s7-1200"
    SIEMENS_S7_1500 = "siemens-s7-1500"
    SCHNEIDER_M340 = "schneider-m340"
    BECKHOFF_TF6250 = "beckhoff-tf6250"
    CODESYS = "codesys"
    OPENPLC = "openplc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One PLC's Modbus server."""

    title: str
    settings: Mapping[str, object] = field(default_factory=dict)
    """Values of ``LinkSettings`` that differ from its defaults."""
    line_block: str
    """Where in the PLC the first word of the line block lies."""
    vision_block: str
    """Where in the PLC the first word of the vision block lies."""
    check_first: str
    """What to look at in the PLC's project when the exchange does not work."""


def _siemens(series: str) -> Preset:
    return Preset(
        title=f"Siemens {series}, MB_SERVER",
        settings={"unit_id": 255},
        line_block="word 0 of the MB_HOLD_REG area",
        vision_block="word 100 of the MB_HOLD_REG area (byte 200)",
        check_first=(
            "MB_HOLD_REG must point to a data block of at least 121 words without optimized access; "
            "MB_SERVER must be called in every cycle. One instance serves one client: a second needs its own "
            "instance, connection ID and port"
        ),
    )


PRESETS: Final[Mapping[PresetName, Preset]] = {
    PresetName.SIEMENS_S7_1200: _siemens("S7-1200"),
    PresetName.SIEMENS_S7_1500: _siemens("S7-1500"),
    PresetName.SCHNEIDER_M340: Preset(
        title="Schneider Modicon M340, built-in port or NOE module",
        settings={"unit_id": 255},
        line_block="%MW0",
        vision_block="%MW100",
        check_first=(
            "the number of %MW in the CPU's memory configuration must be above 120, and the module's access "
            "control must list this computer"
        ),
    ),
    PresetName.BECKHOFF_TF6250: Preset(
        title="Beckhoff TwinCAT 3, TF6250",
        settings={"unit_id": 255, "line_base": 0x8000, "vision_base": 0x8000 + 100},
        line_block="GVL.mb_Output_Registers[0] (register 0x8000 of the default mapping)",
        vision_block="GVL.mb_Output_Registers[100]",
        check_first=(
            "the project must declare GVL.mb_Output_Registers : ARRAY [0..255] OF WORD, the TF6250 server "
            "must run with its default mapping, and the PLC must be in Run"
        ),
    ),
    PresetName.CODESYS: Preset(
        title="CODESYS V3, Modbus TCP Server device or ModbusServer function block",
        line_block="holding register 0",
        vision_block="holding register 100",
        check_first=(
            "the device needs at least 121 holding registers with 'Writable' set, or use the function block "
            "ModbusServer on an array of WORD; with its watchdog on, CODESYS sets all of them to zero when "
            "nobody asks in time"
        ),
    ),
    PresetName.OPENPLC: Preset(
        title="OpenPLC Runtime 3",
        settings={"telegrams": "fc16-fc03", "line_base": 1024 + 100, "vision_base": 1024 + 200},
        line_block="%MW100 (register 1024 is %MW0)",
        vision_block="%MW200",
        check_first="the Modbus server must be enabled in the runtime's settings, and the program must run",
    ),
}
