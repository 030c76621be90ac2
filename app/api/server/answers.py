"""How answers are handed to clients: a chunk at a time, so that a slow one holds little."""

from collections.abc import AsyncIterator
from typing import Final

from fastapi import Response
from fastapi.responses import StreamingResponse

CHUNK: Final = 64 * 1024
"""Bytes that are handed to a client's connection at a time; it must take them before the next."""


def as_json(content: bytes) -> Response:
    """JSON as the engine made it."""
    return in_chunks(content, media_type="application/json", cache="no-store")


def in_chunks(content: bytes, *, media_type: str, cache: str) -> Response:
    """What is in memory, a chunk at a time: 64 KiB of it are copied for a client, not the whole."""

    async def chunks() -> AsyncIterator[bytes]:
        for first in range(0, len(content), CHUNK):
            yield content[first : first + CHUNK]

    headers = {"Content-Length": str(len(content)), "Cache-Control": cache}
    if len(content) <= CHUNK:
        return Response(content, media_type=media_type, headers=headers)
    return StreamingResponse(chunks(), media_type=media_type, headers=headers)
