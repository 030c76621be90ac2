"""The console's look: one font, a type scale, a grey palette after ISA-101, and its style sheet.

The machine may have no fonts at all, so Latin and Chinese both come from the bundled Noto Sans CJK. All
sizes are given for 1280 x 800 and scaled with the window.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from app.console.widgets.signs import Tone
from inspection.pictures.fonts import FAMILY, cjk_font_path

BASE_WIDTH: Final = 1280
BASE_HEIGHT: Final = 800

CAPTION_PX: Final = 14
BODY_PX: Final = 16
STRONG_PX: Final = 19
FIGURE_PX: Final = 24
VERDICT_SYMBOL_PX: Final = 150
"""Edge of the verdict's symbol: 25 mm on a 10.1 inch panel of 1280 x 800, read from 3 m."""
VERDICT_WORD_PX: Final = 104
"""The verdict's word at most; one that does not fit is written smaller, in two lines where that is larger."""
TOUCH_PX: Final = 52
"""Least edge of what is touched, at 1280 x 800: with gloves nothing smaller than 48 px (8 mm) is hit."""
COMMAND_PX: Final = 94
"""Height of what commands the station: 15 mm on a 10.1 inch panel, hit with thick gloves."""
PAD_PX: Final = 118
"""Edge of a digit's key: 20 mm on a 10.1 inch panel, hit with thick gloves without looking twice."""

LEAST_SIZE: Final = (960, 600)
"""Of the window, pixels: a panel of 1024 x 600 and 10.1 inches, on which all is as large in millimetres as on
one of 1280 x 800. Below it, the window rather clips."""
MIN_SCALE: Final = LEAST_SIZE[1] / BASE_HEIGHT

DESK: Final = QColor("#d3d6d9")
CARD: Final = QColor("#e6e8ea")
LINE: Final = QColor("#b4bac0")
INK: Final = QColor("#1f2529")
MUTED_INK: Final = QColor("#525b63")
PALE_INK: Final = QColor("#8b949b")
PASS_GROUND: Final = QColor("#d3d7da")
"""A pass is the normal case: a shade of the card, nothing to look up for."""
DARK: Final = QColor("#2b3136")
WHITE: Final = QColor("#ffffff")
SIMULATED: Final = QColor("#5b2a86")
BYPASSED: Final = QColor("#f0a500")
"""Amber, as the key's lamp: abnormal, though somebody wants it so (IEC 60073)."""

FILLS: Final[Mapping[Tone, QColor]] = {
    Tone.CALM: QColor("#4b555d"),
    Tone.FADED: QColor("#6f7880"),
    Tone.CAUTION: QColor("#f0a500"),
    Tone.DANGER: QColor("#b9151b"),
    Tone.ATTENTION: QColor("#1b5aa6"),
}
"""Amber, red and blue differ in lightness too: told apart with any colour vision, and in grey print."""

CASINGS: Final[Mapping[Tone, QColor]] = {Tone.CAUTION: INK}
"""The edge of a sign whose fill is too pale to stand out from a card by itself (WCAG 2.2, 1.4.11)."""

INKS: Final[Mapping[Tone, QColor]] = {
    Tone.CALM: WHITE,
    Tone.FADED: WHITE,
    Tone.CAUTION: INK,
    Tone.DANGER: WHITE,
    Tone.ATTENTION: WHITE,
}
"""What is written on a fill."""

_WEIGHT_AXIS: Final = QFont.Tag("wght")
_REGULAR: Final = 420.0
_BOLD: Final = 700.0
_ROLES: Final = {
    "caption": (CAPTION_PX, False),
    "note": (CAPTION_PX, False),
    "strong": (STRONG_PX, True),
    "figure": (FIGURE_PX, True),
}


