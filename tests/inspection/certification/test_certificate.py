"""The certificate: it says what was proven, reads back only as it was issued, and holds for nothing else."""

import json
from typing import NamedTuple

import pytest
from pydantic import ValidationError

from inspection.certification.certificate import Certificate, Certification
from inspection.decision import ModelRef, RecipeRef
from tests.fakes import certificate

MODEL = certificate().model


class InUse(NamedTuple):
    """What judges now."""

    recipe: RecipeRef
    recipe_sha256: str
    model: ModelRef


ISSUED_FOR = InUse(RecipeRef(id=1, version=1), "b" * 64, MODEL)


def test_a_certificate_reads_back_and_says_what_it_promises() -> None:
    issued = certificate()
    assert Certificate.model_validate_json(issued.model_dump_json()) == issued
    assert (
        issued.ref.promise
        == issued.promise
        == ("at most 5 % escapes, 95 % sure (0 of 60 defective parts missed)")
    )
    assert certificate(alpha=0.06).id != issued.id


def test_a_certificate_issued_before_recipes_were_named_by_hash_still_reads() -> None:
    issued = (
        '{"id":"94d419802031940327d6d46b1f432517b1bfcf9dac98a7df42b42eaf5f299577","alpha":0.05,"delta":0.05,'
        '"n_defective":59,"misses":0,"schema":1,"threshold":0.4,"draw":"picture","pictures_defective":59,'
        '"n_good":20,"overkilled":1,"overkill_bound":0.3,"pictures_good":20,"recipe_name":"cover",'
        f'"recipe":{{"id":1,"version":1}},"recipe_sha256":"{"b" * 64}",'
        f'"model":{{"name":"passgate-reflex","version":"1","sha256":"{"0" * 64}"}},'
        '"certified_at":"2026-03-02T00:00:00Z"}'
    )
    assert Certificate.model_validate_json(issued).model_dump_json() == issued


@pytest.mark.parametrize(
    ("key", "value"), [("threshold", 0.9), ("alpha", 0.01), ("misses", 1), ("recipe_sha256", "c" * 64)]
)
def test_a_certificate_changed_by_hand_cannot_be_read(key: str, value: object) -> None:
    altered = json.dumps(json.loads(certificate().model_dump_json()) | {key: value})
    with pytest.raises(ValidationError, match="changed after it was issued"):
        Certificate.model_validate_json(altered)


def test_numbers_that_prove_nothing_make_no_certificate() -> None:
    for changes in ({"n_defective": 58}, {"misses": 1}, {"alpha": 0.01}):
        with pytest.raises(ValidationError, match="do not prove"):
            certificate(**changes)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (ISSUED_FOR, ""),
        (ISSUED_FOR._replace(model=MODEL.model_copy(update={"sha256": "c" * 64})), "the model changed since"),
        (ISSUED_FOR._replace(model=MODEL.model_copy(update={"version": "2"})), "it was passgate-reflex 1"),
        (
            ISSUED_FOR._replace(model=MODEL.model_copy(update={"name": "passgate-vla"})),
            "now it is passgate-vla",
        ),
        (ISSUED_FOR._replace(recipe=RecipeRef(id=1, version=2)), "now recipe 1 version 2"),
        (ISSUED_FOR._replace(recipe_sha256="c" * 64), "file changed"),
    ],
)
def test_it_holds_for_what_it_was_issued_for_and_nothing_else(now: InUse, words: str) -> None:
    objection = certificate().objection(recipe=now.recipe, recipe_sha256=now.recipe_sha256, model=now.model)
    assert words in objection
    assert bool(objection) == (now != ISSUED_FOR)


def test_a_station_is_certified_or_says_why_not() -> None:
    assert Certification().in_words == "uncertified: no certificate was issued"
    held = Certification(certificate=certificate(), reason="")
    assert held.in_words.startswith("certified: at most 5 % escapes")
    with pytest.raises(ValidationError):
        Certification(certificate=certificate())
    with pytest.raises(ValidationError):
        Certification(reason="")
