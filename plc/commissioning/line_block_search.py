"""Where the line block is in the PLC, in which byte order, and as which unit: found by asking."""

from typing import Final

from plc.commissioning import findings
from plc.commissioning.inquiry import Inquiry
from plc.modbus.telegram import ExcCodes
from plc.modbus.wire_failures import WireError
from plc.register_map.layout import swapped
from plc.register_map.presets import PRESETS
from plc.register_map.registers import LINE_SIZE, MAP_VERSION, LineBlock, complement
from plc.settings import LinkSettings, TransactionCheck

_UNITS: Final = (1, 255, 0)
"""Unit identifiers that PLCs answer to."""

_SILENCE: Final = frozenset({None, ExcCodes.GATEWAY_PATH_UNAVIABLE, ExcCodes.GATEWAY_NO_RESPONSE})
"""Exceptions, or none, of a telegram that reached no PLC."""


class LineBlockSearch:
    """Finds the line block, and puts the inquiry's settings right where it lies elsewhere.

    Args:
        inquiry: Whose questions it asks.
    """

    def __init__(self, inquiry: Inquiry) -> None:
        self._inquiry = inquiry

    async def find(self, *, may_try_units: bool = True) -> bool:
        """Find it, and say what was wrong on the way; False where there is none."""
        base = self._inquiry.settings.line_base
        try:
            words = await self._inquiry.words(base)
        except WireError as error:
            if error.exception == ExcCodes.ILLEGAL_ADDRESS:
                return await self._look_around(f"the PLC has no holding registers at {base}")
            if (
                error.habit is not None
                and self._inquiry.settings.transaction_check is TransactionCheck.STRICT
            ):
                self._inquiry.say(findings.transaction_numbers(error.habit))
                self._inquiry.go_on_with(transaction_check=TransactionCheck.GATEWAY)
                return await self.find(may_try_units=may_try_units)
            if error.exception in _SILENCE and may_try_units:
                return await self._try_units()
            self._inquiry.say(findings.wrong("line block", str(error), self._inquiry.hint()))
            return False
        version = swapped(words[0]) if self._inquiry.settings.byte_swap else words[0]
        if version == MAP_VERSION:
            self._inquiry.say(findings.ok("line block", f"map version {version} at register {base}"))
            return True
        if swapped(version) == MAP_VERSION:
            swap = not self._inquiry.settings.byte_swap
            self._inquiry.say(
                findings.wrong(
                    "byte order",
                    f"map version reads as 0x{version:04X}: the two bytes of each word are exchanged",
                    f"set byte_swap = {str(swap).lower()} under [plc], or mend it in the PLC or gateway",
                )
            )
            self._inquiry.go_on_with(byte_swap=swap)
            return True
        span = f"registers {base} to {base + LINE_SIZE - 1}"
        if not any(words):
            found = f"{span} are all zero"
        elif all(word == 0xFFFF for word in words):
            found = f"{span} are all 0xFFFF, as memory that nobody has written"
        else:
            found = f"register {base} holds {version}, not map version {MAP_VERSION}"
        return await self._look_around(found)

    async def _look_around(self, found: str) -> bool:
        """Look for the line block nearby and where presets have it, and go on from there."""
        configured = self._inquiry.settings.line_base
        near = (configured - 1, configured + 1, configured - 40001, configured - 40000)
        usual = (LinkSettings(preset=name).line_base for name in PRESETS)
        for base in dict.fromkeys((*near, *usual)):
            if base == configured or not 0 <= base <= 0x10000 - LINE_SIZE:
                continue
            try:
                line = self._inquiry.settings.layout.line_block(await self._inquiry.words(base))
            except WireError:
                continue
            if not _is_line_block(line):
                continue
            by_one = ": the address is off by one" if abs(base - configured) == 1 else ""
            self._inquiry.say(
                findings.wrong(
                    "line block",
                    f"{found}; the line block begins at register {base}{by_one}",
                    f"set line_base = {base} under [plc], and check vision_base alike. Passgate counts "
                    "registers from 0: what a manual calls 40001 is register 0",
                )
            )
            self._inquiry.go_on_with(line_base=base)
            return True
        self._inquiry.say(
            findings.wrong(
                "line block",
                f"{found}, and there is no line block nearby (tried one register before and after, "
                "40001 less, and the bases of all presets)",
                "start the PLC's program, and check line_base, which counts from 0. " + self._inquiry.hint(),
            )
        )
        return False

    async def _try_units(self) -> bool:
        """The PLC was silent: once more, and then as other units."""
        configured = self._inquiry.settings.unit_id
        for unit in dict.fromkeys((configured, *_UNITS)):
            self._inquiry.go_on_with(unit_id=unit)
            try:
                await self._inquiry.words(self._inquiry.settings.line_base)
            except WireError as error:
                if error.exception in _SILENCE:
                    continue
            if unit != configured:
                self._inquiry.say(
                    findings.wrong(
                        "unit id",
                        f"nobody answers as unit {configured}, but unit {unit} does",
                        f"set unit_id = {unit} under [plc]",
                    )
                )
            return await self.find(may_try_units=False)
        self._inquiry.go_on_with(unit_id=configured)
        return await self.find(may_try_units=False)


def _is_line_block(line: LineBlock) -> bool:
    """Whether these words may be one. A vision block has map version and numbers too: but a complement."""
    is_vision = line.refused_boot_id != 0 and line.outcome_seq == complement(line.outcome)
    return line.map_version == MAP_VERSION and line.boot_id != 0 and not is_vision
