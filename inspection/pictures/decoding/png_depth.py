"""The bit depth of a picture of Passgate's archive, written into its PNG file.

PNG has 8 or 16 bits a channel and an own word on what of them counts (sBIT), but there the levels must be
shifted up. The archive keeps the camera's levels as they are, so the depth stands in a text chunk (tEXt, PNG
specification, third edition, 11.3.3.2), which every reader skips that does not know it.
"""

import zlib
from typing import Final

from inspection.levels import DEEP, BitDepth

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_AFTER_HEADER: Final = len(_SIGNATURE) + 25
"""The chunk IHDR comes first: length, name, 13 bytes, checksum."""
_KEYWORD: Final = b"tEXtPassgate bit depth\0"
HEAD_BYTES: Final = 128
"""Of a file, from its beginning: the depth stands within them."""


def with_depth(png: bytes, bit_depth: BitDepth) -> bytes:
    """A PNG file that says its depth, right behind its header."""
    said = _KEYWORD + str(bit_depth).encode()
    chunk = (len(said) - 4).to_bytes(4, "big") + said + zlib.crc32(said).to_bytes(4, "big")
    return png[:_AFTER_HEADER] + chunk + png[_AFTER_HEADER:]


def stated_depth(head: bytes) -> BitDepth | None:
    """What a file of the archive says of its depth; None for any other, and for one of 8 bits.

    Args:
        head: The file, or its first ``HEAD_BYTES``.
    """
    begins = _AFTER_HEADER + 4
    if not head.startswith(_SIGNATURE) or head[begins : begins + len(_KEYWORD)] != _KEYWORD:
        return None
    length = int.from_bytes(head[_AFTER_HEADER:begins], "big") + 4 - len(_KEYWORD)
    said = head[begins + len(_KEYWORD) :][: max(0, length)]
    return next((bit_depth for bit_depth in DEEP if said == str(bit_depth).encode()), None)
