"""Who asks, and whether he may: what each route says it needs, and the session's own routes."""

import time
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response, Security
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.doors.messages import SignIn
from app.api.clients import CLIENT_HEADER, named
from app.api.messages import Failure
from app.api.rate import Rates
from app.api.server.api_end import ApiEnd, NoAnswerError
from app.api.server.credentials import credential_of
from app.api.server.gate import RefusedError
from app.api.sessions import SessionTold, Whoami
from inspection.access.callers import LONGEST_CLIENT, CallerKind
from inspection.access.rights import Right
from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say

SIGN_INS_PER_S: Final = 0.5
SIGN_INS_AT_ONCE: Final = 5
"""Of one client; all that the station does not know are one."""
STRANGERS: Final = "strangers"
REQUESTS_PER_S: Final = 50.0
REQUESTS_AT_ONCE: Final = 300
"""Of one token or key; a console asks a few a second."""
OPEN: Final = frozenset({("GET", "/api/health"), ("HEAD", "/api/health"), ("POST", "/api/session")})
"""What needs neither token nor key."""
NO_USE: Final = frozenset({("GET", "/api/session"), ("GET", "/api/session/names")})
"""What keeps no session from ending."""
SEEN_EVERY_S: Final = 5.0
"""So often the engine is told that a session is in use."""

ClientHeader = Annotated[str | None, Header(alias=CLIENT_HEADER, max_length=512)]
_BEARER: Final = HTTPBearer(auto_error=False, description="A session's token, or a program's key.")

REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"description": "The client's name is none."},
    401: {"description": "Nobody has signed in, or the sign-in has ended, or the key is not known."},
    403: {"description": "Who asks has no right to this; that is on record."},
    429: {"description": "It came too often; nothing was done."},
}
"""How a route answers that asks for a right."""


class Who(NamedTuple):
    """Somebody who has the right that the route needs."""

    by: str
    """In words for the record, such as ``Ben, console of anna on line3 (127.0.0.1:51514)``."""
    name: str
    """The person's name as printed, or the key's."""
    kind: CallerKind
    credential: str
    """The SHA-256 of his token or key."""


def needs(right: Right) -> Any:
    """What a route asks for, which refuses whoever has it not.

    Written ``who: Annotated[Who, needs(Right.REVIEW)]``.
    """

    async def admitted(
        request: Request, client: ClientHeader = None, _: Annotated[Any, Security(_BEARER)] = None
    ) -> Who:
        return await admit(request, right, client)

    return Depends(admitted)


async def admit(request: Request, right: Right, client: str | None) -> Who:
    """Somebody who has the right, as the engine says; a refusal is on record.

    Raises:
        HTTPException: The client's name is none.
        NoAnswerError: He has it not.
    """
    engine: ApiEnd = request.app.state.engine
    where = client_of(request, client)
    known = credential_of(request.scope["headers"])
    caller = engine.callers.callers.get(known)
    if caller is None:
        raise NoAnswerError(Failure.saying(401, stranger(known)))
    by = await engine.admit(known, right, client=where)
    return Who(by, caller.name, caller.kind, known)


def stranger(known: str) -> Sentence:
    """Why somebody is not let in at all."""
    return say(Code.CREDENTIAL_UNKNOWN if known else Code.NOT_SIGNED_IN)


def client_of(request: Request, client: str | None) -> str:
    """The client's name and address. Raises HTTPException where its name is none."""
    try:
        return named(client, request.client)[:LONGEST_CLIENT]
    except ValueError as error:
        raise HTTPException(400, str(error)) from error


def add_session(api: FastAPI, engine: ApiEnd) -> None:
    """Sign-in, sign-out, and who somebody is."""
    rates = Rates(SIGN_INS_PER_S, burst=SIGN_INS_AT_ONCE)

    @api.post("/api/session", response_model=SessionTold, responses=REFUSALS)
    async def sign_in(wanted: SignIn, request: Request, client: ClientHeader = None) -> Response:
        """Sign in by password or PIN. The token is told this once, and opens until the session ends."""
        known = credential_of(request.scope["headers"])
        if not rates.allow(known if known in engine.callers.callers else STRANGERS):
            raise NoAnswerError(Failure.saying(429, say(Code.SIGN_INS_CROWDED, wait_s=1 / SIGN_INS_PER_S)))
        told = await engine.sign_in(wanted.model_dump_json(), client=client_of(request, client))
        return Response(told, media_type="application/json", headers={"Cache-Control": "no-store"})

    @api.get("/api/session", response_model=Whoami, responses=REFUSALS)
    async def session(request: Request) -> Response:
        """Who the token or key belongs to, and what he may. It does not keep a session from ending."""
        known = credential_of(request.scope["headers"])
        told = engine.callers.whoami(known)
        if told is None:
            raise NoAnswerError(Failure.saying(401, stranger(known)))
        return JSONResponse(told.model_dump(mode="json"), headers={"Cache-Control": "no-store"})

    @api.get("/api/session/names", response_model=list[str], responses=REFUSALS)
    async def names() -> list[str]:
        """Who may sign in, for a console on which names are touched."""
        return list(engine.callers.names)

    @api.put("/api/session", status_code=204, responses=REFUSALS)
    async def use(who: Annotated[Who, needs(Right.READ)]) -> None:
        """Somebody is there: his session goes on."""

    @api.delete("/api/session", status_code=204, responses=REFUSALS)
    async def sign_out(who: Annotated[Who, needs(Right.READ)]) -> None:
        """Sign out: the token opens nothing any more. It is on record."""
        await engine.sign_out(who.credential)


class OnlyCallers:
    """ASGI middleware: without a token or key that the engine knows, only the health is readable.

    Args:
        app: What is let in to.
        engine: Knows who is let in.
    """

    def __init__(self, app: ASGIApp, *, engine: ApiEnd) -> None:
        self._app = app
        self._engine = engine
        self._rates = Rates(REQUESTS_PER_S, burst=REQUESTS_AT_ONCE)
        self._seen_s: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, WebSocket or lifespan."""
        if scope["type"] == "lifespan" or (scope.get("method"), scope["path"]) in OPEN:
            await self._app(scope, receive, send)
            return
        known = credential_of(scope["headers"])
        refusal = await self._refusal(known)
        if refusal is None:
            if (scope.get("method"), scope["path"]) not in NO_USE:
                self._note_use(known)
            await self._app(scope, receive, send)
            return
        refusal.tell(scope)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before accept: HTTP 403
            return
        headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {}
        await refusal.answer(**headers)(scope, receive, send)

    async def _refusal(self, known: str) -> RefusedError | None:
        try:
            await self._engine.know_callers()
        except NoAnswerError as error:
            return RefusedError(503, Sentence(error.failure.detail, error.failure.coded))
        if known not in self._engine.callers.callers:
            if known and not self._engine.callers.known:
                return RefusedError(503, say(Code.CALLERS_UNKNOWN))
            return RefusedError(401, stranger(known))
        if not self._rates.allow(known):
            return RefusedError(429, say(Code.ASKED_TOO_OFTEN))
        return None

    def _note_use(self, known: str) -> None:
        """Let the engine know that a person's session is in use, seldom enough."""
        now_s = time.monotonic()
        person = self._engine.callers.callers[known].kind is CallerKind.PERSON
        if person and now_s - self._seen_s.get(known, -SEEN_EVERY_S) >= SEEN_EVERY_S:
            self._seen_s = {one: at_s for one, at_s in self._seen_s.items() if now_s - at_s < SEEN_EVERY_S}
            self._seen_s[known] = now_s
            self._engine.seen(known)
