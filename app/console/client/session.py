"""Who is at the console: what it proves itself by, and how somebody signs in and out."""

import getpass
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from app.console.client.asking import Answer, AskProblem, Request
from inspection.access.rights import Proof, Right, Role
from inspection.messages.codes import Code
from inspection.messages.message import Coded

PATH: Final = "/api/session"
SIGN_IN: Final = "session.sign_in"
SIGN_OUT: Final = "session.sign_out"
CHECK: Final = "session.check"
USE: Final = "session.use"
NAMES: Final = "session.names"
"""Topics of requests about the session."""
SIGN_IN_TIMEOUT_S: Final = 35.0
"""The engine may look at others before, and compares slowly."""


class Session(BaseModel):
    """Somebody has signed in, as the engine says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    user: str
    role: Role | None = None
    proof: Proof | None = None
    rights: frozenset[str] = frozenset()
    idle_s: float

    def may(self, right: Right) -> bool:
        """Whether he has the right."""
        return right.word in self.rights


class _Told(Session):
    token: str


class SignInProblem(Enum):
    """Why nobody is signed in."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInReply:
    """What came of a sign-in. Exactly one of ``session`` and ``problem`` is set."""

    session: Session | None = None
    problem: SignInProblem | None = None
    detail: str = ""
    """In the engine's own words, in English."""
    coded: Coded = ()
    """What they say, for any language."""


class Credentials:
    """The console's own key and a person's token. Used by the screen's and the network's thread.

    Args:
        own_key: Finds the key of the station's panel; asked each time, since the engine makes it at its first
            start.
    """

    def __init__(self, own_key: Callable[[], str] = lambda: "") -> None:
        self._own_key = own_key
        self._lock = threading.Lock()
        self._token = ""

    @property
    def token(self) -> str:
        """Of who has signed in; empty where nobody has."""
        with self._lock:
            return self._token

    def take(self, token: str) -> None:
        """Somebody has signed in."""
        with self._lock:
            self._token = token

    def drop(self, token: str) -> bool:
        """A token opens nothing any more; False where it is not the one in use."""
        with self._lock:
            if not token or token != self._token:
                return False
            self._token = ""
            return True

    @property
    def of_console(self) -> str:
        """For what the console asks by itself, which must keep nobody signed in."""
        return self._own_key() or self.token

    @property
    def of_person(self) -> str:
        """For what somebody touches."""
        return self.token or self._own_key()


_WAITS_FOR_A_PERSON: Final = frozenset(
    {Code.NOT_SIGNED_IN, Code.CREDENTIAL_UNKNOWN, Code.PERSON_NEEDED, Code.RIGHT_MISSING}
)


def needs_person(coded: Coded) -> bool:
    """Whether the engine refuses something because of who asks, so that somebody else may have it done."""
    return bool(coded) and coded[0].code in _WAITS_FOR_A_PERSON


def names_request() -> Request:
    """Asks who may sign in here."""
    return Request(topic=NAMES, path=f"{PATH}/names")


def names_in(answer: Answer) -> tuple[str, ...] | None:
    """Who may sign in here; None where that is not answered."""
    try:
        return tuple(TypeAdapter(list[str]).validate_json(answer.body)) if answer.problem is None else None
    except ValidationError:
        return None


def sign_in_request(user: str, secret: str, proof: Proof) -> Request:
    """What is asked of the engine."""
    body = {"user": user, "secret": secret, "proof": proof.value}
    return Request(topic=SIGN_IN, path=PATH, method="POST", body=body, timeout_s=SIGN_IN_TIMEOUT_S)


def sign_in_reply(answer: Answer) -> tuple[SignInReply, str]:
    """What came of it, and the token; empty where nobody is signed in."""
    if answer.problem is None:
        try:
            told = _Told.model_validate_json(answer.body)
        except ValidationError:
            return SignInReply(problem=SignInProblem.FAILED), ""
        return SignInReply(session=Session(**told.model_dump(exclude={"token"}))), told.token
    problem = {
        AskProblem.REFUSED: SignInProblem.REFUSED,
        AskProblem.UNREACHABLE: SignInProblem.UNREACHABLE,
    }.get(answer.problem, SignInProblem.FAILED)
    return SignInReply(problem=problem, detail=answer.detail, coded=answer.coded), ""


def bearer(secret: str) -> dict[str, str]:
    """The header that sends a token or key; none where there is none."""
    return {"Authorization": f"Bearer {secret}"} if secret else {}


def own_name() -> str:
    """What the record shall call this console: it names who asked for what, as far as that can be known."""
    try:
        user = f" of {getpass.getuser()}"
    except (OSError, KeyError, ImportError):  # no name for the user's number, as in containers
        user = ""
    return f"console{user} on {socket.gethostname()}"
