"""What of a recipe's proofs and labels is in force for what judges now: neither outlives what it is about."""

import structlog

from app.recipes.library import RecipeLibrary
from inspection.certification.certificate import UNCERTIFIED, Certification
from inspection.certification.probability import LabelledScores
from inspection.decision import ModelRef, RecipeRef
from inspection.errors import PassgateError
from inspection.recipe import Recipe

log = structlog.get_logger(__name__)


def certification(recipe: Recipe, *, model: ModelRef, library: RecipeLibrary) -> Certification:
    """Whether the certificate beside ``recipe`` holds for what judges now, or why not. Never raises.

    Args:
        recipe: The version in use, as it was read from its file.
        model: The inspector's.
        library: Has the recipe's file and the certificate.
    """
    try:
        certificate = library.certificate(recipe.name, recipe.version)
        if certificate is None:
            return UNCERTIFIED
        objection = certificate.objection(
            recipe=RecipeRef(id=recipe.id, version=recipe.version),
            recipe_sha256=recipe.sha256,
            model=model,
        )
    except PassgateError as error:
        objection = error.sentence
    if objection:
        log.warning("the certificate is refused", recipe=recipe.name, version=recipe.version, why=objection)
        return Certification(reason=objection, coded=objection.coded)
    return Certification(certificate=certificate, reason="")


def labelled_scores(
    recipe: Recipe, *, model: ModelRef, certification: Certification, library: RecipeLibrary
) -> LabelledScores | None:
    """The labelled scores that hold for what judges now; None where there are none. Never raises.

    Those of the certificate that holds, since the recipe as it is judged them; otherwise those that the
    recipe's own file has from its labels. Of no other recipe file and no other model.

    Args:
        recipe: The version in use, as it was read from its file.
        model: The inspector's.
        certification: The certificate that holds, or none.
        library: Has both files.
    """
    try:
        held = certification.certificate
        found = None if held is None else library.certified_scores(held)
        if found is None and recipe.sha256 == library.recipe(recipe.name, recipe.version).sha256:
            found = library.taught_scores(recipe.name, recipe.version)
    except PassgateError as error:
        log.warning("no labelled scores", recipe=recipe.name, version=recipe.version, why=str(error))
        return None
    return found if found is not None and found.judged_by == model else None
