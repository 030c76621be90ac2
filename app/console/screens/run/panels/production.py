"""Counts, yield and latency."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.console.screens.run.model.room import Piece
from app.console.screens.run.model.shown import FigureView, LatencyView, ProductionView
from app.console.widgets.basics import Card, ElidedLabel, ShapeView, caption
from app.console.widgets.signs import OUTCOME_SIGNS
from app.console.widgets.theme import FILLS, INK, LINE, WHITE, Theme
from inspection.decision import Action

_TOTALS_PX = 51
_ACTIONS_PX = 44
_OUTCOME_PX = 22
_LATENCY_PX = 26
_GAP_PX = 5
_MARGIN_PX = 8


class Figure(QWidget):
    """A number under its caption, with a shape before the caption where it has one."""

    def __init__(self, theme: Theme, *, role: str) -> None:
        super().__init__()
        self._theme = theme
        self.shape = ShapeView(theme, edge=15)
        self.caption = ElidedLabel(role="caption")
        self.value = ElidedLabel(role=role)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._line = QHBoxLayout()
        self._line.addWidget(self.shape)
        self._line.addWidget(self.caption, 1)
        column.addLayout(self._line)
        column.addWidget(self.value)

    def show_view(self, view: FigureView) -> None:
        """Paint this."""
        self.caption.setText(view.caption)
        self.value.setText(view.value)
        self.shape.setVisible(view.sign is not None)
        if view.sign is not None:
            self.shape.show_shape(view.sign.shape, view.sign.tone)

    def rescale(self) -> None:
        """Take the theme's scale."""
        self.shape.rescale()
        self._line.setSpacing(self._theme.px(6))


class OutcomeCount(QWidget):
    """An outcome's mark, word and number in one line."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.shape = ShapeView(theme, edge=14)
        self.caption = ElidedLabel(role="caption")
        self.value = QLabel()
        self.value.setProperty("role", "note")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.shape)
        self._row.addWidget(self.caption, 1)
        self._row.addWidget(self.value)

    def show_view(self, view: FigureView) -> None:
        """Paint this."""
        self.caption.setText(view.caption)
        self.value.setText(view.value)
        if view.sign is not None:
            self.shape.show_shape(view.sign.shape, view.sign.tone)

    def rescale(self) -> None:
        """Take the theme's scale."""
        self.shape.rescale()
        self._row.setSpacing(self._theme.px(6))


