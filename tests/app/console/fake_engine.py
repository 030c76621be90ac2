"""A real HTTP and WebSocket server that speaks the engine's API and says what a test wants it to say."""

import asyncio
import socket
import threading

import cv2
import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response, WebSocket, WebSocketDisconnect

from inspection.status import Command, CommandResult, Mode
from tests.app.console import samples


class FakeEngine:
    """Serves on a free port, in a thread. Speaks only when told to: :meth:`say`."""

    def __init__(self, port: int = 0) -> None:
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.port: int = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.reset()
        self._sockets: set[WebSocket] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=self._run, name="fake-engine")
        self._ready = threading.Event()

    def reset(self) -> None:
        """As new: an ordinary status, a picture, commands accepted."""
        self.message: str | bytes = samples.status().model_dump_json()
        self.commands: list[Command] = []
        self.answer: CommandResult | HTTPException | Response = CommandResult(
            accepted=True, mode=Mode.HELD, message="the station takes no further part"
        )
        self.hold_answers = False
        """While set, commands are taken and not answered."""
        self.delay_s = 0.0
        """How long who wants to listen is kept waiting."""
        self.missing_pictures = 0
        """How many more times a picture is not there yet."""
        done, png = cv2.imencode(".png", samples.picture())
        assert done
        self.picture: Response = Response(png.tobytes(), media_type="image/png")
        self.pictures_asked: list[str] = []
        self.answers: dict[str, Response | HTTPException] = {}
        """To what else is asked, by method and path: "GET /api/reviews"."""
        self.bearers: list[tuple[str, str]] = []
        """By what each of these, and each command, proved itself."""
        self.asked: list[tuple[str, bytes]] = []
        """Each by method and path with its query, and what was sent."""
        self._release = asyncio.Event()

    def start(self) -> None:
        self.listener.listen()
        self._thread.start()
        assert self._ready.wait(5)

    def release_answers(self) -> None:
        """Answer the commands that wait."""
        self.hold_answers = False
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._release.set)

    def stop(self) -> None:
        self.release_answers()
        if self._server is not None:
            self._server.should_exit = True
            self._server.force_exit = True
        self._thread.join(5)
        self.listener.close()

    def say(self, message: str | bytes) -> None:
        """Push a message to all who listen, and to those who come."""
        assert self._loop is not None
        self.message = message
        asyncio.run_coroutine_threadsafe(self._push(), self._loop).result(5)

    async def _push(self) -> None:
        for websocket in list(self._sockets):
            await self._send(websocket)

    async def _send(self, websocket: WebSocket) -> None:
        if isinstance(self.message, bytes):
            await websocket.send_bytes(self.message)
        else:
            await websocket.send_text(self.message)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        config = uvicorn.Config(
            self._app(), log_level="critical", lifespan="off", timeout_graceful_shutdown=0
        )
        self._server = uvicorn.Server(config)
        self._ready.set()  # the socket listens already: who connects from now on waits in its queue
        await self._server.serve(sockets=[self.listener])

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.websocket("/api/stream")
        async def stream(websocket: WebSocket) -> None:
            await asyncio.sleep(self.delay_s)
            await websocket.accept()
            self._sockets.add(websocket)
            try:
                await self._send(websocket)
                while True:
                    await websocket.receive()
            except (WebSocketDisconnect, RuntimeError):
                pass
            finally:
                self._sockets.discard(websocket)

        @app.get("/api/pictures/{sha256}")
        async def picture(sha256: str) -> Response:
            self.pictures_asked.append(sha256)
            if self.missing_pictures > 0:
                self.missing_pictures -= 1
                raise HTTPException(404, "no such picture")
            return self.picture

        @app.post("/api/commands/{command}")
        async def command(command: Command, request: Request) -> object:
            self.commands.append(command)
            self.bearers.append((command.value, request.headers.get("authorization", "")))
            if self.hold_answers:
                await self._release.wait()
            if isinstance(self.answer, HTTPException):
                raise self.answer
            return self.answer

        @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
        async def other(request: Request) -> Response:
            query = f"?{request.url.query}" if request.url.query else ""
            self.asked.append((f"{request.method} {request.url.path}{query}", await request.body()))
            self.bearers.append((request.method, request.headers.get("authorization", "")))
            if self.hold_answers:
                await self._release.wait()
            answer = self.answers.get(f"{request.method} {request.url.path}", HTTPException(404, "not here"))
            if isinstance(answer, HTTPException):
                raise answer
            return answer

        return app
