"""What of a recipe's proofs and labels is in force for what judges now: neither outlives what it is about."""

import structlog

from app.recipes.library import RecipeLibrary
from inspection.certification.certificate import UNCERTIFIED, Certification
from inspection.certification.probability import LabelledScores
from inspection.decision import SCORE_LIMIT, ModelRef, RecipeRef
from inspection.drift.usual import UsualScores, UsualView
from inspection.errors import PassgateError
from inspection.recipe import Recipe
from models.inspectors.reflex import ReflexInspector, unclamped
from models.inspectors.second_opinion import SecondOpinionInspector

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


def usual_views(
    recipe: Recipe,
    inspector: ReflexInspector | SecondOpinionInspector,
    *,
    certification: Certification,
    labelled: LabelledScores | None,
    library: RecipeLibrary,
) -> tuple[UsualView, ...]:
    """How good parts scored and looked when each view was taught, as far as that is known. Never raises.

    Where labels changed what a score is, the good ones among the labelled parts say it, as far as the reflex
    gave those scores. A certificate may let pass only what lies lower; so parts that pass are compared with
    the taught ones that would have passed.

    Args:
        recipe: The version in use, as it was read from its file.
        inspector: Has its memories.
        certification: The certificate that holds, or none.
        labelled: The labelled scores that hold, or none.
        library: Has the recipe's file.
    """
    try:
        looks = library.looks(recipe.name, recipe.version)
    except PassgateError as error:
        log.warning("no taught looks", recipe=recipe.name, version=recipe.version, why=str(error))
        looks = {}
    by_reflex = isinstance(inspector, ReflexInspector)
    limit, held = SCORE_LIMIT, certification.certificate
    if held is not None and by_reflex:  # another model's scores, and so its limit, are on another scale
        limit = min(limit, held.threshold)
    usual: list[UsualView] = []
    for view in recipe.views:
        memory = inspector.memory(recipe, view)
        scores, witnesses = [unclamped(one - memory.threshold) for one in memory.taught_scores], memory.groups
        if not scores and labelled is not None and by_reflex and len(recipe.views) == 1:
            scores, witnesses = labelled.good_scores, labelled.good
        taught = UsualScores.of(scores, witnesses=witnesses, limit=limit)
        usual.append(UsualView(view=view.name, scores=taught, looks=looks.get(view.name)))
    return tuple(usual)
