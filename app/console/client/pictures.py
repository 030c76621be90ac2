"""Fetches a picture, which the engine may still be writing."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import httpx

from app.console.client.answers import decode
from app.console.client.replies import PictureProblem, PictureReply

PICTURE_RETRY_S: Final = 0.25
PICTURE_TRIES: Final = 12
"""A picture may be missing for a moment while the engine writes it: asked again for 3 s."""
PICTURE_TIMEOUT_S: Final = 20.0
"""For one picture, however slowly it comes."""
MAX_PICTURE_BYTES: Final = 64 * 1024 * 1024
"""A picture of 20 megapixels that could not be compressed."""

Asking = Callable[[str, str, int], Awaitable[tuple[int, bytes]]]
"""Asks the engine: by method, path and the most bytes of an answer. Gives status and body."""


class TooLargeError(ValueError):
    """An answer is longer than any of its kind is."""


async def fetched(sha256: str, ask: Asking) -> PictureReply:
    """The picture, asked again for a while where it is not there yet."""
    reply = PictureReply(sha256=sha256, problem=PictureProblem.UNREACHABLE)
    try:
        async with asyncio.timeout(PICTURE_TIMEOUT_S):
            for _ in range(PICTURE_TRIES):
                reply = await _fetched_once(sha256, ask)
                if reply.image is not None or reply.problem is PictureProblem.UNREADABLE:
                    break
                await asyncio.sleep(PICTURE_RETRY_S)
    except TimeoutError:
        pass  # the last try's problem is told
    return reply


async def _fetched_once(sha256: str, ask: Asking) -> PictureReply:
    try:
        status_code, body = await ask("GET", f"/api/pictures/{sha256}", MAX_PICTURE_BYTES)
    except httpx.HTTPError:
        return PictureReply(sha256=sha256, problem=PictureProblem.UNREACHABLE)
    except TooLargeError:
        return PictureReply(sha256=sha256, problem=PictureProblem.UNREADABLE)
    if httpx.codes.is_success(status_code):
        image = await asyncio.to_thread(decode, body)
        return PictureReply(
            sha256=sha256, image=image, problem=None if image is not None else PictureProblem.UNREADABLE
        )
    missing = status_code in (httpx.codes.NOT_FOUND, httpx.codes.GONE)
    problem = PictureProblem.MISSING if missing else PictureProblem.UNREACHABLE
    return PictureReply(sha256=sha256, problem=problem)
