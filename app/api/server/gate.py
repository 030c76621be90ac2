"""What is let in to the API before it is asked who sends it; and what its answers forbid a browser.

A web page of another origin, be it another port of this machine, is refused, however it asks: a browser that
somebody has signed in with must not be another page's hand.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Final

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inspection.messages.codes import Code
from inspection.messages.message import Sentence
from inspection.messages.telling import say

LOOPBACK: Final = "127.0.0.1"
MAX_BODY_BYTES: Final = 16 * 1024
"""Of a request: a sign-in, or a person's words."""
BODY_TIMEOUT_S: Final = 5.0
SECURITY_HEADERS: Final[Mapping[bytes, bytes]] = {
    b"x-content-type-options": b"nosniff",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
}
"""No answer is a page: none may be framed, run, guessed at, or read from another origin."""

log = logging.getLogger("passgate.api")

Headers = Iterable[tuple[bytes, bytes]]


class RefusedError(Exception):
    """A request that is not let in.

    Args:
        status: HTTP status code.
        why: For who asked.
    """

    def __init__(self, status: int, why: Sentence) -> None:
        self.status = status
        self.why = why
        super().__init__(why)

    def answer(self, **headers: str) -> JSONResponse:
        """As the client is told it."""
        said = {"detail": str(self.why), "coded": [one.model_dump(mode="json") for one in self.why.coded]}
        return JSONResponse(said, status_code=self.status, headers=headers)

    def tell(self, scope: Scope) -> None:
        """Log it; the log's handler bounds how much of that is written."""
        client = scope.get("client") or ("", 0)
        asked = f"{scope.get('method', 'WS')} {scope.get('path', '')[:80]!a}"
        log.warning("refused %s from %s:%s: %s", asked, *client, self.why)


class OriginRules:
    """Lets in requests to our own address, from no web page or from our own.

    The host is compared with its port: a page whose name was made to point here (DNS rebinding) names its
    own. An origin must be the very address that was asked: scheme, host and port. ``Sec-Fetch-Site`` tells of
    requests that carry no origin, such as a page's pictures and scripts.

    Args:
        port: Where the API is served, on loopback by HTTP, elsewhere by TLS.
        elsewhere: What clients in another network call this machine; nothing: it is served on loopback alone.
    """

    def __init__(self, port: int, elsewhere: Iterable[str] = ()) -> None:
        self._hosts = {
            "http": _with_port((LOOPBACK, "localhost"), port, usual=80),
            "https": _with_port(elsewhere, port, usual=443),
        }

    def check(self, scope: Scope) -> None:
        """Look at a request or WebSocket. Raises RefusedError."""
        named = list(scope["headers"])
        scheme = "https" if scope.get("scheme", "http") in ("https", "wss") else "http"
        hosts = _values(named, b"host")
        if len(hosts) != 1 or hosts[0] not in self._hosts[scheme]:
            raise RefusedError(400, say(Code.WRONG_HOST, hosts=", ".join(sorted(self._hosts[scheme]))))
        origins = _values(named, b"origin")
        if origins not in ([], [f"{scheme}://{hosts[0]}"]):
            raise RefusedError(403, say(Code.OTHER_ORIGIN))
        if any(site not in {"same-origin", "none"} for site in _values(named, b"sec-fetch-site")):
            raise RefusedError(403, say(Code.OTHER_ORIGIN))


def _with_port(hosts: Iterable[str], port: int, *, usual: int) -> frozenset[str]:
    ends = (f":{port}", "") if port == usual else (f":{port}",)
    return frozenset((f"[{host}]" if ":" in host else host.lower()) + end for host in hosts for end in ends)


def _values(headers: Headers, name: bytes) -> list[str]:
    return [value.decode("latin-1").strip().lower() for key, value in headers if key.lower() == name]


class Gate:
    """ASGI middleware around the whole API.

    Args:
        app: What is let in to.
        rules: Who is let in.
        max_body: Bytes of a request's body; it is read whole before the application is asked.
        body_timeout_s: How long it may take to come.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        rules: OriginRules,
        max_body: int = MAX_BODY_BYTES,
        body_timeout_s: float = BODY_TIMEOUT_S,
    ) -> None:
        self._app = app
        self._rules = rules
        self._max_body = max_body
        self._body_timeout_s = body_timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, WebSocket or lifespan."""
        if scope["type"] == "websocket":
            try:
                self._rules.check(scope)
            except RefusedError as refusal:
                refusal.tell(scope)
                await send({"type": "websocket.close", "code": 1008})  # before accept: HTTP 403
                return
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, _forbidding(send))
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._rules.check(scope)
            body = await self._body(scope["headers"], receive)
        except RefusedError as refusal:
            refusal.tell(scope)
            answer = refusal.answer(Connection="close")  # so that what was not read of it need not be
            await answer(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        """The whole of it. Raises RefusedError where it is too large, or does not come."""
        too_large = RefusedError(413, say(Code.BODY_TOO_LARGE, most=self._max_body))
        for length in _values(headers, b"content-length"):
            if not length.isdecimal() or int(length[:20]) > self._max_body:
                raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(self._body_timeout_s):
                while True:
                    message = await receive()
                    body += message.get("body", b"")
                    if len(body) > self._max_body:
                        raise too_large
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError as error:
            raise RefusedError(408, say(Code.BODY_LATE, limit_s=self._body_timeout_s)) from error


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the body once, then what else the client does."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _forbidding(send: Send) -> Send:
    """Adds ``SECURITY_HEADERS`` to each answer."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *SECURITY_HEADERS.items()]}
        await send(message)

    return sending
