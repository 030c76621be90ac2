"""Writes the function blocks as TIA Portal sources: ``python -m tests.plc.structured_text.siemens``.

SCL differs from the common Structured Text in its frame only: the block's name in quotes, attributes, BEGIN,
a ``#`` before each local variable, and the name of the timer. So it is derived, word for word, never edited.
"""

import re
from pathlib import Path
from typing import Final

from plc.registers import LINE_BASE, LINE_WORDS, VISION_BASE, VISION_WORDS, Word
from tests.plc.structured_text.compiler import Block, compile_text
from tests.plc.structured_text.station import FOLDER

BLOCKS: Final = ("passgate_station", "passgate_track")
TIMER: Final = "{InstructionName := 'TON_TIME'; LibVersion := '1.0'} : TON_TIME;"


def as_scl(text: str) -> str:
    """A source file for TIA Portal of the one function block in ``text``."""
    (block,) = compile_text(text).values()
    head, _, rest = text.partition(f"FUNCTION_BLOCK {block.name}\n")
    declarations, _, body = rest.rpartition("END_VAR\n")
    declarations = re.sub(r" : TON;", f" {TIMER}", declarations)
    return (
        f'{head}FUNCTION_BLOCK "{block.name}"\n'
        "{ S7_Optimized_Access := 'TRUE' }\n"
        "VERSION : 1.0\n"
        f"{declarations}END_VAR\n\n"
        f"BEGIN\n{_marked(body, block)}"
    )


def as_common(scl: str) -> str:
    """The common Structured Text that an SCL source stands for, for the compiler."""
    scl = re.sub(r'FUNCTION_BLOCK "(\w+)"\n\{.*?\}\nVERSION : 1.0\n', r"FUNCTION_BLOCK \1\n", scl)
    return (
        scl.replace(f" {TIMER}", " : TON;")
        .replace("END_VAR\n\nBEGIN\n", "END_VAR\n")
        .replace("#", "\0")
        .replace("16\0", "16#")
        .replace("T\0", "T#")
        .replace("UDINT\0", "UDINT#")
        .replace("\0", "")
    )


def register_block() -> str:
    """The data block for MB_SERVER's MB_HOLD_REG, from the register map."""
    lines = [
        "(* The holding registers for MB_SERVER: MB_HOLD_REG := P#DBx.DBX0.0 WORD 121, or this block's name.",
        "   Optimized access must stay off: the order of the words is the register map. *)",
        "",
        'DATA_BLOCK "PASSGATE_REGISTERS"',
        "{ S7_Optimized_Access := 'FALSE' }",
        "VERSION : 1.0",
        "NON_RETAIN",
        "   STRUCT",
        "      Line : STRUCT",
        *_words(LINE_WORDS),
        "      END_STRUCT;",
        f"      Unused : Array[{LINE_BASE + 16}..{VISION_BASE - 1}] of UInt;",
        "      Vision : STRUCT",
        *_words(VISION_WORDS),
        "      END_STRUCT;",
        "   END_STRUCT;",
        "",
        "BEGIN",
        "",
        "END_DATA_BLOCK",
    ]
    return "\n".join(lines) + "\n"


def _words(words: tuple[Word, ...]) -> list[str]:
    lines = []
    for word in words:
        name = "".join(part.capitalize() for part in word.field.split("_"))
        for half in ("",) if word.size == 1 else ("High", "Low"):
            lines.append(f"         {name}{half} : UInt;")
    return lines


def _marked(body: str, block: Block) -> str:
    """``body`` with a # before each variable; comments stay as they are."""
    names = "|".join(sorted(block.variables, key=len, reverse=True))
    word = re.compile(rf"\(\*.*?\*\)|(?<![.\w#])({names})(?!\w)", re.DOTALL)
    return word.sub(lambda match: f"#{match[1]}" if match[1] else match[0], body)


def files() -> dict[Path, str]:
    """What belongs into ``structured_text/siemens``, by path."""
    folder = FOLDER / "siemens"
    made = {folder / f"{name}.scl": as_scl((FOLDER / f"{name}.st").read_text()) for name in BLOCKS}
    return made | {folder / "passgate_registers.db": register_block()}


if __name__ == "__main__":
    for path, text in files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
