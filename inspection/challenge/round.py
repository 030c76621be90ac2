"""One challenge under way: which piece is next, and what the pieces got. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from inspection.challenge.look import ChallengeLook
from inspection.challenge.plan import ChallengePlan, Piece


@dataclass(slots=True)
class Round:
    """Pieces come in any order where a part id or serial names them, the others in the order of the plan."""

    plan: ChallengePlan
    id: str
    by: str
    """Who began it."""
    began: datetime
    looks: list[ChallengeLook] = field(default_factory=list)

    @property
    def wanted(self) -> list[Piece]:
        """The looks that are wanted still, in their order."""
        seen = Counter(look.piece for look in self.looks)
        return [
            piece
            for turn in range(self.plan.repeats)
            for piece in self.plan.pieces
            if seen[piece.name] <= turn
        ]

    @property
    def asked(self) -> int:
        """How many looks the plan asks for."""
        return len(self.plan.pieces) * self.plan.repeats

    @property
    def wrong(self) -> list[ChallengeLook]:
        """Those that did not get what they must."""
        return [look for look in self.looks if not look.as_expected]

    @property
    def goes_by_order(self) -> bool:
        """A piece that nothing names is wanted still: the next part is taken for it."""
        return any(not piece.named for piece in self.wanted)

    def piece_of(self, *, part_id: int, serial: str) -> Piece | None:
        """Which piece a part is; None where it is none.

        Where its part id and its serial name two pieces, it is neither.
        """
        by_id = self.plan.piece_of(part_id=part_id)
        by_serial = self.plan.piece_of(serial=serial)
        if by_id is not None and by_serial is not None and by_id != by_serial:
            return None
        return by_id or by_serial or next((piece for piece in self.wanted if not piece.named), None)
