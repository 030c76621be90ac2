"""How far calls agree: with what is known of a piece, with each other, and with themselves. Pure.

Attribute agreement analysis after AIAG, *Measurement Systems Analysis*, 4th edition, 2010, chapter III
section C. A *call* is what one appraiser said of one piece in one run.

- **Against the reference**: Cohen's kappa of the calls and what is known (J. Cohen, "A Coefficient of
  Agreement for Nominal Scales", Educational and Psychological Measurement 20, 1960), with the large-sample
  standard error of J. L. Fleiss, J. Cohen and B. S. Everitt, "Large Sample Standard Errors of Kappa and
  Weighted Kappa", Psychological Bulletin 72, 1969.
- **Within** an appraiser (his runs) and **between** appraisers: Fleiss's kappa (J. L. Fleiss, "Measuring
  Nominal Scale Agreement Among Many Raters", Psychological Bulletin 76, 1971), in the form that lets pieces
  have different numbers of calls, with the standard error of K. L. Gwet, "Large-Sample Variance of Fleiss
  Generalized Kappa", Educational and Psychological Measurement 81, 2021.
- **Effectiveness**: pieces on which every call was right, of all. **Miss rate**: calls that let a defective
  piece pass, of all of such pieces. **False alarm rate**: calls that did not let a good one pass, of all of
  such. Each with its exact interval (``proportions``).

Kappa says how much better calls agree than chance would have them; it says nothing where all calls, and all
that is known, are of one kind. Its interval is a large-sample one, so of fewer than ``LEAST_PIECES`` pieces
none is told. Repeated runs of one machine on the same pieces are less independent than people's; then the
interval against the reference, which counts calls, is too narrow.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from scipy.stats import norm

from inspection.decision import Frozen
from reports.statistics.proportions import CONFIDENCE, Interval, Proportion, proportion

LEAST_PIECES: Final = 30
"""Fewer say little about agreement: no kappa is worked out of them. AIAG's own example has 50."""


class Call(NamedTuple):
    """What one appraiser said of one piece in one run."""

    piece: str
    appraiser: str
    run: str
    expected: str
    """What is known of the piece: the call that is right."""
    got: str


class Grade(StrEnum):
    """How good a figure is."""

    ACCEPTABLE = "acceptable"
    MARGINAL = "marginal"
    """May be acceptable; needs improvement."""
    UNACCEPTABLE = "unacceptable"


class Bounds(Frozen):
    """What is asked of a figure to be acceptable, and to be marginal at least.

    AIAG's, *Measurement Systems Analysis*, 4th edition, chapter III section C: its table of effectiveness,
    misses and false alarms; and of kappa, that above 0.75 is good to excellent and below 0.40 poor.
    """

    effectiveness: tuple[float, float] = (0.90, 0.80)
    miss_rate: tuple[float, float] = (0.02, 0.05)
    false_alarm_rate: tuple[float, float] = (0.05, 0.10)
    kappa: tuple[float, float] = (0.75, 0.40)


class NoKappa(StrEnum):
    """Why there is no kappa."""

    TOO_FEW_PIECES = "too_few_pieces"
    ONE_KIND = "one_kind"
    """All calls, and all that is known, are of one kind: chance would agree as well."""
    ONE_CALL = "one_call"
    """No piece has two calls to be compared."""


class Kappa(Frozen):
    """Agreement beyond chance: 1 is all, 0 is what chance gives."""

    pieces: int
    """That were compared."""
    calls: int
    value: float | None = None
    se: float | None = None
    """Its standard error."""
    low: float | None = None
    """Bounds of what lies behind it, with 95 % confidence; None where all agree, so that its standard error
    is 0 and says nothing."""
    high: float | None = None
    refused: NoKappa | None = None
    """Why there is none."""
    grade: Grade | None = None


class Rate(Frozen):
    """A share, with its grade."""

    share: Proportion
    grade: Grade


