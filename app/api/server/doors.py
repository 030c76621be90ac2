"""Who asks, and whether he may: what each route says it needs, and the session's own routes."""

import time
from collections import OrderedDict
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response, Security
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer

from app.access.doors.messages import SignIn
from app.api.clients import CLIENT_HEADER, named
from app.api.messages import Failure
from app.api.rate import Rate
from app.api.server.api_end import ApiEnd, NoAnswerError
from app.api.server.credentials import credential_of
from app.api.sessions import SessionTold, Whoami
from inspection.access.callers import LONGEST_CLIENT, CallerKind
from inspection.access.rights import Right
from inspection.messages.codes import Code
from inspection.messages.telling import say

SIGN_INS_PER_S: Final = 0.5
SIGN_INS_AT_ONCE: Final = 5
"""Of one client; all that the station does not know are one."""
STRANGERS: Final = "strangers"
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
        raise NoAnswerError(unknown(known))
    by = await engine.admit(known, right, client=where)
    return Who(by, caller.name, caller.kind, known)


def unknown(known: str) -> Failure:
    """Why somebody is not let in at all."""
    return Failure.saying(401, say(Code.CREDENTIAL_UNKNOWN if known else Code.NOT_SIGNED_IN))


def client_of(request: Request, client: str | None) -> str:
    """The client's name and address. Raises HTTPException where its name is none."""
    try:
        return named(client, request.client)[:LONGEST_CLIENT]
    except ValueError as error:
        raise HTTPException(400, str(error)) from error


def add_session(api: FastAPI, engine: ApiEnd) -> None:
    """Sign-in, sign-out, and who somebody is."""
    rates = _Rates()

    @api.post("/api/session", response_model=SessionTold, responses=REFUSALS)
    async def sign_in(wanted: SignIn, request: Request, client: ClientHeader = None) -> Response:
        """Sign in by password or PIN. The token is told this once, and opens until the session ends."""
        known = credential_of(request.scope["headers"])
        if not rates.allow(known if known in engine.callers.callers else STRANGERS):
            raise NoAnswerError(Failure.saying(429, say(Code.SIGN_INS_CROWDED, wait_s=1 / SIGN_INS_PER_S)))
        told = await engine.sign_in(wanted.model_dump_json(), client=client_of(request, client))
        return Response(told, media_type="application/json", headers={"Cache-Control": "no-store"})

    @api.get("/api/session", response_model=Whoami, responses=REFUSALS)
    async def session(who: Annotated[Who, needs(Right.READ)]) -> Response:
        """Who the token or key belongs to, and what he may. It counts as use of the session."""
        told = engine.callers.whoami(who.credential)
        if told is None:
            raise NoAnswerError(unknown(who.credential))
        return JSONResponse(told.model_dump(mode="json"), headers={"Cache-Control": "no-store"})

    @api.delete("/api/session", status_code=204, responses=REFUSALS)
    async def sign_out(who: Annotated[Who, needs(Right.READ)]) -> None:
        """Sign out: the token opens nothing any more. It is on record."""
        await engine.sign_out(who.credential)


class _Rates:
    """One rate a client; the clients that asked last are remembered."""

    def __init__(self) -> None:
        self._rates: OrderedDict[str, Rate] = OrderedDict()

    def allow(self, client: str) -> bool:
        rate = self._rates.setdefault(client, Rate(SIGN_INS_PER_S, burst=SIGN_INS_AT_ONCE))
        self._rates.move_to_end(client)
        if len(self._rates) > 256:
            self._rates.popitem(last=False)
        return rate.allows()


class SessionsInUse:
    """Lets the engine know which sessions are in use, seldom enough.

    Args:
        engine: Told.
    """

    def __init__(self, engine: ApiEnd) -> None:
        self._engine = engine
        self._told_s: dict[str, float] = {}

    def note(self, known: str) -> None:
        """Somebody's token came with a request."""
        now_s = time.monotonic()
        caller = self._engine.callers.callers.get(known)
        if caller is None or caller.kind is not CallerKind.PERSON:
            return
        if now_s - self._told_s.get(known, -SEEN_EVERY_S) < SEEN_EVERY_S:
            return
        if len(self._told_s) > 256:
            self._told_s.clear()
        self._told_s[known] = now_s
        self._engine.seen(known)
