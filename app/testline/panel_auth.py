"""Lets a program of the test line ask its engine's API, as the console on the same machine does."""

from collections.abc import Iterator
from pathlib import Path

import httpx

from app.access.doors.panel import NAME, read_key


class PanelKeyAuth(httpx.Auth):
    """The panel's key of a record, read anew for each request: the engine makes it at its first start.

    Args:
        record: The record's folder.
    """

    def __init__(self, record: Path) -> None:
        self.place = record / NAME

    @property
    def headers(self) -> dict[str, str]:
        """For who does not ask by httpx."""
        return {"Authorization": f"Bearer {read_key(self.place)}"}

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        """Add it."""
        request.headers.update(self.headers)
        yield request