class Appraiser(Frozen):
    """How one appraiser did."""

    name: str
    against: Kappa
    """Cohen's, with what is known."""
    within: Kappa
    """Fleiss's, of his runs with each other."""
    effectiveness: Rate | None
    miss_rate: Rate | None
    """None where no piece was defective."""
    false_alarm_rate: Rate | None
    """None where no piece was good."""


class Agreement(Frozen):
    """How far calls agree."""

    good: str
    """The call that lets a piece pass."""
    bounds: Bounds
    appraisers: tuple[Appraiser, ...]
    """By name."""
    between: Kappa | None
    """Fleiss's, of all calls of all appraisers; None with fewer than two."""


def agreement(calls: Iterable[Call], *, good: str, bounds: Bounds | None = None) -> Agreement | None:
    """How far calls agree; None without any.

    Args:
        calls: In any order.
        good: The call that lets a piece pass: all others stop it.
        bounds: What is asked of the figures; None for AIAG's.
    """
    found = list(calls)
    if not found:
        return None
    asked = Bounds() if bounds is None else bounds
    names = sorted({call.appraiser for call in found})
    return Agreement(
        good=good,
        bounds=asked,
        appraisers=tuple(
            _appraiser(name, [call for call in found if call.appraiser == name], good, asked)
            for name in names
        ),
        between=_graded(fleiss_kappa(_by_piece(found)), asked) if len(names) > 1 else None,
    )


def _appraiser(name: str, calls: Sequence[Call], good: str, bounds: Bounds) -> Appraiser:
    right: dict[str, bool] = defaultdict(lambda: True)
    for call in calls:
        right[call.piece] &= call.got == call.expected
    bad = [call.got == good for call in calls if call.expected != good]
    fine = [call.got != good for call in calls if call.expected == good]
    pieces = len(right)
    against = cohen_kappa([(call.expected, call.got) for call in calls], pieces=pieces)
    return Appraiser(
        name=name,
        against=_graded(against, bounds),
        within=_graded(fleiss_kappa(_by_piece(calls)), bounds),
        effectiveness=_rate(sum(right.values()), pieces, bounds.effectiveness),
        miss_rate=_rate(sum(bad), len(bad), bounds.miss_rate),
        false_alarm_rate=_rate(sum(fine), len(fine), bounds.false_alarm_rate),
    )


