"""The typeface that ships with Passgate: Noto Sans CJK (SIL OFL 1.1), so that Chinese shows everywhere.

The file is one collection of variable fonts, a face for each region; ours is the one for Simplified Chinese,
which holds Latin letters as well. Pillow opens it by path and index; Qt adds the path and asks for
``FAMILY``.
"""

from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Literal

from PIL import ImageFont

FAMILY = "Noto Sans CJK SC"
FACE_INDEX = 2
"""The face of ``FAMILY`` in the collection: 0 JP, 1 KR, 2 SC, 3 TC, 4 HK."""


def cjk_font_path() -> Path:
    """The bundled font collection, as a file.

    Raises:
        ModuleNotFoundError: The package ``manimgx-fonts-cjk`` is not installed.
    """
    # pip installs packages unpacked, so the resource is a plain file.
    return Path(str(resources.files("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc"))


@lru_cache(maxsize=32)
def cjk_font(size_px: int, weight: Literal["Regular", "Bold"] = "Regular") -> ImageFont.FreeTypeFont:
    """The Simplified Chinese face for drawing with Pillow, ``size_px`` pixels to the em; kept once loaded."""
    font = ImageFont.truetype(str(cjk_font_path()), size_px, index=FACE_INDEX)
    font.set_variation_by_name(weight)
    return font
