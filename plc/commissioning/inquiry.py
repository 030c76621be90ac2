"""One probe's questions to the PLC, on a fresh connection where there is none, and what was found so far."""

import ssl
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from inspection.ports import Clock
from plc.commissioning import findings
from plc.commissioning.findings import Finding
from plc.modbus.wire import Wire
from plc.modbus.wire_failures import WireError
from plc.register_map.presets import PRESETS
from plc.register_map.registers import LINE_SIZE
from plc.settings import LinkSettings

T = TypeVar("T")

CONNECT_S: Final = 3.0
"""A technician can wait longer for a connection than a line."""


class Inquiry:
    """Asks the PLC, with settings that are put right on the way, so that one mistake does not hide the next.

    Args:
        settings: How to reach the PLC, to begin with.
        clock: Time.
    """

    def __init__(self, settings: LinkSettings, clock: Clock) -> None:
        self.settings = settings
        """What holds now."""
        self.clock = clock
        self.wire = Wire(settings)
        self.findings: list[Finding] = []

    def say(self, finding: Finding) -> None:
        """Something was found."""
        self.findings.append(finding)

    def hint(self) -> str:
        """What the preset knows of this make of PLC."""
        preset = self.settings.preset
        return "" if preset is None else f"{PRESETS[preset].title}: {PRESETS[preset].check_first}"

    async def connect(self) -> bool:
        """Connect, and say how that went; False where there is no connection."""
        try:
            await self.wire.connect(patience_s=CONNECT_S)
        except WireError as error:
            self.say(findings.wrong("connection", str(error), self.hint()))
            return False
        certificate = self.wire.peer_certificate()
        if certificate:
            left_s = ssl.cert_time_to_seconds(str(certificate["notAfter"])) - self.clock.now().timestamp()
            self.say(findings.certificate(int(left_s // 86400)))
        else:
            self.say(findings.ok("connection", "connected, without TLS"))
        return True

    async def ask(self, question: Callable[[Wire], Awaitable[T]]) -> T:
        """The answer to one question, on a fresh connection where there is none. Raises WireError."""
        try:
            if not self.wire.connected:
                await self.wire.connect(patience_s=CONNECT_S)
            return await question(self.wire)
        except WireError as error:
            if error.dead:
                self.wire.close()
            raise

    async def words(self, base: int) -> list[int]:
        """As many holding registers as a line block has, from ``base`` on. Raises WireError."""
        return await self.ask(lambda wire: wire.read_words(base, LINE_SIZE))

    def go_on_with(self, **changes: object) -> None:
        """Put a setting right, for the rest of this probe."""
        self.wire.close()
        self.settings = self.settings.model_copy(update=changes)
        self.wire = Wire(self.settings)