def _by_piece(calls: Iterable[Call]) -> list[Mapping[str, int]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for call in calls:
        counts[call.piece][call.got] += 1
    return list(counts.values())


def _rate(count: int, of: int, bounds: tuple[float, float]) -> Rate | None:
    share = proportion(count, of, Interval.CLOPPER_PEARSON)
    return None if share is None else Rate(share=share, grade=_grade(share.share, bounds))


def _graded(kappa: Kappa, bounds: Bounds) -> Kappa:
    if kappa.value is None:
        return kappa
    return kappa.model_copy(update={"grade": _grade(kappa.value, bounds.kappa)})


def _grade(value: float, bounds: tuple[float, float]) -> Grade:
    """More is better where the acceptable bound is the higher one; at a bound it is kept."""
    acceptable, marginal = bounds
    sign = 1.0 if acceptable > marginal else -1.0
    if sign * value >= sign * acceptable:
        return Grade.ACCEPTABLE
    return Grade.MARGINAL if sign * value >= sign * marginal else Grade.UNACCEPTABLE


def cohen_kappa(pairs: Sequence[tuple[str, str]], *, pieces: int) -> Kappa:
    """Cohen's kappa of two who called the same.

    Args:
        pairs: What each of the two said, once a call.
        pieces: On how many pieces.

    >>> accept, reject = "accept", "reject"  # AIAG, MSA 4th edition: appraiser A and the reference
    >>> table = {(reject, reject): 45, (accept, reject): 5, (reject, accept): 3, (accept, accept): 97}
    >>> found = cohen_kappa([pair for pair, n in table.items() for _ in range(n)], pieces=50)
    >>> found.value and round(found.value, 2)
    0.88
    """
    n, kinds = len(pairs), sorted({one for pair in pairs for one in pair})
    if pieces < LEAST_PIECES:
        return Kappa(pieces=pieces, calls=n, refused=NoKappa.TOO_FEW_PIECES)
    if len(kinds) < 2:
        return Kappa(pieces=pieces, calls=n, refused=NoKappa.ONE_KIND)
    place = {kind: at for at, kind in enumerate(kinds)}
    p = np.zeros((len(kinds), len(kinds)))
    for (one, other), times in Counter(pairs).items():
        p[place[one], place[other]] = times / n
    rows, columns, same = p.sum(axis=1), p.sum(axis=0), float(np.trace(p))
    chance = float(rows @ columns)
    value = (same - chance) / (1.0 - chance)
    # Fleiss, Cohen and Everitt, 1969, formula 13, without weights.
    diagonal = np.diag(p) * (1.0 - (rows + columns) * (1.0 - value)) ** 2
    beside = p * (columns[:, None] + rows[None, :]) ** 2
    np.fill_diagonal(beside, 0.0)
    variance = (
        float(diagonal.sum())
        + (1.0 - value) ** 2 * float(beside.sum())
        - (value - chance * (1.0 - value)) ** 2
    ) / (n * (1.0 - chance) ** 2)
    return _kappa(value, math.sqrt(max(variance, 0.0)), pieces=pieces, calls=n)


def fleiss_kappa(pieces: Sequence[Mapping[str, int]]) -> Kappa:
    """Fleiss's kappa of all who called the same pieces, each piece two times or more.

    Args:
        pieces: How often each piece was called what; one that was called once is left out.

    >>> votes = [{"a": 2}, {"a": 1, "b": 1}, {"b": 2}, {"b": 2}, {"a": 1, "b": 1}, {"a": 2}]
    >>> found = fleiss_kappa(votes * 5)
    >>> found.value and round(found.value, 3)
    0.333
    """
    compared = [piece for piece in pieces if sum(piece.values()) > 1]
    n, calls = len(compared), sum(sum(piece.values()) for piece in compared)
    kinds = sorted({kind for piece in compared for kind, times in piece.items() if times})
    if not compared:
        return Kappa(pieces=len(pieces), calls=sum(map(_calls, pieces)), refused=NoKappa.ONE_CALL)
    if n < LEAST_PIECES:
        return Kappa(pieces=n, calls=calls, refused=NoKappa.TOO_FEW_PIECES)
    if len(kinds) < 2:
        return Kappa(pieces=n, calls=calls, refused=NoKappa.ONE_KIND)
    counts = np.array([[piece.get(kind, 0) for kind in kinds] for piece in compared], dtype=float)
    of = counts.sum(axis=1)
    shares = (counts / of[:, None]).mean(axis=0)
    same = (counts * (counts - 1.0)).sum(axis=1) / (of * (of - 1.0))
    chance = float((shares**2).sum())
    value = (float(same.mean()) - chance) / (1.0 - chance)
    # Gwet, 2021: what each piece adds, linearised.
    each = (same - chance) / (1.0 - chance)
    by_chance = (counts / of[:, None]) @ shares
    spread = each - 2.0 * (1.0 - value) * (by_chance - chance) / (1.0 - chance) - value
    return _kappa(value, math.sqrt(float((spread**2).sum()) / (n * (n - 1.0))), pieces=n, calls=calls)


def _calls(piece: Mapping[str, int]) -> int:
    return sum(piece.values())


def _kappa(value: float, se: float, *, pieces: int, calls: int) -> Kappa:
    half = float(norm.isf((1.0 - CONFIDENCE) / 2.0)) * se
    told = Kappa(pieces=pieces, calls=calls, value=value, se=se)
    if se == 0.0:
        return told
    return told.model_copy(update={"low": max(value - half, -1.0), "high": min(value + half, 1.0)})
