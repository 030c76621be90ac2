"""One look at a piece of a challenge: what the station would have done with it, and whether that is right."""

from pydantic import Field

from inspection.challenge.plan import Piece
from inspection.decision import NO_MODEL, Action, DecidedBy, Decision
from inspection.frozen import Frozen
from inspection.messages.codes import Code
from inspection.messages.message import NOTHING, Coded, Sentence, joined
from inspection.messages.telling import say


class ChallengeLook(Frozen):
    """What a challenge says of one part: part of its record. The part itself goes to a person, always."""

    round: str = Field(min_length=1, max_length=32)
    """Which challenge."""
    by: str = Field(min_length=1, max_length=128)
    """Who began it."""
    piece: str
    expected: tuple[Action, ...]
    """What the piece must get: one of these."""
    got: Action
    """What it would have got as a part of the line."""
    as_expected: bool
    """It got that, and all else that is asked of it is so."""
    lacking: str = ""
    """Why not, in English; empty where it is."""
    lacking_coded: Coded = Field(default=(), exclude_if=lambda coded: not coded)

    @property
    def sentence(self) -> Sentence:
        """What came of it."""
        if self.as_expected:
            return say(Code.CHALLENGE_PIECE, piece=self.piece, got=self.got)
        said = Sentence(self.lacking, self.lacking_coded)
        return say(Code.CHALLENGE_PIECE_WRONG, piece=self.piece, got=self.got, cause=said)


def looked_at(piece: Piece, decision: Decision, *, round_id: str, by: str) -> ChallengeLook:
    """What one look at a piece came to.

    A piece that no model judged, or too late, was not seen, whatever became of it: a station that sends all
    aside, because its camera is dark, does not pass.

    Args:
        piece: What is known of it.
        decision: What it would get as a part of the line.
        round_id: Names the challenge.
        by: Who began that.
    """
    lacking = joined(_lacking(piece, decision))
    return ChallengeLook(
        round=round_id,
        by=by,
        piece=piece.name,
        expected=piece.expects,
        got=decision.action,
        as_expected=not lacking,
        lacking=lacking,
        lacking_coded=lacking.coded,
    )


def _lacking(piece: Piece, decision: Decision) -> list[Sentence]:
    if decision.model == NO_MODEL or decision.decided_by is DecidedBy.TIMEOUT:
        return [say(Code.CHALLENGE_NOT_JUDGED, cause=decision.sentence)]
    said = []
    if decision.action not in piece.expects:
        said.append(say(Code.CHALLENGE_EXPECTED, expected=", ".join(piece.expects)))
    if piece.defect and piece.defect not in {defect.type for defect in decision.defects}:
        said.append(say(Code.CHALLENGE_DEFECT, type=piece.defect))
    for name, (low, high) in piece.gauges.items():
        values = [reading.value for reading in decision.gauges if reading.name == name]
        if not any(value is not None and low <= value <= high for value in values):
            said.append(say(Code.CHALLENGE_GAUGE, gauge=name, low=low, high=high))
    return said or [NOTHING]
