"""The certificate: what :mod:`inspection.certification.threshold` proved of escapes, about what, and when."""

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import AwareDatetime, Field, model_validator

from inspection.certification.binomial import most_misses
from inspection.decision import Frozen, ModelRef, Probability, RecipeRef
from inspection.messages.codes import Code
from inspection.messages.message import NOTHING, Coded, Sentence, coded
from inspection.messages.telling import say

Share = Annotated[float, Field(gt=0.0, lt=1.0)]


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

    @property
    def figures(self) -> dict[str, float]:
        """What the promise consists of, as messages name it."""
        return {
            "alpha_percent": 100 * self.alpha,
            "sure_percent": 100 * (1 - self.delta),
            "misses": self.misses,
            "defective": self.n_defective,
        }


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

    def objection(self, *, recipe: RecipeRef, recipe_sha256: str, model: ModelRef) -> Sentence:
        """Why it says nothing about what judges now, in words; empty where it holds."""
        if self.recipe != recipe:
            return say(
                Code.CERTIFICATE_OF_OTHER_RECIPE,
                recipe=self.recipe.id,
                version=self.recipe.version,
                now_recipe=recipe.id,
                now_version=recipe.version,
            )
        if self.recipe_sha256 != recipe_sha256:
            return say(Code.CERTIFICATE_OF_OTHER_FILE)
        if self.model != model:
            return say(Code.CERTIFICATE_OF_OTHER_MODEL, model=_named(self.model), now_model=_named(model))
        return NOTHING

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


_NOT_ISSUED: Final = say(Code.NO_CERTIFICATE)


def _codes_of(reason: str) -> Coded:
    """Also of the default, whose codes a model does not keep in the string."""
    return _NOT_ISSUED.coded if reason == _NOT_ISSUED else coded(reason)


class Certification(Frozen):
    """Whether the station is certified: the certificate that holds, or why none does."""

    certificate: Certificate | None = None
    reason: str = str(_NOT_ISSUED)
    """Why none holds, in English; empty where one does."""
    coded: Coded = Field(default_factory=lambda known: _codes_of(known["reason"]))
    """What ``reason`` says, for any language."""

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
    def in_words(self) -> Sentence:
        """For people: the promise with its date, or the reason."""
        if self.certificate is None:
            return say(Code.UNCERTIFIED, cause=Sentence(self.reason, self.coded))
        date = f"{self.certificate.certified_at:%Y-%m-%d}"
        return say(Code.CERTIFIED, self.certificate.figures, date=date)


UNCERTIFIED = Certification()


def _named(model: ModelRef) -> str:
    return f"{model.name} {model.version} ({model.sha256[:12]})"
