"""The register map as a document, made from ``registers.py``."""

import csv
import io

from plc.register_map.registers import LINE_BASE, LINE_WORDS, MAP_VERSION, VISION_BASE, VISION_WORDS, Word

_BLOCKS = (
    ("line block: the PLC writes, but for word 15; Passgate reads", "line", LINE_BASE, LINE_WORDS),
    ("vision block: Passgate writes, the PLC reads", "vision", VISION_BASE, VISION_WORDS),
)


def as_markdown() -> str:
    """Both blocks as tables for the integrator's guide."""
    lines = [
        "# Register map",
        "",
        f"Version {MAP_VERSION}. Made by `passgate plc map`; do not edit. Modbus holding registers, from 0; "
        "words of 16 bits, the high word of a pair first.",
    ]
    for title, _, base, words in _BLOCKS:
        lines += ["", f"## {title[0].upper()}{title[1:]}", "", "| register | word | name | unit | meaning |"]
        lines += ["|---|---|---|---|---|"]
        lines += [
            f"| {_span(base + word.offset, word)} | {_span(word.offset, word)} | `{word.field}` "
            f"| {word.unit} | {word.meaning} |"
            for word in words
        ]
    return "\n".join(lines) + "\n"


def as_rows() -> list[dict[str, str | int]]:
    """Both blocks as one table."""
    return [
        {
            "block": block,
            "register": base + word.offset,
            "word": word.offset,
            "words": word.size,
            "name": word.field,
            "unit": word.unit,
            "meaning": word.meaning,
        }
        for _, block, base, words in _BLOCKS
        for word in words
    ]


def as_csv() -> str:
    """Both blocks as one table, for import into an engineering tool."""
    text = io.StringIO(newline="")
    rows = as_rows()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _span(first: int, word: Word) -> str:
    return str(first) if word.size == 1 else f"{first}, {first + word.size - 1}"
