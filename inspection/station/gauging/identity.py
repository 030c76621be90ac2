"""Which part it is, by the codes that were read in view of it."""

from collections.abc import Sequence

from inspection.decision import GaugeReading
from inspection.instruments.code import CodeDescription
from inspection.instruments.reading import Unreadable
from inspection.line_events import ToldName
from inspection.messages.codes import Code
from inspection.messages.message import joined
from inspection.messages.telling import say
from inspection.part import Identity
from inspection.recipe import Recipe


def identity_of(recipe: Recipe, readings: Sequence[GaugeReading]) -> Identity | None:
    """What the codes say; None where none that tells serial or lot was read as the recipe wants it.

    Args:
        recipe: Says which of its gauges are codes, and which field each tells.
        readings: What was read of them, without contradiction.
    """
    said = {field: texts.pop() for field, texts in _said(recipe, readings).items() if len(texts) == 1}
    return Identity(serial=said.get("serial", ""), lot=said.get("lot", ""), source="code") if said else None


def without_contradiction(recipe: Recipe, readings: Sequence[GaugeReading]) -> tuple[GaugeReading, ...]:
    """Codes that tell the same field differently count as unreadable: neither is taken by chance.

    Args:
        recipe: As for ``identity_of``.
        readings: What was read.
    """
    torn = {field for field, texts in _said(recipe, readings).items() if len(texts) > 1}
    twice = {
        spec.name
        for spec in recipe.gauges
        if isinstance(spec.reads, CodeDescription) and spec.reads.field in torn
    }
    unread = {"text": "", "in_range": False, "reason": Unreadable.CODE_TWICE}
    return tuple(one.model_copy(update=unread) if one.name in twice and one.text else one for one in readings)


def agreed(read: Identity | None, told: ToldName) -> tuple[Identity | None, str]:
    """Which part it is by the codes in view and by the line, and what speaks against that; empty for nothing.

    Where both name it and differ, the line speaks of another part than the one in view, so neither counts.

    Args:
        read: What the codes say.
        told: What the line says.
    """
    if read is None or told.identity is None:
        return read or told.identity, told.fault
    known, doubts = {}, []
    for field in ("serial", "lot"):
        code, plc = getattr(read, field), getattr(told.identity, field)
        if code and plc and code != plc:
            doubts.append(say(Code.NAMES_DIFFER, field=field, code=code, plc=plc))
        else:
            known[field] = code or plc
    return Identity(**known, source="code") if any(known.values()) else None, joined(doubts)


def _said(recipe: Recipe, readings: Sequence[GaugeReading]) -> dict[str, set[str]]:
    """What was read of each field."""
    read = {one.name: one.text for one in readings if one.in_range and one.text}
    said: dict[str, set[str]] = {}
    for spec in recipe.gauges:
        if isinstance(spec.reads, CodeDescription) and spec.name in read:
            said.setdefault(spec.reads.field, set()).add(read[spec.name])
    return said
