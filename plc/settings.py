"""How to reach the PLC, and how to speak with it: the table ``[plc]`` of a station's settings.

The defaults suit a PLC that keeps to the Modbus specification. The rest is for those that do not: other
registers, another order of words or bytes, functions that are lacking, gateways that change numbers.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from pydantic import Field, model_validator

from inspection.decision import Frozen
from plc.register_map.layout import RegisterLayout, WordOrder
from plc.register_map.name_words import NameWords
from plc.register_map.presets import PRESETS, PresetName
from plc.register_map.registers import LINE_BASE, LINE_SIZE, VISION_BASE, VISION_SIZE

TLS_PORT: Final = 802
"""Registered for Modbus/TCP Security (mbap/TLS/TCP)."""


class Telegrams(StrEnum):
    """Which Modbus functions carry one exchange of the two blocks."""

    AUTO = "auto"
    """Function 23; where the PLC lacks it, 16 and 3. Found out by asking: see ``plc.modbus.fc23``."""
    FC23 = "fc23"
    """Function 23 alone: one telegram writes our block and reads the PLC's."""
    FC16_FC03 = "fc16-fc03"
    """Two telegrams a cycle: function 16 writes our block, then function 3 reads the PLC's."""


class TransactionCheck(StrEnum):
    """Which answers are believed, by their transaction number."""

    STRICT = "strict"
    """Only those with the number of the question, as Modbus has it."""
    GATEWAY = "gateway"
    """Those with the number that the gateway makes of it, as its first answer shows; any number, where that
    shows nothing. One question is under way at a time, and after each that is not answered in time the
    connection is made anew, so that no late answer can be taken for the next one."""


class TlsSettings(Frozen):
    """The table ``[plc.tls]``: Modbus/TCP Security, by which each side proves who it is by a certificate.

    All files are PEM.
    """

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
    """The PLC's make, which gives other defaults to the keys below; a key that is set holds all the same."""
    host: str = Field(default="127.0.0.1", min_length=1)
    """Name or network address of the PLC."""
    port: int = Field(default=502, ge=1, le=0xFFFF)
    """TCP port of the PLC's Modbus server; where the key is missing, 502, or 802 with ``tls``."""
    unit_id: int = Field(default=1, ge=0, le=255)
    """Modbus unit identifier. Most PLCs ignore it; behind a gateway it chooses the device."""
    cycle_ms: int = Field(default=20, ge=5, le=100)
    """Milliseconds from one exchange to the next.

    Each exchange carries the next beat of our heart, and the PLC takes us for dead after 300 ms without one.
    """
    timeout_ms: int = Field(default=150, ge=20, le=250)
    """Milliseconds that the PLC may take to answer one telegram; after two such in a row we connect anew."""
    reconnect_ms: int = Field(default=500, ge=50, le=1000)
    """Milliseconds between two attempts to connect."""
    line_base: int = Field(default=LINE_BASE, ge=0, le=0x10000 - LINE_SIZE)
    """Holding register of the line block's word 0, counted from 0: what some call 40001 is 0."""
    vision_base: int = Field(default=VISION_BASE, ge=0, le=0x10000 - VISION_SIZE)
    """Holding register of the vision block's word 0, counted from 0."""
    telegrams: Telegrams = Telegrams.AUTO
    """Which Modbus functions carry one exchange."""
    transaction_check: TransactionCheck = TransactionCheck.STRICT
    """Which answers are believed, by their transaction number.

    ``gateway`` only where a gateway is known to answer with other numbers than it is asked with.
    """
    word_order: WordOrder = WordOrder.HIGH_FIRST
    """Which half of ``part_id``, the only value of two registers, lies in the lower register."""
    byte_swap: bool = False
    """The PLC, or a gateway before it, exchanges the two bytes of every word: exchange them back."""
    name: NameWords | None = None
    """Where the PLC names the part under the camera; None where it does not. A part that it should name and
    does not goes to manual_review."""
    tls: TlsSettings | None = None
    """Modbus/TCP Security. Without it telegrams are not encrypted, and neither side proves who it is."""

    @property
    def layout(self) -> RegisterLayout:
        """How the PLC lays values into registers."""
        return RegisterLayout(self.word_order, self.byte_swap)

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
        if self.name is not None:
            low, high = sorted(((self.name.base, self.name.words), (self.vision_base, VISION_SIZE)))
            if low[0] + low[1] > high[0]:
                raise ValueError("name.base lies in the vision block, which the PLC does not write")
        return self
