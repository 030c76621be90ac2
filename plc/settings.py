"""How to reach the PLC: the table ``[plc]`` of a station's settings."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from pydantic import Field, model_validator

from inspection.decision import Frozen
from plc.register_map.layout import Layout, WordOrder
from plc.register_map.presets import PRESETS, PresetName
from plc.register_map.registers import LINE_BASE, LINE_SIZE, VISION_BASE, VISION_SIZE

TLS_PORT: Final = 802
"""Registered for Modbus/TCP Security (mbap/TLS/TCP)."""


class Telegrams(StrEnum):
    """Which functions carry one exchange."""

    AUTO = "auto"
    """FC23; where the PLC lacks it, FC16 and FC03: see ``plc.modbus.fc23``."""
    FC23 = "fc23"
    FC16_FC03 = "fc16-fc03"
    """Two telegrams a cycle."""


class TransactionCheck(StrEnum):
    """Which answers are believed, by their transaction number."""

    STRICT = "strict"
    """Only those with the number of the question, as Modbus has it."""
    GATEWAY = "gateway"
    """Those with the number that the gateway makes of it, as its first answer shows; any number, where that
    shows nothing. One question is under way at a time, and after each that is not answered in time the
    connection is made anew, so that no late answer can be taken for the next one."""


class TlsSettings(Frozen):
    """The table ``[plc.tls]``: Modbus/TCP Security. Both sides show a certificate; all files are PEM."""

    ca: Path
    """Certificate of the authority that signed the PLC's. No other authority is trusted."""
    certificate: Path
    """Ours, shown to the PLC; where needed followed by the authorities between."""
    key: Path
    """Our private key, not encrypted: protect it by the file's permissions."""
    server_name: str | None = Field(default=None, min_length=1)
    """Name or address in the PLC's certificate, where it is not ``host``."""

    def beside(self, folder: Path) -> Self:
        """With relative paths counted from ``folder``."""
        return self.model_copy(
            update={name: folder / getattr(self, name) for name in ("ca", "certificate", "key")}
        )


class LinkSettings(Frozen):
    """How to reach the PLC: the table ``[plc]`` of a station's settings."""

    preset: PresetName | None = None
    """The PLC's make: defaults for what follows; what is set here holds all the same."""
    host: str = Field(default="127.0.0.1", min_length=1)
    """Name or address of the PLC."""
    port: int = Field(default=502, ge=1, le=0xFFFF)
    """802 where ``tls`` is set and nothing else is said."""
    unit_id: int = Field(default=1, ge=0, le=255)
    """Modbus unit identifier. Most PLCs ignore it; behind a gateway it chooses the device."""
    cycle_ms: int = Field(default=20, ge=5, le=100)
    """Time from one exchange to the next. The PLC calls us dead after 300 ms without a new heartbeat."""
    timeout_ms: int = Field(default=150, ge=20, le=250)
    """How long the PLC may take to answer one telegram."""
    reconnect_ms: int = Field(default=500, ge=50, le=1000)
    """Pause between two attempts to connect."""
    line_base: int = Field(default=LINE_BASE, ge=0, le=0x10000 - LINE_SIZE)
    """Holding register of the line block's word 0, counted from 0: what some call 40001 is 0."""
    vision_base: int = Field(default=VISION_BASE, ge=0, le=0x10000 - VISION_SIZE)
    """Holding register of the vision block's word 0, counted from 0."""
    telegrams: Telegrams = Telegrams.AUTO
    transaction_check: TransactionCheck = TransactionCheck.STRICT
    """``gateway`` only where a gateway is known to answer with other numbers than it is asked with."""
    word_order: WordOrder = WordOrder.HIGH_FIRST
    """Which half of ``part_id`` comes first, in both blocks."""
    byte_swap: bool = False
    """Exchange the two bytes of every word, in both blocks."""
    tls: TlsSettings | None = None
    """Modbus/TCP Security; without this table the exchange is neither secret nor proof of anybody."""

    @property
    def layout(self) -> Layout:
        """How the PLC lays values into registers."""
        return Layout(self.word_order, self.byte_swap)

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, values: Any) -> Any:
        """What the preset and TLS say, where the settings themselves say nothing."""
        if not isinstance(values, Mapping):
            return values
        filled: dict[str, object] = {}
        if values.get("preset") in list(PresetName):
            filled.update(PRESETS[PresetName(values["preset"])].settings)
        if values.get("tls") is not None:
            filled["port"] = TLS_PORT
        return filled | dict(values)

    @model_validator(mode="after")
    def _keep_apart(self) -> Self:
        low, high = sorted(((self.line_base, LINE_SIZE), (self.vision_base, VISION_SIZE)))
        if low[0] + low[1] > high[0]:
            raise ValueError(
                f"line_base {self.line_base} ({LINE_SIZE} registers) and vision_base {self.vision_base} "
                f"({VISION_SIZE} registers) overlap"
            )
        return self
