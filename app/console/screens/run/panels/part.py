"""The decision on the part that is shown: sign, facts, outcome, reason."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.console.screens.run.model.room import Piece
from app.console.screens.run.model.shown import PartView
from app.console.widgets.basics import Card, ElidedLabel, SignView, caption
from app.console.widgets.drawing import draw_shape, hatch
from app.console.widgets.signs import Tone
from app.console.widgets.theme import (
    CARD,
    FILLS,
    INK,
    INKS,
    LINE,
    MUTED_INK,
    PASS_GROUND,
    STRONG_PX,
    VERDICT_SYMBOL_PX,
    VERDICT_WORD_PX,
    Theme,
)
from app.console.words.words import Words

_TIGHT = 0.72
"""Line height of the decision's word, as a share of the font's own."""
_SIGN_MARGIN_PX = 5
"""Between the symbol and the edge of its ground."""
_CAPTION_ROW_PX = 19
_VALUE_ROW_PX = 25
_SIGN_ROW_PX = 27
_GAP_PX = 5
_MARGIN_PX = 8


class DecisionSign(QWidget):
    """The decision as shape, word and colour, with its age; hollow where it is not of now."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._part: PartView | None = None
        self._empty = ""

    def show_part(self, part: PartView | None, *, empty: str) -> None:
        """Show the part's decision, or ``empty`` where there is no part."""
        if (part, empty) == (self._part, self._empty):
            return
        self._part, self._empty = part, empty
        self.setAccessibleName(empty if part is None else part.sign.word)
        self.setAccessibleDescription("" if part is None else part.age)
        self.update()

    def rescale(self) -> None:
        """Take the theme's scale: never lower than the symbol must be."""
        self.setMinimumHeight(self._theme.px(VERDICT_SYMBOL_PX) + 2 * self._theme.px(_SIGN_MARGIN_PX))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Shape left, word and age right of it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        px = self._theme.px
        if self._part is None:
            painter.setPen(MUTED_INK)
            painter.setFont(self._theme.font(28, bold=True))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._empty)
            return
        part = self._part
        ink = self._paint_ground(painter, part)
        square = self.symbol_rect()
        calm = part.sign.tone in (Tone.CALM, Tone.FADED)
        filled = not part.muted and not calm
        draw_shape(painter, part.sign.shape, part.sign.tone, square, hollow=part.muted, inverted=filled)
        words = self.word_rect()
        left = words.left()
        painter.setPen(ink)
        self._paint_word(painter, part.sign.word, words)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(self._theme.font(STRONG_PX, bold=part.stale))
        painter.drawText(QRectF(left, self.height() - px(36), words.width(), px(28)), flags, part.age)

    def symbol_rect(self) -> QRectF:
        """Where the symbol lies: at most as large as it must be, so that the word has the rest."""
        px = self._theme.px
        edge = min(px(VERDICT_SYMBOL_PX), self.height() - 2 * px(_SIGN_MARGIN_PX))
        return QRectF(px(8), (self.height() - edge) / 2, edge, edge)

    def word_rect(self) -> QRectF:
        """The room of the word: what symbol and age leave."""
        px = self._theme.px
        left = self.symbol_rect().right() + px(10)
        return QRectF(left, px(4), self.width() - left - px(8), self.height() - px(40))

    def word_font(self) -> QFont:
        """The font in which the word is written now."""
        word = self._empty if self._part is None else self._part.sign.word
        return self._fitting(word, self.word_rect())

    def _paint_ground(self, painter: QPainter, part: PartView) -> QColor:
        """Fill or frame the sign; returns the colour to write on it."""
        tone = part.sign.tone
        width = self._theme.px(5)
        rect = QRectF(self.rect()).adjusted(width / 2, width / 2, -width / 2, -width / 2)
        radius = self._theme.px(8)
        if part.muted:
            pen = QPen(FILLS[tone], width)
            pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.setBrush(CARD)
            painter.drawRoundedRect(rect, radius, radius)
            if part.stale:
                hatch(painter, rect, QColor(120, 128, 135, 60), step=self._theme.px(18))
            return MUTED_INK if part.stale else INK
        painter.setPen(QPen(LINE, 1) if tone is Tone.CALM else Qt.PenStyle.NoPen)
        painter.setBrush(PASS_GROUND if tone is Tone.CALM else FILLS[tone])
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        return INK if tone is Tone.CALM else INKS[tone]

    def _fitting(self, word: str, room: QRectF) -> QFont:
        """The largest font in which ``word`` fits the room, broken between its words where that is larger."""
        flags = Qt.TextFlag.TextWordWrap
        for size in range(VERDICT_WORD_PX, 23, -1):
            font = self._theme.font(size, bold=True)
            metrics = QFontMetricsF(font)
            widest = max(metrics.horizontalAdvance(piece) for piece in word.split())
            lines = metrics.boundingRect(room, flags, word).height() / metrics.height()
            height = metrics.height() * round(lines) * _TIGHT
            if widest <= room.width() and height <= room.height():
                return font
        return self._theme.font(24, bold=True)

    def _paint_word(self, painter: QPainter, word: str, room: QRectF) -> None:
        """Write ``word`` into the room: lines closer together than the font asks for its tallest glyphs."""
        font = self._fitting(word, room)
        metrics = QFontMetricsF(font)
        one_line = metrics.horizontalAdvance(word) <= room.width()
        lines = [word] if one_line else word.split()
        height = metrics.height() * _TIGHT
        top = room.center().y() - height * len(lines) / 2
        painter.setFont(font)
        for number, line in enumerate(lines):
            middle = top + height * (number + 0.5)
            painter.drawText(QPointF(room.left(), middle + metrics.capHeight() / 2), line)


