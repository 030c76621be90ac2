"""The pane behind the part says which part it is, and from where that is known."""

import pytest

from app.console.client.replies import Received
from app.console.screens.run.model.details import PartTopic, details
from app.console.screens.run.model.state import RunState
from app.console.screens.run.model.view import present
from app.console.words.chinese import ZH
from app.console.words.english import EN
from app.console.words.words import Words
from inspection.part import Identity
from tests.app.console import samples


@pytest.mark.parametrize(
    ("words", "identity", "said"),
    [
        (
            EN,
            Identity(serial="SN0042", lot="L7"),
            [("Serial", "SN0042 (code in view)"), ("Lot", "L7 (code in view)")],
        ),
        (ZH, Identity(lot="L7", source="plc"), [("批次", "L7（来自 PLC）")]),
        (EN, None, []),
    ],
)
def test_serial_and_lot_are_said_as_far_as_they_are_known(
    words: Words, identity: Identity | None, said: list[tuple[str, str]]
) -> None:
    state = RunState()
    state.take(Received(status=samples.status(last=samples.inspection(identity=identity)), at_s=0.0))
    rows = details(PartTopic(), state, present(state, now_s=0.0, words=words, url=""), words).rows
    assert [row for row in rows if row[0] in (words.serial, words.lot)] == said
