"""Rules that can only make a decision stricter (promise 3). Pure; the guard always has the last word."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from inspection.certification.certificate import Certificate
from inspection.decision import (
    MOST_REASON,
    NO_MODEL,
    Action,
    DecidedBy,
    Decision,
    GaugeReading,
    RecipeRef,
    because,
    within,
)
from inspection.instruments.code import CodeDescription
from inspection.instruments.indicator import LAMP_STATES, LampDescription
from inspection.instruments.reading import places
from inspection.messages.codes import Code
from inspection.messages.message import NOTHING, Sentence, coded, joined
from inspection.messages.telling import ENGLISH, say
from inspection.part import Trigger
from inspection.recipe import ANY_TYPE, GaugeSpec, Recipe
from inspection.unheard import ALL_HEARD, Unheard

_MOST_SAID: Final = 3
"""Sentences about gauges in a reason, and names in one of them."""


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
        reason: A sentence for the person who looks at the part.
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
        reason=reason[:MOST_REASON],
        coded=coded(reason),
        model=NO_MODEL,
    )


def late(trigger: Trigger, *, recipe: Recipe, reason: str) -> Decision:
    """The decision on a part that missed its deadline: what the recipe asks for then, and never a pass.

    Args:
        trigger: The part.
        recipe: The active recipe; its ``late_policy`` is the action.
        reason: What was late, in words, for the person who looks at the part.
    """
    return undecided(
        trigger, recipe=recipe, reason=reason, action=recipe.late_policy, decided_by=DecidedBy.TIMEOUT
    )


def review(
    decision: Decision,
    *,
    trigger: Trigger,
    recipe: Recipe,
    certificate: Certificate | None = None,
    unheard: Unheard = ALL_HEARD,
    unkept: str = "",
    unnamed: str = "",
) -> Decision:
    """The decision that may be published: at least as strict as the model's and as every rule asks.

    The rules:

    - the part's pictures are kept;
    - who should name the part does, and all name the same;
    - the decision is about this part and by this recipe, which is the one that the PLC asked for;
    - every defect gets at least what the recipe's policy says;
    - where the station is certified, a pass keeps the certificate's threshold;
    - what may be of a type that nobody can name gets what the recipe asks for that type, unless a person
      accepted that it does not;
    - every gauge was read, and is within its limits by more than its uncertainty.

    Args:
        decision: The inspector's.
        trigger: The part under the camera.
        recipe: The active one.
        certificate: The one that holds; None where the station is uncertified.
        unheard: What the recipe asks of types that nobody can name.
        unkept: Why a picture of the part is not in the archive; empty where each is.
        unnamed: Why it is not known which part it is, though it should be; empty where it is.
    """
    objections = [*_objections(decision, trigger=trigger, recipe=recipe)]
    if unkept:  # said first: nobody could see later what was judged
        objections.insert(0, (Action.MANUAL_REVIEW, say(Code.PICTURE_NOT_KEPT, cause=unkept)))
    if unnamed:
        objections.append((Action.MANUAL_REVIEW, Sentence(unnamed, coded(unnamed))))
    objections += _unheard_objections(decision, recipe=recipe, unheard=unheard)
    if certificate is not None and decision.action is Action.PASS:
        objections += _certificate_objections(decision, certificate)
    for action, reason in objections:
        decision = decision.stricter(action, decided_by=DecidedBy.GUARD, reason=reason)
    decision = _as_gauges_ask(decision, recipe=recipe)
    if unheard.types and decision.defects and decision.decided_by is not DecidedBy.GUARD:
        said = joined((decision.sentence, unheard.on_the_line(accepted=recipe.unheard_accepted)))
        decision = decision.model_copy(update=because(said))
    return decision


def _objections(decision: Decision, *, trigger: Trigger, recipe: Recipe) -> Iterable[tuple[Action, Sentence]]:
    if (decision.part_id, decision.trigger_seq) != (trigger.part_id, trigger.seq):
        yield (
            Action.MANUAL_REVIEW,
            say(
                Code.OTHER_PART_DECIDED,
                decided_part=decision.part_id,
                decided_trigger=decision.trigger_seq,
                part=trigger.part_id,
                trigger=trigger.seq,
            ),
        )
    if decision.recipe != recipe.ref:
        yield Action.MANUAL_REVIEW, say(Code.OTHER_RECIPE_DECIDED)
    if trigger.recipe_request not in (0, recipe.id):
        yield (
            Action.MANUAL_REVIEW,
            say(Code.OTHER_RECIPE_ASKED, asked=trigger.recipe_request, active=recipe.id),
        )
    asked = recipe.action_for(decision.defects)
    if asked is not Action.PASS:
        named = ", ".join(sorted({f"{d.severity} {d.type}" for d in decision.defects}))
        yield asked, say(Code.POLICY_ASKS, action=asked, defects=named)


def _unheard_objections(
    decision: Decision, *, recipe: Recipe, unheard: Unheard
) -> Iterable[tuple[Action, Sentence]]:
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
            found = f"{defect.severity} {defect.type}"
            yield action, say(Code.MAY_BE_UNNAMED, defect=found, type=kind, action=action)


def _certificate_objections(
    decision: Decision, certificate: Certificate
) -> Iterable[tuple[Action, Sentence]]:
    if decision.defect_score is None:
        yield Action.MANUAL_REVIEW, say(Code.CERTIFIED_BUT_UNSCORED)
    elif decision.defect_score > certificate.threshold:
        yield (
            Action.MANUAL_REVIEW,
            say(
                Code.ABOVE_CERTIFIED,
                certificate.figures,
                score=decision.defect_score,
                threshold=certificate.threshold,
            ),
        )


def _as_gauges_ask(decision: Decision, *, recipe: Recipe) -> Decision:
    """The decision at least as strict as any gauge asks. All that object are named, whatever was decided."""
    objections = sorted(
        _gauge_objections(decision, recipe=recipe), key=lambda one: one[0].strictness, reverse=True
    )
    if not objections:
        return decision
    action, said = objections[0][0], [sentence for _, sentence in objections]
    if action.strictness <= decision.action.strictness:
        return decision.model_copy(update=because(_in_short(said, behind=decision.sentence)))
    return decision.stricter(action, decided_by=DecidedBy.GUARD, reason=_in_short(said))


def _in_short(said: Sequence[Sentence], *, behind: Sentence = NOTHING) -> Sentence:
    """What gauges object, as far as a reason has room for it, and how many more there are."""
    together = _together(said)
    for shown in range(min(len(together), _MOST_SAID), 0, -1):
        told = together[:shown]
        more = len(said) - sum(gauges for _, gauges in told)
        rest = say(Code.MORE_GAUGES, count=more) if more else NOTHING
        whole = joined((behind, *(sentence for sentence, _ in told), rest))
        if len(whole) <= MOST_REASON:
            return whole
    return joined((behind, say(Code.MORE_GAUGES, count=len(said))))


def _together(said: Sequence[Sentence]) -> list[tuple[Sentence, int]]:
    """Each sentence, and how many gauges it names: those unread for one reason are said in one."""
    unread: dict[str, list[str]] = {}
    for sentence in said:
        for message in sentence.coded:
            if message.code is Code.GAUGE_UNREADABLE:
                unread.setdefault(ENGLISH.tell(message.causes), []).append(str(message.params["gauge"]))
    together: list[tuple[Sentence, int]] = []
    for sentence in said:
        (message,) = sentence.coded
        why = ENGLISH.tell(message.causes)
        names = unread.pop(why, []) if message.code is Code.GAUGE_UNREADABLE else [sentence]
        if len(names) > 1:
            named, cause = names[:_MOST_SAID], Sentence(why, message.causes)
            sentence = say(Code.GAUGES_UNREADABLE, gauges=", ".join(named), cause=cause)
            together.append((sentence, len(named)))
        elif names:
            together.append((sentence, 1))
    return together


def _gauge_objections(decision: Decision, *, recipe: Recipe) -> Iterator[tuple[Action, Sentence]]:
    """What each gauge that is not as it should be asks for: the strictest, where it asks for several."""
    for spec in recipe.gauges:
        readings = [reading for reading in decision.gauges if reading.name == spec.name]
        objections = [one for reading in readings for one in _reading_objections(reading, spec)]
        if not readings:
            objections = [(spec.on_unreadable, say(Code.GAUGE_UNREADABLE, gauge=spec.name))]
        if objections:
            yield max(objections, key=lambda one: one[0].strictness)


def _reading_objections(reading: GaugeReading, spec: GaugeSpec) -> Iterable[tuple[Action, Sentence]]:
    """By the recipe's limits, whatever the reading says of itself."""
    known: dict[str, str | int | float] = {"gauge": spec.name}
    is_code = isinstance(spec.reads, CodeDescription)
    if reading.reason is not None or (not reading.text if is_code else reading.value is None):
        why = "" if reading.reason is None else reading.reason.sentence
        yield spec.on_unreadable, say(Code.GAUGE_UNREADABLE, known, cause=why)
    elif is_code and not spec.as_wanted(reading):
        yield spec.on_breach, say(Code.CODE_NOT_AS_WANTED, known, text=reading.text)
    elif isinstance(spec.reads, LampDescription):
        if not (within(reading.value, spec.low, spec.high) and spec.as_wanted(reading)):
            state = LAMP_STATES.get(reading.value or 0.0, "")
            yield spec.on_breach, say(Code.LAMP_NOT_AS_WANTED, known, state=f"{state} {reading.text}".strip())
    elif reading.value is not None:
        yield from _limit_objections(reading.value, reading.uncertainty, spec)


def _limit_objections(value: float, uncertainty: float, spec: GaugeSpec) -> Iterable[tuple[Action, Sentence]]:
    """A value beyond a limit breaches it; one so near to it that it may be on its other side is in doubt."""
    sides = ((spec.low, Code.GAUGE_BELOW, -1.0), (spec.high, Code.GAUGE_ABOVE, 1.0))
    for limit, beyond, sense in sides:
        if limit is None:
            continue
        told = _told(value, uncertainty, beside=limit)
        known: dict[str, str | int | float] = {"gauge": spec.name, "value": told, "unit": spec.unit}
        known |= {"uncertainty": uncertainty, "limit": limit}
        past, margin = sense * (value - limit), spec.doubt_k * uncertainty
        if not past <= 0.0:
            yield spec.on_breach, say(beyond, known)
        if margin != 0.0 and not abs(past) > margin:
            yield Action.MANUAL_REVIEW, say(Code.GAUGE_IN_DOUBT, known)


def _told(value: float, uncertainty: float, *, beside: float) -> float:
    """A value without digits that nobody knows, on the same side of a limit."""
    told = round(value, places(uncertainty)) if uncertainty > 0.0 else value
    return told if (told > beside, told < beside) == (value > beside, value < beside) else value
