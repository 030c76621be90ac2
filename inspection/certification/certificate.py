"""Certified escapes: a pass threshold that provably lets few defective parts through. Pure.

**The promise.** Of defective parts like those of the calibration at most a share ``alpha`` is passed. The
procedure that says so is wrong with probability ``delta`` at most, over the draw of the calibration's parts.

**The method** is fixed-sequence testing as in Learn then Test (Angelopoulos, Bates, Candès, Jordan and Lei,
"Learn then Test: Calibrating Predictive Algorithms to Achieve Risk Control", 2021, arXiv:2110.01052; MAPIE's
``risk_control`` has it in general). The hypothesis of a threshold is "more than ``alpha`` of the defective
parts score at most this". The thresholds are walked from the strictest; each hypothesis is tested with the
exact binomial p-value; the first that cannot be rejected ends the walk. Because the order is fixed before any
part is seen, each test is made at the full ``delta``, and it costs nothing how many thresholds there are.

**Why the walk may look at the scores.** The sequence is every double from 0 to 1, ascending: it depends on
nothing. Between two calibration scores the number of misses, and so the p-value, stays the same, so it is
enough to look where a score lies. That gives the order statistic of Wilks' tolerance limits ("Determination
of Sample Sizes for Setting Tolerance Limits", Annals of Mathematical Statistics 12, 1941), in one step.

**What is counted.** The binomial wants independent draws. Pictures of one part, or of one batch in one light,
are near-copies: a group of them is one draw, and escapes if any of its pictures does (``by_group``). That is
never milder than asking for one picture of each group, drawn at random.
"""

import hashlib
import json
import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, Field, model_validator

from inspection.decision import Frozen, ModelRef, Probability, RecipeRef

Share = Annotated[float, Field(gt=0.0, lt=1.0)]

NEVER_PASSES = math.inf
"""The score of a part that the inspector does not pass itself: no threshold lets it through."""


# --- the binomial -------------------------------------------------------------------------------------


def p_value(misses: int, n: int, alpha: float) -> float:
    """P(Binomial(n, alpha) <= misses): how likely so few misses are if the escape rate were ``alpha``.

    Args:
        misses: Defective parts of the calibration that would be passed, 0 to ``n``.
        n: Defective parts of the calibration.
        alpha: Escape rate, above 0 and below 1.

    >>> round(p_value(0, 59, 0.05), 4), round(p_value(0, 58, 0.05), 4)
    (0.0485, 0.051)
    """
    return 1.0 if misses >= n else min(1.0, math.fsum(_pmf(k, n, alpha) for k in range(misses + 1)))


def _pmf(k: int, n: int, alpha: float) -> float:
    # by logarithms: powers of a few hundred parts would underflow to "impossible", which is the wrong side
    choose = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(choose + k * math.log(alpha) + (n - k) * math.log1p(-alpha))


def most_misses(n: int, alpha: float, delta: float) -> int:
    """The most misses in ``n`` defective parts that still prove ``alpha`` at ``delta``; -1 where none do.

    >>> [most_misses(n, 0.05, 0.05) for n in (58, 59, 92, 93, 124)]
    [-1, 0, 0, 1, 2]
    """
    total, misses = 0.0, -1
    while misses < n - 1:
        total += _pmf(misses + 1, n, alpha)
        if total > delta:
            break
        misses += 1
    return misses


def parts_needed(alpha: float, delta: float) -> int:
    """The least number of defective parts that can prove ``alpha`` at ``delta``: with no miss among them.

    >>> parts_needed(0.01, 0.05), parts_needed(0.05, 0.05)
    (299, 59)
    """
    n = max(1, math.floor(math.log(delta) / math.log1p(-alpha)))  # rounding may land on either side
    while p_value(0, n, alpha) > delta:
        n += 1
    return n


def upper_bound(count: int, n: int, delta: float) -> float:
    """The one-sided Clopper-Pearson bound: in ``delta`` of draws at most, the rate behind them lies above it.

    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
    Biometrika 26 (1934). Without parts the bound is 1.

    Args:
        count: What was counted, 0 to ``n``.
        n: Among how many independent draws.
        delta: How often the bound may be wrong, above 0 and below 1.

    >>> round(upper_bound(0, 59, 0.05), 4), round(upper_bound(3, 100, 0.05), 4), upper_bound(0, 0, 0.05)
    (0.0495, 0.0757, 1.0)
    """
    if count >= n:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):  # halving; the upper end is the safe one
        middle = (low + high) / 2
        low, high = (middle, high) if p_value(count, n, middle) > delta else (low, middle)
    return high


# --- the walk -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Walked:
    """Where the walk ended."""

    threshold: float
    """The largest threshold that was proven, 0 to 1: a pass that scores at most this keeps the promise."""
    misses: int
    """Calibration parts that score at most this."""


def walk(scores: Sequence[float], *, alpha: float, delta: float) -> Walked | None:
    """Walk the pass threshold from the strictest as far as ``alpha`` is proven at ``delta``.

    Args:
        scores: One defect score, 0 to 1, of each independent defective part; ``NEVER_PASSES`` for a part that
            the inspector does not pass itself.
        alpha: The bound on the escape rate, above 0 and below 1.
        delta: How often the procedure may be wrong, above 0 and below 1.

    Returns:
        None where not even the strictest threshold is proven: too few parts, or defective ones that score 0.

    Raises:
        ValueError: A score, ``alpha`` or ``delta`` is out of its range.

    >>> walk([0.4] * 59, alpha=0.05, delta=0.05)
    Walked(threshold=0.39999999999999997, misses=0)
    >>> walk([0.4] * 58, alpha=0.05, delta=0.05) is None
    True
    """
    if not (0.0 < alpha < 1.0 and 0.0 < delta < 1.0):
        raise ValueError(f"alpha {alpha} and delta {delta} must lie between 0 and 1")
    if not all(0.0 <= score <= 1.0 or score == NEVER_PASSES for score in scores):
        raise ValueError("a score lies outside 0 to 1")
    ordered = sorted(scores)
    allowed = most_misses(len(ordered), alpha, delta)
    if allowed < 0:
        return None
    # The walk ends just below the first miss too many; where that one never passes, it goes to the end.
    threshold = min(1.0, math.nextafter(ordered[allowed], -1.0))
    return None if threshold < 0.0 else Walked(threshold, sum(score <= threshold for score in ordered))


