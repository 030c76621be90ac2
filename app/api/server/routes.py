"""The API as clients see it: FastAPI routes over the API process's end of the channel to the engine."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import FastAPI, Query, Request, Response, WebSocket, WebSocketDisconnect
from fastapi import Path as PathParameter
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse

from app.api.messages import HealthReport, Question
from app.api.server.answers import as_json, in_chunks
from app.api.server.api_end import ApiEnd, NoAnswerError
from app.api.server.doors import REFUSALS, ClientHeader, OnlyCallers, add_session, admit
from app.api.server.gate import Gate, OriginRules, RefusedError
from app.api.server.resources.alarms import add_alarms
from app.api.server.resources.reports import add_reports
from app.api.server.resources.reviews import add_reviews
from inspection.access.rights import Right
from inspection.challenge.shown import ChallengeOrder
from inspection.messages.message import Sentence
from inspection.part import Inspection
from inspection.pictures.decoding.png_depth import HEAD_BYTES, stated_depth
from inspection.status import Command, CommandResult, StationStatus
from plc.diagnostics.diagnostics import LinkDiagnostics
from plc.diagnostics.register_image import RegisterImage
from plc.diagnostics.timeline import Handshake

STREAMS: Final = 32
"""WebSockets at a time: each costs a copy of the state ten times a second."""
TRY_AGAIN_LATER: Final = 1013
UNSUPPORTED: Final = 1003


_REFUSED: Final = frozenset({401, 403, 429})
"""Answers that are logged, for they tell who tries what."""


def build(
    engine: ApiEnd, *, version: str, port: int, elsewhere: Iterable[str] = (), streams: int = STREAMS
) -> FastAPI:
    """The application. Serves whom the engine knows, and no page of another origin.

    Without FastAPI's pages of documentation: they load scripts from the internet. ``/openapi.json`` stays.

    Args:
        engine: Where answers come from.
        version: The engine's.
        port: Where it is served.
        elsewhere: What clients in another network call this machine; nothing: it is served on loopback alone.
        streams: Clients of ``/api/stream`` at a time.
    """
    api = FastAPI(
        title="Passgate",
        version=version,
        description="One inspection station.",
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    api.state.engine = engine
    api.add_middleware(OnlyCallers, engine=engine)
    api.add_middleware(Gate, rules=OriginRules(port, elsewhere))  # added last, asked first
    api.add_exception_handler(NoAnswerError, _no_answer)
    api.add_exception_handler(RequestValidationError, _not_valid)
    add_session(api, engine)
    add_alarms(api, engine)
    add_reviews(api, engine)
    _add_reading(api, engine)
    _add_pictures(api, engine)
    add_reports(api, engine)
    _add_plc(api, engine)
    _add_commands(api, engine)
    _add_stream(api, engine, streams)
    api.openapi()  # made now, not for the first who asks
    return api


async def _no_answer(request: Request, error: Exception) -> Response:
    assert isinstance(error, NoAnswerError)
    failure = error.failure
    if failure.status in _REFUSED:
        RefusedError(failure.status, Sentence(failure.detail, failure.coded)).tell(request.scope)
    headers = {"WWW-Authenticate": "Bearer"} if failure.status == 401 else None
    return JSONResponse(
        failure.model_dump(mode="json", exclude={"status"}), status_code=failure.status, headers=headers
    )


async def _not_valid(_: Request, error: Exception) -> Response:
    """As FastAPI says it, but for what was sent: that may be a password."""
    assert isinstance(error, RequestValidationError)
    faults = [{key: fault[key] for key in ("type", "loc", "msg")} for fault in error.errors()]
    return JSONResponse({"detail": faults}, status_code=422)


def _add_reading(api: FastAPI, engine: ApiEnd) -> None:
    @api.get("/api/health", response_model=HealthReport)
    async def health() -> Response:
        """Alive, and how large: the engine, which does not answer where it hangs."""
        return as_json(await engine.ask(Question.HEALTH))

    @api.get("/api/state", response_model=StationStatus)
    async def state() -> Response:
        """The whole station at this moment."""
        return as_json(await engine.ask(Question.STATE))

    @api.get("/api/history", response_model=list[Inspection])
    async def history(limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Response:
        """The last parts on record, newest first."""
        return as_json(await engine.history(limit))


def _add_pictures(api: FastAPI, engine: ApiEnd) -> None:
    missing: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such picture."}}

    @api.get("/api/pictures/{sha256}", response_class=FileResponse, responses=missing)
    async def picture(
        sha256: Annotated[str, PathParameter(max_length=64, description="Of the file, lower-case hex.")],
        original: Annotated[bool, Query(description="The very file, where it has more than 8 bits.")] = False,
    ) -> Response:
        """One archived picture; one of more than 8 bits in 8, as it was judged, unless ``original``."""
        path = Path((await engine.ask(Question.PICTURE_PATH, sha256)).decode())
        cache = "max-age=31536000, immutable"
        deep = not original and await asyncio.to_thread(_is_deep, path)
        if deep and (shown := await engine.ask(Question.PICTURE_IN_8_BITS, sha256)):
            return in_chunks(shown, media_type="image/png", cache=cache)
        return FileResponse(path, headers={"Cache-Control": cache})

    @api.get("/api/cameras/{name}/picture", response_class=Response, responses=missing)
    async def camera_picture(name: Annotated[str, PathParameter(max_length=64)]) -> Response:
        """The newest picture of a camera as JPEG; its age is in the header ``X-Age-Ms``."""
        age_ms, jpeg = (await engine.ask(Question.CAMERA_PICTURE, name)).split(b"\n", 1)
        return Response(
            jpeg,
            media_type="image/jpeg",
            headers={"X-Age-Ms": age_ms.decode(), "Cache-Control": "no-store"},
        )


def _is_deep(path: Path) -> bool:
    """Whether an archived picture has more than 8 bits. One that is gone has not: its answer says so."""
    try:
        with path.open("rb") as file:
            return stated_depth(file.read(HEAD_BYTES)) is not None
    except OSError:
        return False


def _add_plc(api: FastAPI, engine: ApiEnd) -> None:
    """The PLC link, for maintenance."""

    @api.get("/api/plc/registers", response_model=RegisterImage)
    async def registers() -> Response:
        """Both register blocks by name, as the link knows them; each with its age."""
        return as_json(await engine.ask(Question.REGISTERS))

    @api.get("/api/plc/timeline", response_model=tuple[Handshake, ...])
    async def timeline() -> Response:
        """The last 100 handshakes, newest first: what happened when, in ms from the trigger."""
        return as_json(await engine.ask(Question.TIMELINE))

    @api.get("/api/plc/diagnostics", response_model=LinkDiagnostics)
    async def diagnostics() -> Response:
        """The cycle's jitter, the wire's failures by kind, and what the handshake itself costs."""
        return as_json(await engine.ask(Question.DIAGNOSTICS))


def _add_commands(api: FastAPI, engine: ApiEnd) -> None:
    @api.post("/api/commands/{command}", response_model=CommandResult, responses=REFUSALS)
    async def command(command: Command, request: Request, client: ClientHeader = None) -> Response:
        """Start, hold or reset the station."""
        right = Right.HOLD if command is Command.HOLD else Right.START
        who = await admit(request, right, client)
        return as_json(await engine.order(command.value, by=who.by))

    @api.post("/api/challenge/{order}", response_model=CommandResult, responses=REFUSALS)
    async def challenge(order: ChallengeOrder, request: Request, client: ClientHeader = None) -> Response:
        """Begin or abort the challenge, or open the station where quality has signed for that on record."""
        # what opens it is the signature on record: the order only has it read
        right = Right.HOLD if order is ChallengeOrder.RELEASE else Right.CHALLENGE
        who = await admit(request, right, client)
        return as_json(await engine.order(order.value, by=who.by, what=Question.CHALLENGE))


def _add_stream(api: FastAPI, engine: ApiEnd, streams: int) -> None:
    open_now: set[WebSocket] = set()

    @api.websocket("/api/stream")
    async def stream(websocket: WebSocket) -> None:
        if len(open_now) >= streams:
            await websocket.close(TRY_AGAIN_LATER)  # before accept: HTTP 403
            return
        open_now.add(websocket)
        try:
            await websocket.accept()
            await _until_it_goes(websocket, engine)
        finally:
            open_now.discard(websocket)


async def _until_it_goes(websocket: WebSocket, engine: ApiEnd) -> None:
    """Push the state; latest wins, for the next is sent only when the one before has been taken."""

    async def push() -> None:
        seen = 0
        while True:
            seen, status = await engine.status_after(seen)
            await websocket.send_text(status.decode())

    pushing = asyncio.create_task(push())
    listening = asyncio.create_task(websocket.receive())
    try:
        await asyncio.wait({pushing, listening}, return_when=asyncio.FIRST_COMPLETED)
        if listening.done() and listening.result()["type"] != "websocket.disconnect":
            await websocket.close(UNSUPPORTED)  # nothing is to be said here
    except (WebSocketDisconnect, RuntimeError):
        return
    finally:
        for task in (pushing, listening):
            task.cancel()
        await asyncio.gather(pushing, listening, return_exceptions=True)
