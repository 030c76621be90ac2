"""Writes the function blocks as TIA Portal sources: ``python -m tests.plc.structured_text.siemens``.

SCL differs from the common Structured Text in its frame only: the block's name in quotes, attributes, BEGIN,
a ``#`` before each local variable, and the name of the timer. So it is derived, word for word, never edited.
"""

import re
from pathlib import Path
from typing import Final

from plc.register_map.registers import LINE_BASE, LINE_WORDS, VISION_BASE, VISION_WORDS, Word
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


def main_block() -> str:
    """OpenPLC's main program as a function block: registers in the data block, inputs and outputs as pins."""
    text = (FOLDER / "openplc_main.st").read_text()
    program = text[text.index("PROGRAM PASSGATE_MAIN\n") : text.index("END_PROGRAM")]
    blocks = "".join((FOLDER / f"{name}.st").read_text() for name in BLOCKS)
    block = compile_text(f"{blocks}{program}END_PROGRAM")["PASSGATE_MAIN"]
    declarations, _, body = program.rpartition("END_VAR\n")
    pins = {"%IX": "VAR_INPUT", "%(?:QX|MW30[1-3])": "VAR_OUTPUT", "%MW300": "VAR RETAIN"}
    lines = [
        "(* Call it in a cyclic OB of 20 ms, after MB_SERVER. Speeds and distances are examples. *)",
        "",
        'FUNCTION_BLOCK "PASSGATE_MAIN"',
        "{ S7_Optimized_Access := 'TRUE' }",
        "VERSION : 1.0",
    ]
    for place, section in pins.items():
        found = [line for line in declarations.splitlines() if re.search(f" AT {place}", line)]
        lines += [section, *(re.sub(r" AT \S+", "", line) for line in found), "END_VAR", ""]
    rest = "VAR\n    Station" + declarations.partition("VAR\n    Station")[2] + "END_VAR\n"
    lines += [re.sub(r" : (PASSGATE_\w+);", r' : "\1";', rest), "BEGIN"]
    registers = {
        name: _register(int(variable.place.removeprefix("%MW")))
        for name, variable in block.variables.items()
        if variable.place.startswith("%MW") and name.startswith("Reg")
    }
    body = re.sub(r"(?<!\.)\bReg\w+", lambda match: registers[match[0]], body)
    lines.append(_marked(body, block))
    return "\n".join(lines) + "END_FUNCTION_BLOCK\n"


def _register(address: int) -> str:
    """The name in the data block of the word at ``%MW`` address."""
    side, words = ("Line", LINE_WORDS) if address < 200 else ("Vision", VISION_WORDS)
    names = [name for word in words for name in _names(word)]
    return f'"PASSGATE_REGISTERS".{side}.{names[address % 100]}'


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
    return [f"         {name} : UInt;" for word in words for name in _names(word)]


def _names(word: Word) -> list[str]:
    name = "".join(part.capitalize() for part in word.field.split("_"))
    return [name] if word.size == 1 else [f"{name}High", f"{name}Low"]


def _marked(body: str, block: Block) -> str:
    """``body`` with a # before each variable; comments stay as they are."""
    names = "|".join(sorted(block.variables, key=len, reverse=True))
    word = re.compile(rf"\(\*.*?\*\)|(?<![.\w#])({names})(?!\w)", re.DOTALL)
    return word.sub(lambda match: f"#{match[1]}" if match[1] else match[0], body)


def files() -> dict[Path, str]:
    """What belongs into ``structured_text/siemens``, by path."""
    folder = FOLDER / "siemens"
    made = {folder / f"{name}.scl": as_scl((FOLDER / f"{name}.st").read_text()) for name in BLOCKS}
    return made | {
        folder / "passgate_main.scl": main_block(),
        folder / "passgate_registers.db": register_block(),
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