class Theme:
    """The scale at which everything is drawn; changed only by the screen when it is resized."""

    def __init__(self) -> None:
        self.scale = 1.0

    def fit(self, width: int, height: int) -> bool:
        """Choose the scale for a window of this size; True where it changed."""
        wanted = max(MIN_SCALE, round(min(width / BASE_WIDTH, height / BASE_HEIGHT), 2))
        changed = wanted != self.scale
        self.scale = wanted
        return changed

    def px(self, units: float) -> int:
        """Pixels for a length given at 1280 x 800."""
        return max(1, round(units * self.scale))

    def font(self, size: float, *, bold: bool = False) -> QFont:
        """The console's font at ``size`` units.

        The font is a variable one whose default face is Thin. Its weight is set on its axis alone: Qt would
        thicken a face that it takes for a light one once more, and style sheets cannot set the axis.
        """
        font = QFont(family())
        font.setPixelSize(self.px(size))
        font.setVariableAxis(_WEIGHT_AXIS, _BOLD if bold else _REGULAR)
        return font

    def role_font(self, role: str) -> QFont:
        """The font of a label by its "role" property; an unknown or empty role is body text."""
        size, bold = _ROLES.get(role, (BODY_PX, False))
        return self.font(size, bold=bold)

    def dress_texts(self, root: QWidget) -> None:
        """Set the fonts of all labels and buttons under ``root``."""
        for label in root.findChildren(QLabel):
            label.setFont(self.role_font(str(label.property("role") or "")))
        for button in root.findChildren(QPushButton):
            button.setFont(self.role_font("strong"))


@cache
def family() -> str:
    """Load the bundled font, once, and give its family name for Simplified Chinese.

    Raises:
        RuntimeError: the font file is missing or not readable: a screen of boxes would be worse than none.
    """
    number = QFontDatabase.addApplicationFont(str(cjk_font_path()))
    families = QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
    if FAMILY not in families:
        raise RuntimeError(
            f"The console's font {FAMILY!r} could not be loaded from {cjk_font_path()}; "
            "reinstall manimgx-fonts-cjk."
        )
    return FAMILY


def dress(application: QApplication) -> None:
    """Give the whole application the console's style, palette and font."""
    application.setStyle("Fusion")
    palette = QPalette(DESK)
    palette.setColor(QPalette.ColorRole.Window, DESK)
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(role, INK)
    palette.setColor(QPalette.ColorRole.Highlight, DARK)
    palette.setColor(QPalette.ColorRole.HighlightedText, WHITE)
    application.setPalette(palette)
    application.setFont(Theme().font(BODY_PX))


def tone_ink(tone: Tone) -> QColor:
    """The colour of a word of this tone on a card. Amber is too pale for text: the shape carries it."""
    match tone:
        case Tone.CALM | Tone.CAUTION:
            return INK
        case Tone.FADED:
            return MUTED_INK
        case Tone.DANGER | Tone.ATTENTION:
            return FILLS[tone]


def style_sheet(theme: Theme) -> str:
    """Qt style sheet at the theme's scale."""
    px = theme.px
    return f"""
    QWidget {{ color: {INK.name()}; }}
    QLabel {{ background: transparent; }}
    QLabel[role="caption"] {{ color: {MUTED_INK.name()}; }}
    QPushButton {{
        background: #f4f5f6; border: {px(1.5)}px solid #8e979e; border-radius: {px(6)}px;
        padding: 0 {px(8)}px; min-height: {px(TOUCH_PX - 4)}px;
    }}
    QPushButton:pressed {{ background: #b9c0c6; }}
    QPushButton:disabled {{ color: {PALE_INK.name()}; background: #dcdfe2; border-color: #c3c8cc; }}
    QPushButton[marked="true"] {{ background: {DARK.name()}; color: white; border-color: {DARK.name()}; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
    QLineEdit {{
        background: white; border: {px(1.5)}px solid #8e979e; border-radius: {px(6)}px; padding: 0 {px(8)}px;
    }}
    QLineEdit:focus {{ border-color: {DARK.name()}; }}
    QLineEdit:disabled {{ color: {PALE_INK.name()}; background: #dcdfe2; }}
    QListView {{ background: transparent; border: none; outline: none; }}
    QSlider::groove:horizontal {{ height: {px(10)}px; background: {LINE.name()}; border-radius: {px(5)}px; }}
    QSlider::handle:horizontal {{
        background: {DARK.name()}; width: {px(TOUCH_PX - 8)}px; margin: -{px(17)}px 0;
        border-radius: {px(6)}px;
    }}
    QScrollBar:vertical {{ width: {px(TOUCH_PX - 4)}px; background: {DESK.name()}; border: none; }}
    QScrollBar::handle:vertical {{
        background: {PALE_INK.name()}; min-height: {px(TOUCH_PX)}px; border-radius: {px(4)}px;
    }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
    """
