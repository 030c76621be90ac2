"""The API's view of the PLC link, for maintenance: registers by name, handshakes, counters."""

from typing import Protocol

from fastapi import FastAPI

from plc.diagnostics import LinkDiagnostics
from plc.register_image import RegisterImage
from plc.timeline import Handshake


class ServedLink(Protocol):
    """What the API needs of the link."""

    def registers(self) -> RegisterImage:
        """Both blocks by name, with their age."""

    def timeline(self) -> tuple[Handshake, ...]:
        """The last handshakes, newest first."""

    def diagnostics(self) -> LinkDiagnostics:
        """How the link does."""


def add_link(api: FastAPI, link: ServedLink) -> None:
    """Add the routes under /api/plc."""

    @api.get("/api/plc/registers")
    async def registers() -> RegisterImage:
        """Both register blocks by name, as the link knows them; each with its age."""
        return link.registers()

    @api.get("/api/plc/timeline")
    async def timeline() -> tuple[Handshake, ...]:
        """The last 100 handshakes, newest first: what happened when, in ms from the trigger."""
        return link.timeline()

    @api.get("/api/plc/diagnostics")
    async def diagnostics() -> LinkDiagnostics:
        """The cycle's jitter, the wire's failures by kind, and what the handshake itself costs."""
        return link.diagnostics()
