"""Contrast, computed from the theme's tokens: WCAG 2.2, success criteria 1.4.3 (text) and 1.4.11 (signs)."""

from itertools import combinations

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from app.console.widgets.drawing import draw_shape
from app.console.widgets.signs import Shape, Tone
from app.console.widgets.theme import (
    BYPASSED,
    CARD,
    CASINGS,
    DARK,
    DESK,
    FILLS,
    INK,
    INKS,
    MUTED_INK,
    PASS_GROUND,
    SIMULATED,
    WHITE,
    tone_ink,
)

TEXT, SIGN = 4.5, 3.0


def luminance(color: QColor) -> float:
    """Relative luminance of sRGB, 0 to 1."""
    parts = (color.redF(), color.greenF(), color.blueF())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    """From 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_ratio_is_wcags() -> None:
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21.0)
    assert contrast(QColor("#767676"), QColor("white")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("ground", [DESK, CARD, PASS_GROUND], ids=["desk", "card", "pass"])
@pytest.mark.parametrize("ink", [INK, MUTED_INK, *map(tone_ink, Tone)], ids=QColor.name)
def test_text_on_a_ground_is_read(ink: QColor, ground: QColor) -> None:
    assert contrast(ink, ground) >= TEXT


@pytest.mark.parametrize(
    ("ink", "ground"),
    [(WHITE, SIMULATED), (WHITE, DARK), (INK, BYPASSED), (INK, WHITE), (MUTED_INK, WHITE)],
    ids=["simulated", "stale", "bypassed", "button", "strip"],
)
def test_text_on_a_banner_is_read(ink: QColor, ground: QColor) -> None:
    assert contrast(ink, ground) >= TEXT


@pytest.mark.parametrize("tone", Tone, ids=lambda tone: tone.name.lower())
def test_a_sign_stands_out_from_what_it_lies_on(tone: Tone) -> None:
    """A fill that is too pale for it, as amber is, has a dark edge."""
    edge = CASINGS.get(tone, FILLS[tone])
    assert min(contrast(edge, ground) for ground in (DESK, CARD, WHITE)) >= SIGN
    assert contrast(INKS[tone], FILLS[tone]) >= SIGN, "what is drawn on it"


def test_the_decisions_word_on_its_ground_is_read() -> None:
    for tone in Tone:
        if tone not in (Tone.CALM, Tone.FADED):
            assert contrast(INKS[tone], FILLS[tone]) >= TEXT, tone


def test_colours_differ_in_lightness_too() -> None:
    """Amber, red and blue for any colour vision; red and blue may be close, their shapes differ."""
    for one, other in combinations((Tone.CAUTION, Tone.DANGER, Tone.ATTENTION), 2):
        if Tone.CAUTION in (one, other):
            assert contrast(FILLS[one], FILLS[other]) >= 2.0


@pytest.mark.parametrize("hollow", [False, True], ids=["of now", "old"])
@pytest.mark.parametrize("shape", Shape, ids=lambda shape: shape.name.lower())
def test_the_edge_of_an_amber_sign_is_really_dark(shape: Shape, hollow: bool) -> None:
    """From outside to inside the first colour that is met is the edge's, wherever one comes from."""
    image = QImage(120, 120, QImage.Format.Format_RGB32)
    image.fill(CARD)
    painter = QPainter(image)
    draw_shape(painter, shape, Tone.CAUTION, QRectF(10, 10, 100, 100), hollow=hollow)
    painter.end()
    lines = [[image.pixelColor(x, y) for x in range(120)] for y in range(0, 120, 3)]
    hits = 0
    for line in lines:
        drawn = [color for color in line if color != CARD]
        if FILLS[Tone.CAUTION] in drawn:
            hits += 1
            assert max(contrast(color, CARD) for color in drawn[:4]) >= SIGN
    assert hits > 3
