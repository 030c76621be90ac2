"""Who is let in to the API, and with how much; and what its answers forbid a browser.

Until there is a sign-in, whoever can reach loopback may command the line, but for web pages: a page of
another origin, be it another port of this machine, is refused, however it asks.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK: Final = "127.0.0.1"
MAX_BODY_BYTES: Final = 16 * 1024
"""No request of the API needs a body at all."""
BODY_TIMEOUT_S: Final = 5.0
SECURITY_HEADERS: Final[Mapping[bytes, bytes]] = {
    b"x-content-type-options": b"nosniff",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
}
"""No answer is a page: none may be framed, run, guessed at, or read from another origin."""

Headers = Iterable[tuple[bytes, bytes]]


class RefusedError(Exception):
    """A request that is not let in.

    Args:
        status: HTTP status code.
        why: For the client's log.
    """

    def __init__(self, status: int, why: str) -> None:
        self.status = status
        super().__init__(why)


class OriginRules:
    """Lets in requests to our own address, from no web page or from our own.

    The host is compared with its port: a page whose name was made to point here (DNS rebinding) names its
    own. An origin must be the very address that was asked: scheme, host and port. ``Sec-Fetch-Site`` tells of
    requests that carry no origin, such as a page's pictures and scripts.

    Args:
        port: Where the API is served, on loopback.
    """

    def __init__(self, port: int) -> None:
        ends = {f":{port}", ""} if port == 80 else {f":{port}"}
        self._hosts = {host + end for host in (LOOPBACK, "localhost") for end in ends}

    def check(self, headers: Headers) -> None:
        """Raises RefusedError."""
        named = list(headers)
        hosts = _values(named, b"host")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            raise RefusedError(
                400, f"this API is {' or '.join(sorted(self._hosts))}, and the Host header is not"
            )
        origins = _values(named, b"origin")
        if origins not in ([], [f"http://{hosts[0]}"]):
            raise RefusedError(403, "requests from pages of other origins are refused")
        if any(site not in {"same-origin", "none"} for site in _values(named, b"sec-fetch-site")):
            raise RefusedError(403, "requests from pages of other sites are refused")


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
                self._rules.check(scope["headers"])
            except RefusedError:
                await send({"type": "websocket.close", "code": 1008})  # before accept: HTTP 403
                return
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, _forbidding(send))
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._rules.check(scope["headers"])
            body = await self._body(scope["headers"], receive)
        except RefusedError as refusal:
            # closed, so that what was not read of it need not be
            answer = JSONResponse(
                {"detail": str(refusal)}, status_code=refusal.status, headers={"Connection": "close"}
            )
            await answer(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        """The whole of it. Raises RefusedError where it is too large, or does not come."""
        too_large = RefusedError(413, f"the body has more than {self._max_body} bytes, and none is needed")
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
            raise RefusedError(408, f"the body did not come within {self._body_timeout_s:g} s") from error


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
