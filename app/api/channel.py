"""The one connection between the engine and its API process: frames over a pair of local sockets.

Neither side trusts the other's lengths: a frame has a bound, and what is no frame ends the channel. Nothing
but bytes and JSON is exchanged, so that a broken API process cannot make the engine run anything.
"""

import asyncio
import socket
import struct
from enum import IntEnum
from typing import Final, NamedTuple, Self

_HEAD: Final = struct.Struct(">BII")
MOST_ASKED: Final = 32 * 1024
"""Bytes of a frame that the engine takes in."""
MOST_TOLD: Final = 64 * 1024 * 1024
"""Bytes of a frame that the API process takes in: a camera's picture is the largest."""


class ChannelClosedError(Exception):
    """The other side is gone, or does not speak this language."""


class Kind(IntEnum):
    """What a frame is."""

    STATUS = 1
    """Engine → API: the whole station, now."""
    ROW = 2
    """Engine → API: one part on record, new or revised: its id, a line feed, its JSON."""
    ANSWER = 3
    """Engine → API: to the question of this number."""
    FAILURE = 4
    """Engine → API: why the question of this number has no answer."""
    QUESTION = 5
    """API → engine."""
    ALIVE = 6
    """API → engine, once a second: its event loop turns."""
    CALLERS = 7
    """Engine → API: all who are let in, whenever that changes."""


class Frame(NamedTuple):
    """One message."""

    kind: Kind
    number: int
    """Of the question; 0 where it is no answer."""
    payload: bytes


class Channel:
    """One end. Lives in an event loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, most: int) -> None:
        self._reader = reader
        self._writer = writer
        self._most = most

    @classmethod
    async def over(cls, end: socket.socket, *, most: int) -> Self:
        """Speak over a connected socket, which this closes.

        Args:
            end: One of a pair.
            most: Bytes of the largest frame that is taken in.
        """
        reader, writer = await asyncio.open_connection(sock=end)
        return cls(reader, writer, most=most)

    @property
    def unsent(self) -> int:
        """Bytes that the other side has not made room for."""
        return self._writer.transport.get_write_buffer_size()

    def send(self, kind: Kind, payload: bytes, *, number: int = 0) -> None:
        """Send, or keep until there is room; never waits. Sent to nobody once the other side is gone."""
        if not self._writer.is_closing():
            self._writer.writelines((_HEAD.pack(kind, number, len(payload)), payload))

    async def room(self) -> None:
        """Wait until most of what was sent has been taken. Raises ChannelClosedError."""
        try:
            await self._writer.drain()
        except OSError as error:
            raise ChannelClosedError(str(error)) from error

    async def receive(self) -> Frame:
        """The next frame. Raises ChannelClosedError."""
        try:
            kind, number, length = _HEAD.unpack(await self._reader.readexactly(_HEAD.size))
            if length > self._most:
                raise ChannelClosedError(f"a frame of {length} bytes, where {self._most} may be")
            return Frame(Kind(kind), number, await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, OSError, ValueError) as error:
            raise ChannelClosedError(str(error)) from error

    def close(self) -> None:
        """End it, unsent frames and all."""
        self._writer.transport.abort()