def by_group(
    values: Iterable[float], groups: Iterable[Hashable], *, worst: Callable[[float, float], float]
) -> list[float]:
    """One value for each group, in the order in which the groups first come.

    Args:
        values: One for each picture.
        groups: One for each picture; pictures of one group are one draw.
        worst: ``min`` of defective parts' scores (one picture that passes is an escape), ``max`` of good.

    >>> by_group([0.7, 0.2, 0.9], ["a", "a", "b"], worst=min)
    [0.2, 0.9]
    """
    found: dict[Hashable, float] = {}
    for value, group in zip(values, groups, strict=True):
        found[group] = worst(found.get(group, value), value)
    return list(found.values())


# --- the certificate ----------------------------------------------------------------------------------


class Draw(StrEnum):
    """What the certificate counts as one part."""

    PICTURE = "picture"
    """Every picture shows another part."""
    FOLDER = "folder"
    """A folder of near-copies; it escapes if any of its pictures does."""


class CertificateRef(Frozen):
    """Which certificate held: goes into the record of every part, and outlives the certificate's file."""

    id: str = Field(pattern=r"^[0-9a-f]{64}$")
    alpha: Share
    delta: Share
    n_defective: int = Field(ge=1)
    misses: int = Field(ge=0)

    @property
    def promise(self) -> str:
        """In words."""
        return (
            f"at most {100 * self.alpha:.3g} % escapes, {100 * (1 - self.delta):.4g} % sure "
            f"({self.misses} of {self.n_defective} defective parts missed)"
        )


class Certificate(CertificateRef):
    """What was proven, about what, and when. Made by ``issue``; one that was changed since cannot be read."""

    id: str
    """SHA-256 of all the rest."""
    schema_version: int = Field(default=1, alias="schema", ge=1, le=1)
    threshold: Probability
    """The largest ``Decision.defect_score`` of a part that may pass."""
    draw: Draw
    """What was counted as one part, among defective and good ones."""
    pictures_defective: int = Field(ge=1)
    n_good: int = Field(ge=1)
    overkilled: int = Field(ge=0)
    """Good parts that the certified station would not pass."""
    overkill_bound: Probability
    """The share of good parts that it does not pass lies below this, 1 - ``delta`` sure (``upper_bound``)."""
    pictures_good: int = Field(ge=1)
    recipe_name: str
    recipe: RecipeRef
    recipe_sha256: str
    """Of the recipe's file, which holds policy and taught memory."""
    model: ModelRef
    """What judged; its name says which kind of inspector."""
    certified_at: AwareDatetime
    """UTC."""

    @classmethod
    def issue(cls, **values: Any) -> Self:
        """A certificate with its id. Raises ValueError where the numbers prove nothing."""
        return cls(**values, id=cls._digest(cls.model_construct(**values, id="")))

    @property
    def ref(self) -> CertificateRef:
        """What the record keeps of it."""
        return CertificateRef(**{name: getattr(self, name) for name in CertificateRef.model_fields})

    def objection(self, *, recipe: RecipeRef, recipe_sha256: str, model: ModelRef) -> str:
        """Why it says nothing about what judges now, in words; empty where it holds."""
        if self.recipe != recipe:
            return (
                f"the certificate was issued for recipe {self.recipe.id} version {self.recipe.version}, "
                f"now recipe {recipe.id} version {recipe.version} is in use"
            )
        if self.recipe_sha256 != recipe_sha256:
            return "the recipe's file changed since the certificate was issued"
        if self.model != model:
            return (
                f"the model changed since the certificate was issued: it was {_named(self.model)}, "
                f"now it is {_named(model)}"
            )
        return ""

    def _digest(self) -> str:
        content = json.dumps(self.model_dump(mode="json", exclude={"id"}), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    @model_validator(mode="after")
    def _as_issued(self) -> Self:
        if self.id != self._digest():
            raise ValueError("it was changed after it was issued")
        if self.misses > most_misses(self.n_defective, self.alpha, self.delta):
            raise ValueError(f"{self.misses} misses in {self.n_defective} defective parts do not prove it")
        return self


class Certification(Frozen):
    """Whether the station is certified: the certificate that holds, or why none does."""

    certificate: Certificate | None = None
    reason: str = "no certificate was issued"
    """Why none holds, in words; empty where one does."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.certificate is None) != bool(self.reason):
            raise ValueError("a station has a certificate, or a reason why it has none")
        return self

    @property
    def ref(self) -> CertificateRef | None:
        """What the record keeps: the certificate that holds, None where none does."""
        return None if self.certificate is None else self.certificate.ref

    @property
    def in_words(self) -> str:
        """For people: the promise with its date, or the reason."""
        if self.certificate is None:
            return f"uncertified: {self.reason}"
        return f"certified: {self.certificate.promise}, {self.certificate.certified_at:%Y-%m-%d}"


UNCERTIFIED = Certification()


def _named(model: ModelRef) -> str:
    return f"{model.name} {model.version} ({model.sha256[:12]})"
