"""The API itself: FastAPI routes over one running station."""

import asyncio
import socket
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Protocol

import cv2
import uvicorn
from fastapi import FastAPI, Header, HTTPException, Query, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse
from pydantic import BaseModel

from app.api.clients import CLIENT_HEADER, named
from app.api.gate import LOOPBACK, Gate, OriginRules
from app.api.link import ServedLink, add_link
from inspection.clock import SystemClock
from inspection.errors import SettingsError
from inspection.part import Inspection
from inspection.station import Station
from inspection.status import Command, CommandResult, Mode, StationStatus

PUSH_EVERY_S = 0.1
"""The stream pushes a change at most so often …"""
PUSH_AT_LEAST_EVERY_S = 1.0
"""… and the state, changed or not, at least so often: silence means that the engine is gone."""


class HealthReport(BaseModel):
    """GET /api/health."""

    status: str
    mode: Mode
    pid: int
    peak_memory_mb: float


class ServedStation(Protocol):
    """What the API needs of the engine."""

    @property
    def station(self) -> Station:
        """The running station."""

    @property
    def link(self) -> ServedLink:
        """The link to the PLC."""

    def status(self) -> StationStatus:
        """The station at this moment."""

    def health(self) -> HealthReport:
        """Alive, and how large."""

    async def history(self, limit: int) -> list[Inspection]:
        """The last parts on record, newest first."""

    def picture_path(self, sha256: str) -> Path | None:
        """Where the archive keeps a picture; None where it does not."""


def build(engine: ServedStation, *, version: str, port: int) -> FastAPI:
    """The application. Serves loopback only, and no page of another origin.

    Without FastAPI's pages of documentation: they load scripts from the internet. ``/openapi.json`` stays.

    Args:
        engine: What is told of.
        version: The engine's.
        port: Where it is served.
    """
    api = FastAPI(
        title="Passgate",
        version=version,
        description="One inspection station.",
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    api.add_middleware(Gate, rules=OriginRules(port))
    _add_reading(api, engine)
    _add_commands(api, engine)
    _add_stream(api, engine)
    add_link(api, engine.link)
    api.openapi()  # made now: it takes as long as several cycles of the line
    return api


def _add_reading(api: FastAPI, engine: ServedStation) -> None:
    @api.get("/api/health")
    def health() -> HealthReport:
        """Alive, and how large."""
        return engine.health()

    @api.get("/api/state")
    async def state() -> StationStatus:
        """The whole station at this moment."""
        return engine.status()

    @api.get("/api/history")
    async def history(limit: Annotated[int, Query(ge=1, le=500)] = 50) -> list[Inspection]:
        """The last parts on record, newest first."""
        return await engine.history(limit)

    @api.get("/api/pictures/{sha256}", response_class=FileResponse)
    def picture(sha256: str) -> FileResponse:
        """One archived picture."""
        path = engine.picture_path(sha256)
        if path is None:
            raise HTTPException(404, "no such picture: not archived yet, or past its retention")
        return FileResponse(path, headers={"Cache-Control": "max-age=31536000, immutable"})

    @api.get("/api/cameras/{name}/picture", response_class=Response)
    def camera_picture(name: str) -> Response:
        """The newest picture of a camera as JPEG; its age is in the header ``X-Age-Ms``."""
        frame = engine.station.judge.frames.get(name)
        if frame is None:
            raise HTTPException(404, f"camera {name!r} is unknown or has taken no picture yet")
        done, data = cv2.imencode(".jpg", cv2.cvtColor(frame.picture, cv2.COLOR_RGB2BGR))
        if not done:
            raise HTTPException(500, "the picture cannot be encoded")
        age_ms = frame.age_ms(SystemClock().monotonic_ns())
        return Response(
            data.tobytes(),
            media_type="image/jpeg",
            headers={"X-Age-Ms": f"{age_ms:.0f}", "Cache-Control": "no-store"},
        )


def _add_commands(api: FastAPI, engine: ServedStation) -> None:
    @api.post("/api/commands/{command}")
    async def command(
        command: Command,
        request: Request,
        client: Annotated[str | None, Header(alias=CLIENT_HEADER, max_length=512)] = None,
    ) -> CommandResult:
        """Start, hold or reset the station."""
        try:
            by = named(client, request.client)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        return await engine.station.command(command, by=by)


def _add_stream(api: FastAPI, engine: ServedStation) -> None:
    @api.websocket("/api/stream")
    async def stream(websocket: WebSocket) -> None:
        await websocket.accept()
        seen, waited = -1, 0.0
        try:
            while True:
                version = engine.station.version
                if version != seen or waited >= PUSH_AT_LEAST_EVERY_S:
                    seen, waited = version, 0.0
                    await asyncio.wait_for(websocket.send_text(engine.status().model_dump_json()), 2.0)
                await asyncio.sleep(PUSH_EVERY_S)
                waited += PUSH_EVERY_S
        except (WebSocketDisconnect, TimeoutError, RuntimeError):
            return  # the client went away, or is too slow to be worth waiting for


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the engine ends the station before the server."""

    def capture_signals(self) -> nullcontext[None]:  # type: ignore[override]
        return nullcontext()


def bind(port: int) -> socket.socket:
    """Take the port. Raises SettingsError where another program has it."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows lets two programs share a port otherwise
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen()  # only now Linux refuses the port to others
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"port {port} is in use",
            part="the engine does not start",
            todo="end the other program (another engine?), or set another port under [api]",
        ) from error
    return listener


async def serve(api: FastAPI, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until ``stop``."""
    server = _Server(
        uvicorn.Config(
            api, log_level="warning", access_log=False, timeout_graceful_shutdown=1, ws_ping_interval=5.0
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]), name="api")
    waiter = asyncio.create_task(stop.wait())
    await asyncio.wait({task, waiter}, return_when=asyncio.FIRST_COMPLETED)
    waiter.cancel()
    server.should_exit = True
    await task
