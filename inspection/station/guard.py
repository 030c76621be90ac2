"""Rules that can only make a decision stricter (promise 3). Pure; the guard always has the last word."""

from collections.abc import Iterable

from inspection.certification.certificate import Certificate
from inspection.decision import Action, DecidedBy, Decision, ModelRef, RecipeRef
from inspection.part import Trigger
from inspection.recipe import ANY_TYPE, Recipe
from inspection.unheard import ALL_HEARD, Unheard

NO_MODEL = ModelRef(name="none", version="0", sha256="")
"""Stands in a decision that no model had a part in."""


def undecided(
    trigger: Trigger,
    *,
    recipe: Recipe | None,
    reason: str,
    action: Action = Action.MANUAL_REVIEW,
    decided_by: DecidedBy = DecidedBy.GUARD,
) -> Decision:
    """The decision on a part that nothing judged: manual_review, or the recipe's stricter wish.

    Args:
        trigger: The part.
        recipe: The active recipe; None where none was (recorded as recipe 0).
        reason: In words, for the person who looks at the part.
        action: Any action but pass.
        decided_by: guard, or timeout for a late decision.

    Raises:
        ValueError: ``action`` is pass: nothing that was not judged is ever passed.
    """
    if action is Action.PASS:
        raise ValueError("a part that nothing judged cannot be passed")
    return Decision(
        part_id=trigger.part_id,
        trigger_seq=trigger.seq,
        recipe=recipe.ref if recipe else RecipeRef(id=0, version=1),
        action=action,
        confidence=0.0,
        decided_by=decided_by,
        reason=reason[:500],
        model=NO_MODEL,
    )


def review(
    decision: Decision,
    *,
    trigger: Trigger,
    recipe: Recipe,
    certificate: Certificate | None = None,
    unheard: Unheard = ALL_HEARD,
    unkept: str = "",
) -> Decision:
    """The decision that may be published: at least as strict as the model's and as every rule asks.

    The rules: the part's pictures are kept; the decision is about this part and this recipe; the PLC asked
    for this recipe; every
    defect gets at least what the policy says; every gauge was read and is within its limits; where the
    station is certified, a pass keeps the certificate's threshold; what may be of a type that nobody can name
    gets what the recipe asks for that type, unless a person accepted that it does not.

    Args:
        decision: The inspector's.
        trigger: The part under the camera.
        recipe: The active one.
        certificate: The one that holds; None where the station is uncertified.
        unheard: What the recipe asks of types that nobody can name.
        unkept: Why a picture of the part is not in the archive; empty where each is.
    """
    objections = [*_objections(decision, trigger=trigger, recipe=recipe)]
    if unkept:  # said first: nobody could see later what was judged
        objections.insert(0, (Action.MANUAL_REVIEW, f"its picture could not be kept: {unkept}"))
    objections += _unheard_objections(decision, recipe=recipe, unheard=unheard)
    if certificate is not None and decision.action is Action.PASS:
        objections += _certificate_objections(decision, certificate)
    for action, reason in objections:
        decision = decision.stricter(action, decided_by=DecidedBy.GUARD, reason=reason)
    if unheard.types and decision.defects and decision.decided_by is not DecidedBy.GUARD:
        said = f"{decision.reason}; {unheard.on_the_line(accepted=recipe.unheard_accepted)}"
        decision = decision.model_copy(update={"reason": said[:500]})
    return decision


def _objections(decision: Decision, *, trigger: Trigger, recipe: Recipe) -> Iterable[tuple[Action, str]]:
    if (decision.part_id, decision.trigger_seq) != (trigger.part_id, trigger.seq):
        yield (
            Action.MANUAL_REVIEW,
            f"the decision is about part {decision.part_id} (trigger {decision.trigger_seq}), "
            f"but part {trigger.part_id} (trigger {trigger.seq}) is under the camera",
        )
    if decision.recipe != recipe.ref:
        yield Action.MANUAL_REVIEW, "the decision was made by another recipe than the active one"
    if trigger.recipe_request not in (0, recipe.id):
        yield (
            Action.MANUAL_REVIEW,
            f"the PLC asked for recipe {trigger.recipe_request}, but recipe {recipe.id} is active",
        )
    asked = recipe.action_for(decision.defects)
    if asked is not Action.PASS:
        named = ", ".join(sorted({f"{d.severity} {d.type}" for d in decision.defects}))
        yield asked, f"the policy asks for {asked} on: {named}"
    yield from _gauge_objections(decision, recipe=recipe)


def _unheard_objections(
    decision: Decision, *, recipe: Recipe, unheard: Unheard
) -> Iterable[tuple[Action, str]]:
    """What was found has no name, and may be of each type that nobody can name."""
    if recipe.unheard_accepted:
        return
    for defect in decision.defects:
        if defect.type in recipe.named_types:
            continue
        for kind, asked in unheard.lost.items():
            named = defect if kind == ANY_TYPE else defect.model_copy(update={"type": kind})
            # Words ask for it at any severity, rules at theirs.
            action = asked if recipe.instruction.strip() else recipe.action_for((named,))
            yield action, f"a {defect.severity} {defect.type} may be {kind}, which nobody can name: {action}"


def _certificate_objections(decision: Decision, certificate: Certificate) -> Iterable[tuple[Action, str]]:
    if decision.defect_score is None:
        yield Action.MANUAL_REVIEW, "the station is certified, but no model scored the part"
    elif decision.defect_score > certificate.threshold:
        yield (
            Action.MANUAL_REVIEW,
            f"defect score {decision.defect_score:.4g} is above {certificate.threshold:.4g}, the threshold "
            f"that is certified for {certificate.promise}",
        )


def _gauge_objections(decision: Decision, *, recipe: Recipe) -> Iterable[tuple[Action, str]]:
    readings = {reading.name: reading for reading in decision.gauges}
    for spec in recipe.gauges:
        reading = readings.get(spec.name)
        if reading is None or reading.value is None:
            yield Action.MANUAL_REVIEW, f"gauge {spec.name} could not be read"
        elif not spec.low <= reading.value <= spec.high:
            yield (
                Action.REWORK,
                f"gauge {spec.name} reads {reading.value:g} {spec.unit}, "
                f"limits {spec.low:g} to {spec.high:g}",
            )
