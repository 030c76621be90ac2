"""The register map in the docs is the one in the code."""

import csv
import io
from pathlib import Path

from plc.register_map.map_document import as_csv, as_markdown
from plc.register_map.registers import LINE_WORDS, VISION_WORDS

DOCUMENT = Path(__file__).parents[3] / "docs" / "register-map.md"


def test_the_document_is_not_stale() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == as_markdown(), (
        "run: passgate plc map > docs/register-map.md"
    )


def test_every_word_of_both_blocks_is_in_the_table_at_its_address() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv())))
    assert [row["name"] for row in rows] == [word.field for word in (*LINE_WORDS, *VISION_WORDS)]
    assert {row["name"]: row["register"] for row in rows if row["block"] == "vision"}["decision"] == "108"
