"""Figures over parts: pure functions, no I/O."""


def first_pass_yield(*, passed_at_first_look: int, judged: int) -> float | None:
    """Share of judged parts that passed at the first look, 0 to 1; None where no part was judged.

    Raises:
        ValueError: More passed than were judged.
    """
    if not 0 <= passed_at_first_look <= judged:
        raise ValueError(f"{passed_at_first_look} of {judged} parts cannot have passed")
    return passed_at_first_look / judged if judged else None
