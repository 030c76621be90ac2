"""Writes docs/measurements/picture-kinds.md: python -m tests.inspection.pictures.picture_kinds_document."""

from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.inspection.pictures.picture_damage import DAMAGES, SOUND, told
from tests.inspection.pictures.picture_kind import DEEP, PictureKind
from tests.inspection.pictures.picture_kinds import KINDS

DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "measurements" / "picture-kinds.md"
COMMAND: Final = "python -m tests.inspection.pictures.picture_kinds_document"

_HEAD: Final = f"""# Which pictures are read

Made by `{COMMAND}`; do not edit. `tests/inspection/pictures/test_picture_kinds.py`
makes each file with what is named, and compares what becomes of it. One reader serves teaching, inspecting,
evaluating, data sets and replayed folders.

- **A file's first bytes say what it is**, not its name. PNG, JPEG, BMP, TIFF and WebP are read.
- **Turned as the file says** (EXIF, TIFF's orientation), wherever files are read. A live camera's are
  not: what its stream says of turning does not reach us. So where a camera's own files carry an orientation,
  teach from pictures that the station took. A mask that says that it must be turned is refused.
- **Values as stored**: no colour profile and no gamma is applied. Grey becomes RGB with three equal channels.
- **Refused rather than guessed**: several pictures in one file, transparency, and more than 8 bits a channel
  where nobody stated the depth (`recipe teach --bit-depth`, a folder camera's `bit_depth`).
- *Exactly*: each pixel as it was written. *Within n*: no channel of a pixel is off by more than n of 255 grey
  levels, which is what the compression, or the few bits of the format, took away.
"""


_DAMAGES: Final = f"""
## Damage

Each file was damaged in up to 60 places, one at a time. *n of m refused*: of m that would have shown another
picture, n were refused, and the others read with nothing said, since the format has no checksum; *not told*:
all of them. What cannot be told so is looked for among the good pictures when a recipe is taught
([quality.md](../quality.md)). PNG, and TIFF with deflate, have checksums that tell everything.

| file | {" | ".join(DAMAGES)} |
|---|{"---|" * len(DAMAGES)}
"""


def damages_as_markdown() -> str:
    """What becomes of damage: made anew, which takes some seconds."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "part.png"
        rows = [
            f"| {sound} | {' | '.join(str(told(sound, damage, path)) for damage in DAMAGES)} |\n"
            for sound in SOUND
        ]
    return _DAMAGES + "".join(rows)


def kinds_as_markdown() -> str:
    """What becomes of each kind."""
    parts = [_HEAD]
    for format_, kinds in groupby(KINDS, key=lambda kind: kind.format):
        parts.append(f"\n## {format_}\n\n| kind | written by | what becomes of it |\n|---|---|---|\n")
        parts += [f"| {kind.what} | {kind.by} | {_fate(kind)} |\n" for kind in kinds]
    return "".join(parts)


def _fate(kind: PictureKind) -> str:
    if kind.refused == DEEP:
        return f"read, exactly, where its depth is stated; else refused: {DEEP}"
    if kind.refused:
        return f"refused: {kind.refused}"
    return f"read, within {kind.off}" if kind.off else "read, exactly"


if __name__ == "__main__":
    DOCUMENT.write_text(kinds_as_markdown() + damages_as_markdown(), encoding="utf-8")
