"""Both blocks by name, for people: value, unit, meaning, address, and how old it is (promise 6)."""

from enum import IntFlag

from inspection.decision import Frozen
from inspection.part import Outcome
from plc.register_map.registers import (
    LINE_WORDS,
    VISION_WORDS,
    ErrorCode,
    LineBits,
    LineBlock,
    VisionBits,
    VisionBlock,
    VisionState,
    Word,
    action_of,
    outcome_of,
)
from plc.settings import LinkSettings


class Register(Frozen):
    """One entry of the map with its value."""

    name: str
    address: int
    """Holding register on this PLC, counted from 0; of a 32-bit value the first of the two."""
    value: int | None
    """None: never read, or never written."""
    text: str
    """The value in words, where it is no plain number; empty otherwise."""
    unit: str
    meaning: str


class BlockImage(Frozen):
    """One block as the link knows it."""

    age_ms: float | None
    """Line block: since it was read. Vision block: since the PLC confirmed it. None: never."""
    registers: tuple[Register, ...]


class RegisterImage(Frozen):
    """Both blocks as the link knows them."""

    line: BlockImage
    vision: BlockImage


def register_image(
    line: LineBlock | None,
    vision: VisionBlock | None,
    *,
    line_age_ms: float | None,
    vision_age_ms: float | None,
    settings: LinkSettings,
) -> RegisterImage:
    """Both blocks by name; None for a block that never crossed the wire."""
    return RegisterImage(
        line=BlockImage(
            age_ms=line_age_ms,
            registers=tuple(_register(word, line, settings.line_base) for word in LINE_WORDS),
        ),
        vision=BlockImage(
            age_ms=vision_age_ms,
            registers=tuple(_register(word, vision, settings.vision_base) for word in VISION_WORDS),
        ),
    )


def _register(word: Word, block: LineBlock | VisionBlock | None, base: int) -> Register:
    return Register(
        name=word.field,
        address=base + word.offset,
        value=None if block is None else int(getattr(block, word.field)),
        text="" if block is None else _in_words(word.field, block),
        unit=word.unit,
        meaning=word.meaning,
    )


def _in_words(field: str, block: LineBlock | VisionBlock) -> str:
    if isinstance(block, LineBlock):
        match field:
            case "bits":
                return _bit_names(block.bits, LineBits)
            case "outcome" if block.outcome_seq:
                outcome = outcome_of(block.outcome)
                return "unknown code" if outcome is Outcome.UNCONFIRMED else outcome.value.replace("_", " ")
        return ""
    match field:
        case "bits":
            return _bit_names(block.bits, VisionBits)
        case "state":
            known = block.state in list(VisionState)
            return VisionState(block.state).name.lower() if known else "unknown state"
        case "decision" if block.result_seq:
            action = action_of(decision=block.decision, decision_complement=block.decision_complement)
            return "invalid" if action is None else action.value.replace("_", " ")
        case "error_code" if block.error_code:
            code = ErrorCode.of(block.error_code)
            return f"severity {code.severity}, component {code.component}, code {code.code}"
    return ""


def _bit_names(bits: IntFlag, kind: type[IntFlag]) -> str:
    """As in the map's document: TriggerReady, Busy …; bits that the map lacks by their number."""
    names = [(bit.name or "").title().replace("_", "") for bit in kind if bit in bits]
    strange = [f"bit {n}" for n in range(16) if bits & 1 << n and not any(bit == 1 << n for bit in kind)]
    return ", ".join(names + strange)
