"""How one PLC lays 32-bit values and bytes into registers. Pure.

``registers.py`` describes the blocks with the high word first and the high byte first, as Modbus sends a
word. A PLC may hold a 32-bit value the other way round, and some gateways swap the bytes of each word.
"""

from dataclasses import dataclass
from enum import StrEnum

from plc.register_map.registers import LINE_WORDS, VISION_WORDS, LineBlock, VisionBlock, Word


class WordOrder(StrEnum):
    """Which half of a 32-bit value (``part_id`` in both blocks) lies in the lower register."""

    HIGH_FIRST = "high-first"
    LOW_FIRST = "low-first"


@dataclass(frozen=True, slots=True)
class RegisterLayout:
    """One PLC's layout of both blocks."""

    word_order: WordOrder = WordOrder.HIGH_FIRST
    byte_swap: bool = False
    """The two bytes of every word are exchanged: map version 1 reads as 0x0100."""

    def line_block(self, words: list[int]) -> LineBlock:
        """The line block of ``LINE_SIZE`` registers as they were read."""
        return LineBlock.unpack(self._arrange(words, LINE_WORDS))

    def vision_block(self, words: list[int]) -> VisionBlock:
        """The vision block of ``VISION_SIZE`` registers as they were read."""
        return VisionBlock.unpack(self._arrange(words, VISION_WORDS))

    def registers(self, block: LineBlock | VisionBlock) -> list[int]:
        """The registers that hold ``block``."""
        return self._arrange(block.pack(), LINE_WORDS if isinstance(block, LineBlock) else VISION_WORDS)

    def words(self, words: list[int]) -> list[int]:
        """The registers that hold single words of a block."""
        return self._arrange(words, ())

    def number(self, words: list[int]) -> list[int]:
        """Both words of a 32-bit value beside the blocks, the high one first."""
        arranged = self.words(words)
        return arranged[::-1] if self.word_order is WordOrder.LOW_FIRST else arranged

    def _arrange(self, words: list[int], table: tuple[Word, ...]) -> list[int]:
        """Between the map's order and the PLC's; both ways are the same."""
        arranged = [swapped(word) for word in words] if self.byte_swap else list(words)
        if self.word_order is WordOrder.LOW_FIRST:
            for entry in table:
                if entry.size > 1:
                    span = slice(entry.offset, entry.offset + entry.size)
                    arranged[span] = reversed(arranged[span])
        return arranged


def swapped(word: int) -> int:
    """``word`` with its two bytes exchanged."""
    return (word & 0xFF) << 8 | word >> 8
