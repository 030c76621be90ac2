"""Reviews as clients see them: the queue of held parts, one part, and what a person says of it."""

from typing import Annotated, Any, Final

from fastapi import FastAPI, Query, Response
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field

from app.api.messages import Question
from app.api.server.answers import as_json
from app.api.server.api_end import ApiEnd
from app.api.server.doors import REFUSALS, Who, needs
from inspection.access.rights import Right
from inspection.reviews.review import Answer, Review
from inspection.reviews.shown import PartToReview, QueueAsked, QueuePage, QueueState, ToPut

_RECORD: Final[dict[int | str, dict[str, Any]]] = {
    503: {"description": "The record cannot be read now."},
    504: {"description": "The record does not answer; what was to be put on it may be there."},
}
_NO_PART: Final[dict[int | str, dict[str, Any]]] = {404: {"description": "No such part is on record."}}
_TAKEN: Final[dict[int | str, dict[str, Any]]] = {
    409: {"description": "Somebody else was first: look at what he said. This try is on record."},
    422: {"description": "It is no review, or needs a reason; nothing was changed."},
}

_InspectionId = Annotated[str, PathParameter(max_length=64, description="As the list names it.")]


class ReviewsQuery(BaseModel):
    """Which parts are asked for."""

    model_config = ConfigDict(extra="forbid")

    state: QueueState = QueueState.OPEN
    part_id: int | None = Field(
        default=None, ge=0, le=0xFFFFFFFF, description="Parts with this number, in either state."
    )
    limit: int = Field(default=20, ge=1, le=100)
    cursor: int | None = Field(default=None, ge=0, le=2**62, description="As the page before says it.")


def add_reviews(api: FastAPI, engine: ApiEnd) -> None:
    """The routes."""

    @api.get("/api/reviews", response_model=QueuePage, responses=_RECORD)
    async def reviews(asked: Annotated[ReviewsQuery, Query()]) -> Response:
        """Held parts that nobody has reviewed, the oldest first; or those reviewed, the newest first."""
        wanted = QueueAsked.model_validate(asked.model_dump())
        return as_json(await engine.ask(Question.REVIEWS, wanted.model_dump_json()))

    @api.get("/api/reviews/{inspection_id}", response_model=PartToReview, responses={**_RECORD, **_NO_PART})
    async def part(inspection_id: _InspectionId) -> Response:
        """A part as it is on record, with all that people said of it, and a picture to compare with."""
        return as_json(await engine.ask(Question.REVIEW, inspection_id))

    @api.post(
        "/api/reviews/{inspection_id}",
        response_model=Review,
        responses={**REFUSALS, **_RECORD, **_NO_PART, **_TAKEN},
    )
    async def put(
        inspection_id: _InspectionId, answer: Answer, who: Annotated[Who, needs(Right.REVIEW)]
    ) -> Response:
        """Say of a part what it is; on record with who and when. A program's key reviews nothing."""
        wanted = ToPut(inspection_id=inspection_id, answer=answer).model_dump_json()
        return as_json(await engine.order(wanted, by=who.name, what=Question.REVIEW_PUT))
