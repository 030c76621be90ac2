"""What is read when it is asked for: one picture in memory, however many there are."""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

Item = TypeVar("Item")
Read = TypeVar("Read")


class OneByOne(Sequence[Read], Generic[Item, Read]):
    """A sequence whose elements ``read`` makes of ``items``, anew each time one is asked for; none is kept.

    Asking for an element raises what ``read`` raises.

    Args:
        items: File names, say; they are kept.
        read: Makes of one what is wanted.
    """

    def __init__(self, items: Sequence[Item], read: Callable[[Item], Read]) -> None:
        self._items = items
        self._read = read

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Read: ...
    @overload
    def __getitem__(self, index: slice) -> "OneByOne[Item, Read]": ...
    def __getitem__(self, index: int | slice) -> "Read | OneByOne[Item, Read]":
        if isinstance(index, slice):
            return OneByOne(self._items[index], self._read)
        return self._read(self._items[index])

    def __iter__(self) -> Iterator[Read]:
        # not Sequence's own, which holds each until the next one has been read
        return (self[index] for index in range(len(self)))