class LatencyBar(QWidget):
    """p95 as a bar from zero, with the limit as a line across it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._view: LatencyView | None = None

    def show_view(self, view: LatencyView) -> None:
        """Paint this."""
        if view != self._view:
            self._view = view
            self.update()

    def rescale(self) -> None:
        """Take the theme's scale."""
        self.setFixedHeight(self._theme.px(16))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """The scale ends at a fifth over the limit; what is beyond fills it."""
        if self._view is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        view, px = self._view, self._theme.px
        full_ms = 1.2 * view.limit_ms
        trough = QRectF(0, px(3), self.width(), self.height() - 2 * px(3))
        painter.setPen(QPen(LINE, 1))
        painter.setBrush(WHITE)
        painter.drawRect(trough)
        if view.p95_ms is not None:
            width = self.width() * min(1.0, view.p95_ms / full_ms)
            painter.fillRect(QRectF(0, trough.top(), width, trough.height()), FILLS[view.tone])
        painter.setPen(QPen(INK, px(3), Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        x = round(self.width() * view.limit_ms / full_ms)
        painter.drawLine(x, 0, x, self.height())


class ProductionCard(Card):
    """How the shift is going."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.totals = [Figure(theme, role="figure") for _ in range(4)]
        self.by_action = [Figure(theme, role="strong") for _ in Action]
        self.by_outcome = [OutcomeCount(theme) for _ in OUTCOME_SIGNS]
        self.latency_caption = caption()
        self.latency_value = QLabel()
        self.latency_value.setProperty("role", "strong")
        self.latency_limit = caption()
        self.latency_bar = LatencyBar(theme)
        self._column = QVBoxLayout(self)
        self._figures, self._outcomes = QGridLayout(), QGridLayout()
        for place, (total, action) in enumerate(zip(self.totals, self.by_action, strict=True)):
            self._figures.addWidget(total, 0, place)
            self._figures.addWidget(action, 1, place)
        for place, outcome in enumerate(self.by_outcome):
            self._outcomes.addWidget(outcome, place // 3, place % 3)
        for place, share in enumerate((5, 4, 4, 4)):  # the first column has the largest numbers
            self._figures.setColumnStretch(place, share)
        for place, share in enumerate((11, 13, 11)):  # the middle one "Default-rejected"
            self._outcomes.setColumnStretch(place, share)
        self._column.addLayout(self._figures)
        self._column.addLayout(self._outcomes)
        latency = QHBoxLayout()
        latency.addWidget(self.latency_caption)
        latency.addWidget(self.latency_value)
        latency.addWidget(self.latency_bar, 1)
        latency.addWidget(self.latency_limit)
        self._latency = latency
        self._latency_row = (self.latency_caption, self.latency_value, self.latency_bar, self.latency_limit)
        self._column.addLayout(latency)

    def show_view(self, view: ProductionView) -> None:
        """Paint this."""
        for figure, figure_view in zip(
            [*self.totals, *self.by_action], [*view.totals, *view.actions], strict=True
        ):
            figure.show_view(figure_view)
        for outcome, outcome_view in zip(self.by_outcome, view.outcomes, strict=True):
            outcome.show_view(outcome_view)
        self.latency_caption.setText(view.latency.caption)
        self.latency_value.setText(view.latency.value)
        self.latency_limit.setText(view.latency.limit)
        self.latency_bar.show_view(view.latency)

    def least_height(self) -> int:
        """The height of all that never gives way, pixels."""
        return 2 * self.theme.px(_MARGIN_PX) + self.theme.px(_TOTALS_PX)

    def wishes(self) -> dict[Piece, int]:
        """What each piece that may give way takes, pixels."""
        px = self.theme.px
        gap = px(_GAP_PX)
        return {
            Piece.ACTIONS: px(_ACTIONS_PX) + gap,
            Piece.LATENCY: px(_LATENCY_PX) + gap,
            Piece.OUTCOMES: 2 * px(_OUTCOME_PX) + px(2) + gap,
        }

    def keep(self, pieces: frozenset[Piece]) -> None:
        """Show these, and hide the others."""
        for action in self.by_action:
            action.setVisible(Piece.ACTIONS in pieces)
        for outcome in self.by_outcome:
            outcome.setVisible(Piece.OUTCOMES in pieces)
        for widget in self._latency_row:
            widget.setVisible(Piece.LATENCY in pieces)

    def rescale(self) -> None:
        """Take the theme's scale."""
        px = self.theme.px
        self._column.setContentsMargins(px(12), px(_MARGIN_PX), px(12), px(_MARGIN_PX))
        self._column.setSpacing(px(_GAP_PX))
        self._figures.setHorizontalSpacing(px(6))
        self._figures.setVerticalSpacing(px(_GAP_PX))
        for total in self.totals:
            total.setFixedHeight(px(_TOTALS_PX))
        for action in self.by_action:
            action.setFixedHeight(px(_ACTIONS_PX))
        for outcome in self.by_outcome:
            outcome.setFixedHeight(px(_OUTCOME_PX))
        for label in (self.latency_caption, self.latency_value, self.latency_limit):
            label.setFixedHeight(px(_LATENCY_PX))
        self._outcomes.setHorizontalSpacing(px(12))
        self._outcomes.setVerticalSpacing(px(2))
        self._latency.setSpacing(px(10))
        self.latency_bar.rescale()
        for figure in [*self.totals, *self.by_action]:
            figure.rescale()
        for outcome in self.by_outcome:
            outcome.rescale()