class PartCard(Card):
    """Everything about the shown part that is no picture. A touch opens the full text."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.sign = DecisionSign(theme)
        self._captions = [caption() for _ in range(4)]
        self._values = [ElidedLabel(role="strong") for _ in range(4)]
        self.outcome_caption = caption()
        self.outcome = SignView(theme, edge=18)
        self.warning = SignView(theme, edge=18, elided=True)
        self.reason = ElidedLabel()
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.sign, 1)
        self._facts = QGridLayout()
        for place, (name, value) in enumerate(zip(self._captions, self._values, strict=True)):
            self._facts.addWidget(name, 0, place)
            self._facts.addWidget(value, 1, place)
            self._facts.setColumnStretch(place, 1)
        self._column.addLayout(self._facts)
        line = QHBoxLayout()
        line.addWidget(self.outcome_caption)
        line.addWidget(self.outcome)
        line.addStretch(1)
        self._column.addLayout(line)
        self._column.addWidget(self.warning)
        self._line = line
        self._column.addWidget(self.reason)

    def show_part(self, part: PartView | None, *, empty: str, words: Words) -> None:
        """Paint this part."""
        self.sign.show_part(part, empty=empty)
        facts = (("", ""),) * 4 if part is None else part.facts
        for (name, text), name_label, value in zip(facts, self._captions, self._values, strict=True):
            name_label.setText(name)
            value.setText(text)
        self.outcome_caption.setText(words.outcome if part is not None else "")
        self.outcome.setVisible(part is not None)
        if part is not None:
            self.outcome.show_sign(part.outcome)
        warning = None if part is None else part.warning
        self.warning.setVisible(warning is not None)
        if warning is not None:
            self.warning.show_sign(warning)
        self.reason.setText("" if part is None else part.reason)

    def least_height(self) -> int:
        """The height of all that never gives way, pixels."""
        px = self.theme.px
        rows = [px(_CAPTION_ROW_PX) + px(_VALUE_ROW_PX), px(_SIGN_ROW_PX)]
        if not self.warning.isHidden():
            rows.append(px(_SIGN_ROW_PX))
        return 2 * px(_MARGIN_PX) + self.sign.minimumHeight() + sum(row + px(_GAP_PX) for row in rows)

    def wishes(self) -> dict[Piece, int]:
        """What each piece that may give way takes, pixels."""
        line = self.reason.line_height()
        return {Piece.REASON: line + self.theme.px(_GAP_PX), Piece.MORE_REASON: line}

    def keep(self, pieces: frozenset[Piece]) -> None:
        """Show these, and hide the others."""
        self.reason.setVisible(Piece.REASON in pieces)
        self.reason.set_lines(1 + (Piece.MORE_REASON in pieces))

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        margin = px(_MARGIN_PX)
        self._column.setContentsMargins(margin, margin, margin, margin)
        self._column.setSpacing(px(_GAP_PX))
        self._facts.setVerticalSpacing(0)
        self._facts.setHorizontalSpacing(px(8))
        self._line.setSpacing(px(8))
        for name, value in zip(self._captions, self._values, strict=True):
            name.setFixedHeight(px(_CAPTION_ROW_PX))
            value.setFixedHeight(px(_VALUE_ROW_PX))
        for row in (self.outcome_caption, self.outcome, self.warning):
            row.setFixedHeight(px(_SIGN_ROW_PX))
        self.sign.rescale()
        self.outcome.rescale()
        self.warning.rescale()
