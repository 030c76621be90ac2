"""Asks the PLC which part it has just put under the camera, where the settings say where that stands.

Once for each new trigger, between two exchanges, before the station hears of the part: the words are those of
this very part, for the PLC changes them before ``trigger_seq`` and keeps them until it has the result.
"""

from collections.abc import Sequence
from dataclasses import replace

from inspection.line_events import LineEvent, PartTriggered, ToldName
from inspection.messages.codes import Code
from inspection.messages.telling import say
from plc.modbus.wire import Wire
from plc.modbus.wire_failures import WireError
from plc.register_map.name_words import NameForm
from plc.settings import LinkSettings


class PartNames:
    """Adds to each new part what the PLC calls it. Lives in the event loop.

    Args:
        settings: How to reach the PLC, and where it names parts.
        wire: The connection.
    """

    def __init__(self, settings: LinkSettings, wire: Wire) -> None:
        self._words = settings.name
        self._layout = settings.layout
        self._wire = wire

    async def added_to(self, events: Sequence[LineEvent]) -> tuple[tuple[LineEvent, ...], WireError | None]:
        """The events, each new part with its name or why it has none; and what failed on the wire.

        Takes at most the time that the PLC may take to answer one telegram: there is one new part in a cycle
        at most.
        """
        if self._words is None:
            return tuple(events), None
        told: list[LineEvent] = []
        failure: WireError | None = None
        for event in events:
            if isinstance(event, PartTriggered):
                name, failure = await self._ask()
                told.append(replace(event, told=name))
            else:
                told.append(event)
        return tuple(told), failure

    async def _ask(self) -> tuple[ToldName, WireError | None]:
        assert self._words is not None
        try:
            words = await self._wire.read_words(self._words.base, self._words.words)
        except WireError as failure:
            return ToldName(fault=say(Code.PLC_NAME_NOT_READ, cause=failure.reason)), failure
        arranged = self._layout.number if self._words.form is NameForm.U32 else self._layout.words
        identity = self._words.identity(arranged(words))
        return ToldName(identity=identity, fault="" if identity else say(Code.PLC_NAMES_NOTHING)), None
