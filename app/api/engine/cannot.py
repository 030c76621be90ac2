"""That a question has no answer, for a reason that the client is told."""

from app.api.messages import Failure
from inspection.messages.message import Sentence


class CannotError(Exception):
    """There is no answer.

    Args:
        status: As HTTP counts failures.
        detail: Why not.
    """

    def __init__(self, status: int, detail: str) -> None:
        said = detail.coded if isinstance(detail, Sentence) else ()
        self.failure = Failure(status=status, detail=detail, coded=said)
        super().__init__(detail)
