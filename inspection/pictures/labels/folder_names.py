"""What the names of folders say of the pictures in them: good, a type of defect, or nothing."""

import re
from pathlib import PurePath
from typing import Final

GOOD_WORDS: Final = frozenset(
    {"good", "ok", "okay", "free", "normal", "pass", "passed", "accepted", "intact", "perfect", "undamaged"}
    | {"conforming", "defect_free", "no_defect", "no_defects", "non_defective", "without_defect", "flawless"}
    | {"gut", "io", "i_o", "in_ordnung", "gutteil", "gutteile", "fehlerfrei", "einwandfrei", "ohne_fehler"}
    | {"良品", "合格", "合格品", "正常", "正常品", "无缺陷", "好品", "正品"}
)
"""Words for parts without defects, in English, German and Chinese; how they are joined does not matter."""
SOME_GOOD_WORDS: Final = "good, ok, no_defect, pass, gut, io, 良品 or 合格"
"""For messages."""
NEUTRAL_FOLDERS: Final = frozenset(
    {"train", "training", "test", "testing", "val", "valid", "validation", "data", "rgb"}
    | {"image", "images", "img", "imgs", "jpegimages", "picture", "pictures", "photos", "bilder"}
    | {"test_public", "测试集", "训练集", "验证集", "图片", "图像"}
)
"""Folders whose names say nothing about what is in them, in lower case."""

UNSORTED_FOLDERS: Final = frozenset(
    {"unlabeled", "unlabelled", "unannotated", "unsorted", "unsortiert", "未标注", "未分类"}
)
"""Folders of pictures that nobody looked at, in lower case: they are neither good nor of a type."""

MOST_IN_A_NAME: Final = 64
"""Letters in the name of a type of defect."""
_BETWEEN: Final = re.compile(r"[ _.\-]+|(?<=[^\W\d_])(?=\d)")
"""Where a name ends a word: a number counts as one of its own."""
_JOINED: Final = frozenset(word.replace("_", "") for word in GOOD_WORDS)
_SIDES: Final = frozenset(
    {"front", "back", "top", "bottom", "left", "right", "side", "part", "parts", "teile", "view"}
    | {"image", "images", "picture", "pictures", "bilder", "train", "test"}
)
"""What may follow a word for good without changing it."""


def says_good(folder: str) -> bool:
    """Whether a folder so named holds parts without defects: ``OK``, ``ok_front``, ``OK2``, ``良品``."""
    words = [word for word in _BETWEEN.split(folder.lower()) if word]
    while len(words) > 1 and (words[-1] in _SIDES or words[-1].strip("()").isdigit()):
        words.pop()
    return "".join(words) in _JOINED


def telling_folders(inside: PurePath) -> tuple[str, ...]:
    """The folders of a path that say something, the outermost first.

    Args:
        inside: A picture's path within the folder that is read.
    """
    return tuple(part for part in inside.parent.parts if part.lower() not in NEUTRAL_FOLDERS)
