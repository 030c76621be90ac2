"""The bytes of one connection, cut into telegrams. Bounded."""

import asyncio
from typing import Final

from plc.modbus.telegram import HEADER, GarbledError, Telegram, take

MAX_BUFFER: Final = 4096
"""Received bytes that may wait. Sixteen answers would fit: who sends more does not answer us."""


class Stream(asyncio.Protocol):
    """One connection as asyncio's transports serve it, TLS or not. A peer that babbles is cut off."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._news = asyncio.Event()
        self._transport: asyncio.Transport | None = None
        self.lost = False
        self.error: Exception | None = None
        """Why the connection was lost; None for an orderly end."""
        self.flooded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._buffer += data
        if len(self._buffer) > MAX_BUFFER:
            self.flooded = True
            self._buffer.clear()
            self.abort()
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self.lost, self.error = True, exc
        self._news.set()

    @property
    def partial(self) -> bool:
        """The beginning of a telegram lies here."""
        return bool(self._buffer)

    @property
    def held(self) -> int:
        """Bytes of a telegram that is not whole yet."""
        return len(self._buffer)

    @property
    def announced(self) -> int | None:
        """Bytes that it must have by its header; None before that is here."""
        return HEADER - 1 + int.from_bytes(self._buffer[4:6], "big") if len(self._buffer) >= 6 else None

    def drop_padding(self) -> bool:
        """Throw away what lies here, where it is zero bytes alone: no number that we ask with begins so."""
        padding = bool(self._buffer) and not any(self._buffer)
        if padding:
            self._buffer.clear()
        return padding

    def at_hand(self) -> Telegram | None:
        """The next telegram where it lies here whole; waits for nothing. Raises GarbledError."""
        return take(self._buffer)

    def send(self, data: bytes) -> None:
        """Hand bytes to the transport."""
        assert self._transport is not None
        self._transport.write(data)

    def abort(self) -> None:
        """Close at once, whatever is still to be sent: the peer may never take it."""
        if self._transport is not None:
            self._transport.abort()

    def peer_certificate(self) -> dict[str, object]:
        """The PLC's certificate as Python's ssl tells it; empty without TLS."""
        tls_object = self._transport and self._transport.get_extra_info("ssl_object")
        return dict(tls_object.getpeercert() or {}) if tls_object else {}

    async def next(self) -> Telegram:
        """The next telegram. Raises GarbledError, or ConnectionError where the connection is lost."""
        while True:
            if self.flooded:
                raise GarbledError("a flood of bytes")
            telegram = take(self._buffer)
            if telegram is not None:
                return telegram
            if self.lost:
                raise ConnectionError from self.error
            self._news.clear()
            await self._news.wait()
