"""How a command asks the running engine: by the panel's key, where it may read that, or as somebody."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer

from app.access.doors.panel import NAME, finding
from app.api.clients import CLIENT_HEADER, declared
from app.command_line.secrets import ask
from app.settings.station import load
from inspection.errors import AccessError, PassgateError

PATIENCE_S: Final = 8.0
"""Longer than the API waits for the engine."""
SIGN_IN_PATIENCE_S: Final = 35.0
USUAL_PORT: Final = 8730

UrlOption = Annotated[
    str | None, typer.Option("--url", help="The engine's API; default: as --config says, or its usual port.")
]


class EngineApi:
    """The API of an engine on this machine.

    Args:
        base: Its address.
        name: What the command calls itself.
        secret: A key or token; empty where none is known.
    """

    def __init__(self, base: str, *, name: str, secret: str) -> None:
        self._base = base
        self._headers = {CLIENT_HEADER: declared(name)}
        if secret:
            self._headers["Authorization"] = f"Bearer {secret}"

    def asked(
        self, method: str, path: str, body: Mapping[str, str] | None = None, *, limit_s: float = PATIENCE_S
    ) -> bytes:
        """The answer.

        Raises:
            AccessError: Whoever asks may not.
            PassgateError: There is none, or another failure.
        """
        try:
            answer = httpx.request(
                method,
                self._base + path,
                headers=self._headers,
                json=body,
                timeout=limit_s,
                trust_env=False,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._silent(str(error)) from error
        if answer.status_code in (401, 403):
            raise AccessError(
                _said(answer),
                todo="name who does it with --user, or run it as who runs the engine; nothing was changed",
            )
        if answer.is_error:
            raise self._silent(_said(answer))
        return answer.content

    def _silent(self, why: str) -> PassgateError:
        return PassgateError(
            f"the engine at {self._base} does not answer as it should: {why}",
            todo="see that it runs and name its file with --config, or its API with --url",
        )


def _said(answer: httpx.Response) -> str:
    with suppress(ValueError, LookupError, TypeError):
        return str(answer.json()["detail"])
    return f"HTTP {answer.status_code}"


def base_of(url: str | None, config: Path | None) -> str:
    """Where the engine's API is."""
    if url is not None:
        return url.rstrip("/")
    return f"http://127.0.0.1:{USUAL_PORT if config is None else load(config).api.port}"


def own_api(base: str, *, name: str, record: Path | None, config: Path | None) -> EngineApi:
    """As whoever runs the command: by the key of the console on this machine, where he may read it."""
    folder = record if config is None or record is not None else load(config).store.folder
    key = finding(base, None if folder is None else folder / NAME)()
    return EngineApi(base, name=name, secret=key)


@contextmanager
def signed_in_api(base: str, user: str, *, name: str) -> Iterator[EngineApi]:
    """As ``user``, who is asked for his password; signed out again behind it.

    Raises:
        AccessError: It is not he.
        PassgateError: The engine does not answer.
    """
    proven: dict[str, str] = {"user": user, "secret": ask(f"password of {user}"), "proof": "password"}
    told: Any = httpx.Response(
        200,
        content=EngineApi(base, name=name, secret="").asked(
            "POST", "/api/session", proven, limit_s=SIGN_IN_PATIENCE_S
        ),
    ).json()
    api = EngineApi(base, name=name, secret=str(told["token"]))
    try:
        yield api
    finally:
        with suppress(PassgateError):  # it ends by itself, if later
            api.asked("DELETE", "/api/session")
