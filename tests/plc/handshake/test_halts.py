"""Why the line is halted, in words."""

import pytest

from inspection.messages.message import coded
from inspection.messages.telling import tell
from plc.handshake import halts


@pytest.mark.parametrize(("language", "look", "reset"), [("en", "check", "reset"), ("zh", "检查", "复位")])
def test_a_lost_heartbeat_is_to_be_looked_at_before_it_is_reset(language: str, look: str, reset: str) -> None:
    brief = halts.heartbeat_lost("it stood still").brief
    said = tell(coded(brief), brief, language)
    assert 0 <= said.find(look) < said.find(reset), said
