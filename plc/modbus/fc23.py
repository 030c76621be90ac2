"""Whether the PLC does FC23, found out by asking. Pure.

FC23 writes, then reads. A PLC may lack it in many ways: it answers with an exception (1 by the
specification, but 2, 3 and 4 are met as well), says nothing, or closes the connection. None of these says
whether it has written. That FC16 then writes the same image, or the next one, does no harm: the vision block
is a whole image whose sequence numbers make a repeat mean nothing, and only the newest image is ever written.

A PLC that broke looks alike at first. So FC23 is given up only where FC16 and FC03 were answered after it
failed, twice (once suffices for exception 1, which says it); and where FC23 has worked in this run of the
PLC, only failures of a connection's first exchange count: what stops working later is the PLC or the network.
"""

from typing import Final

from plc.modbus.telegram import ExcCodes
from plc.modbus.wire_failures import Failing
from plc.settings import Telegrams

ENOUGH: Final = 2
"""Times that FC16 and FC03 must carry an exchange that FC23 failed at."""

SAVES: Final = 'telegrams = "fc16-fc03" under [plc] saves asking'

_HOW: Final = {
    Failing.IGNORED: "does not answer FC23",
    Failing.CLOSED: "closes the connection at FC23",
    Failing.GARBLED: "answers FC23 with something else",
}


def refusing(code: int) -> str:
    """What a PLC does that answers FC23 with an exception."""
    return f"answers FC23 with Modbus exception {code}"


def failing_at(failing: Failing | None) -> str:
    """What a PLC does that brings no answer to FC23."""
    return _HOW[failing or Failing.GARBLED]


class Fc23:
    """What is known of this run of the PLC, across connections.

    Args:
        telegrams: What the settings say.
    """

    def __init__(self, telegrams: Telegrams) -> None:
        self._auto = telegrams is Telegrams.AUTO
        self._used = telegrams is not Telegrams.FC16_FC03
        self._boot_id = 0
        self._forget()

    def _forget(self) -> None:
        self._works = self._lacking = self._detour = self._certain = False
        self._carried = 0
        self._how = ""

    @property
    def lacking(self) -> bool:
        """The settings, or the PLC, want FC16 and FC03."""
        return not self._used or self._lacking

    @property
    def due(self) -> bool:
        """The next exchange goes with FC23."""
        return self._used and not self._lacking and not self._detour

    @property
    def notice(self) -> str:
        """In words, why FC16 and FC03 carry each exchange, where the settings do not ask for them."""
        if not self._lacking:
            return ""
        return f"the PLC {self._how}, so FC16 and FC03 carry each exchange; {SAVES}"

    def serves(self, boot_id: int) -> None:
        """The PLC's line block was read. Another run of the PLC may be another program: it is asked anew."""
        if boot_id and boot_id != self._boot_id:
            if self._boot_id:
                self._forget()
            self._boot_id = boot_id

    def answered(self) -> None:
        """FC23 was answered."""
        self._works, self._carried = True, 0

    def refused(self, code: int, *, first: bool) -> bool:
        """FC23 was answered with an exception.

        Args:
            code: The exception.
            first: It was the first exchange of its connection.

        Returns:
            FC16 and FC03 are to carry this exchange.
        """
        self._certain = code == ExcCodes.ILLEGAL_FUNCTION
        return code != ExcCodes.DEVICE_BUSY and self._fail(refusing(code), first=first or self._certain)

    def failed(self, failing: Failing, *, first: bool) -> None:
        """FC23 brought no answer. Perhaps FC16 and FC03 carry the next exchange; see ``due``."""
        self._certain = False
        self._fail(failing_at(failing), first=first)

    def _fail(self, how: str, *, first: bool) -> bool:
        if self._auto and (first or not self._works):
            self._detour, self._how = True, how
        return self._detour

    def carried(self) -> bool:
        """FC16 and FC03 were answered. Returns whether FC23 is given up with that."""
        if not self._detour:
            return False
        self._detour = False
        self._carried += 1
        self._lacking = self._certain or self._carried >= ENOUGH
        return self._lacking

    def not_carried(self) -> None:
        """FC16 or FC03 was refused as well: it is not FC23 that the PLC dislikes."""
        self._detour = False
