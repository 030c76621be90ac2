"""Draws a decision onto a copy of its picture: for stored reports and ``passgate inspect --annotate``.

Colour is never the only sign: each action has its word and its shape, each defect its type and severity, each
instrument its value and verdict in words.
"""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inspection.decision import SCORE_LIMIT, Action, Box, Decision, GaugeReading, Severity
from inspection.instruments.reading import InstrumentKind
from inspection.part import Picture
from inspection.pictures.fonts import cjk_font

_Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom."""
_Colour = tuple[int, int, int]

_COLOURS = {
    Action.PASS: (24, 130, 60),
    Action.REWORK: (214, 138, 0),
    Action.STOP: (196, 30, 30),
    Action.MANUAL_REVIEW: (40, 90, 180),
}
_WORDS = {
    Action.PASS: "PASS",
    Action.REWORK: "REWORK",
    Action.STOP: "STOP",
    Action.MANUAL_REVIEW: "MANUAL REVIEW",
}
_SEVERITY_COLOURS = {
    Severity.MINOR: (255, 214, 64),
    Severity.MAJOR: (255, 148, 32),
    Severity.CRITICAL: (255, 72, 60),
}
_IN_RANGE = (96, 214, 230)
_OUT_OF_RANGE = (255, 148, 32)
_NOT_READ = (222, 222, 222)
_WHITE = (255, 255, 255)
_DARK = (24, 26, 28)


def annotate(picture: Picture, decision: Decision, *, view: str = "top") -> Picture:
    """A copy of ``picture`` with the view's defects drawn in, on top of a strip that tells the decision.

    The strip is added below, so that it hides nothing of the part and boxes keep their coordinates.

    Args:
        picture: height x width x 3; not written into.
        decision: What was decided on it.
        view: Which view the picture is; only its defects and instruments are drawn.

    Returns:
        (height + strip) x width x 3.
    """
    height, width = picture.shape[:2]
    text_px = max(13, round(height / 32))
    strip_px = 3 * text_px + 14
    canvas = Image.new("RGB", (width, height + strip_px), _DARK)
    canvas.paste(Image.fromarray(picture), (0, 0))
    draw = ImageDraw.Draw(canvas)
    labels: list[_Rectangle] = []
    for box, label, colour in _boxes(decision, view):
        labels.append(
            _draw_box(draw, box, label, colour, text_px=text_px, bounds=(width, height), taken=labels)
        )
    for reading in decision.gauges:
        if reading.view == view and reading.box is not None and reading.angle_deg is not None:
            _draw_needle(draw, reading.box, reading.angle_deg, width=max(2, text_px // 8))
    _draw_strip(draw, decision, text_px=text_px, top=height, width=width)
    return np.asarray(canvas).copy()


def _boxes(decision: Decision, view: str) -> Iterator[tuple[Box, str, _Colour]]:
    """What is framed in a view: its defects, and its instruments as they were read."""
    for defect in decision.defects:
        if defect.view == view:
            length = "" if defect.length_mm is None else f", {defect.length_mm:.1f} mm"
            label = f"{defect.type}, {defect.severity.value}{length}"
            yield defect.box, label, _SEVERITY_COLOURS[defect.severity]
    for reading in decision.gauges:
        if reading.view == view and reading.box is not None:
            colour = _IN_RANGE if reading.in_range else _OUT_OF_RANGE if reading.read else _NOT_READ
            yield reading.box, _in_words(reading), colour


def _draw_needle(draw: ImageDraw.ImageDraw, box: Box, angle_deg: float, *, width: int) -> None:
    """The direction in which a dial was read, from the middle of its box outwards."""
    left, top, box_width, box_height = box
    x, y, turn = left + box_width / 2, top + box_height / 2, np.deg2rad(angle_deg)
    reach = 0.45 * min(box_width, box_height)
    line = ((x, y), (float(x + reach * np.sin(turn)), float(y - reach * np.cos(turn))))
    draw.line(line, fill=_DARK, width=width + 2)
    draw.line(line, fill=_IN_RANGE, width=width)


def _draw_box(
    draw: ImageDraw.ImageDraw,
    box: Box,
    label: str,
    colour: _Colour,
    *,
    text_px: int,
    bounds: tuple[int, int],
    taken: list[_Rectangle],
) -> _Rectangle:
    """Frame a box; returns where its label lies: above the box, else below, clear of ``taken``."""
    left, top, width, height = box
    line_px = max(2, text_px // 8)
    gap = line_px + 2  # the line lies beside what is framed, not on it
    frame = (left - gap, top - gap, left + width + gap - 1, top + height + gap - 1)
    draw.rectangle((frame[0] - 1, frame[1] - 1, frame[2] + 1, frame[3] + 1), outline=_DARK, width=line_px + 2)
    draw.rectangle(frame, outline=colour, width=line_px)
    font = cjk_font(text_px, "Bold")
    label_width, label_height = round(font.getlength(label)) + 8, text_px + 6
    x = max(0, min(frame[0], bounds[0] - label_width))
    spots = [frame[1] - label_height, frame[3] + 2, frame[1] - 2 * label_height, frame[3] + label_height + 2]
    inside = [y for y in spots if 0 <= y <= bounds[1] - label_height] or [0]
    free = [
        y for y in inside if not any(_overlap((x, y, x + label_width, y + label_height), t) for t in taken)
    ]
    y = (free or inside)[0]
    draw.rectangle((x, y, x + label_width, y + label_height), fill=colour)
    draw.text((x + 4, y + label_height / 2), label, _DARK, font=font, anchor="lm")
    return (x, y, x + label_width, y + label_height)


def _overlap(one: _Rectangle, other: _Rectangle) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _draw_strip(draw: ImageDraw.ImageDraw, decision: Decision, *, text_px: int, top: int, width: int) -> None:
    colour = _COLOURS[decision.action]
    draw.rectangle((0, top, width, top + 3), fill=colour)
    radius = 0.9 * text_px
    line = top + 8 + text_px
    _draw_shape(draw, decision.action, center=(10 + radius, float(line)), radius=radius, colour=colour)
    big = cjk_font(round(1.4 * text_px), "Bold")
    x = 10 + 2 * radius + 10
    draw.text((x, line), _WORDS[decision.action], _WHITE, font=big, anchor="lm")
    x += big.getlength(_WORDS[decision.action]) + 16
    small = cjk_font(text_px)
    said = decision.deviation
    score = "" if said is None else f"deviation {said:.3f}, limit {SCORE_LIMIT:.3f}, "
    facts = [f"{score}by {decision.decided_by.value}", f"part {decision.part_id}"]
    facts += [_in_words(reading) for reading in decision.gauges]
    draw.text((x, line), _fitted("   ".join(facts), small, width - x - 8), _WHITE, font=small, anchor="lm")
    reason = _fitted(decision.reason, small, width - 20)
    draw.text((10, line + 1.65 * text_px), reason, _WHITE, font=small, anchor="lm")


def _draw_shape(
    draw: ImageDraw.ImageDraw,
    action: Action,
    *,
    center: tuple[float, float],
    radius: float,
    colour: tuple[int, int, int],
) -> None:
    """Pass: disc with a tick. Rework: triangle. Stop: octagon with a bar. Manual review: diamond with a ?."""
    x, y = center
    stroke = max(2, round(radius / 5))
    if action is Action.PASS:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
        tick = (
            (x - 0.5 * radius, y),
            (x - 0.1 * radius, y + 0.4 * radius),
            (x + 0.5 * radius, y - 0.4 * radius),
        )
        draw.line(tick, fill=_WHITE, width=stroke)
        return
    sides, turn = {Action.REWORK: (3, 90.0), Action.STOP: (8, 22.5), Action.MANUAL_REVIEW: (4, 0.0)}[action]
    angles = np.deg2rad(turn + 360.0 / sides * np.arange(sides))
    corners = [(float(x + radius * np.cos(a)), float(y - radius * np.sin(a))) for a in angles]
    draw.polygon(corners, fill=colour)
    if action is Action.STOP:
        draw.line(((x - 0.5 * radius, y), (x + 0.5 * radius, y)), fill=_WHITE, width=stroke)
    else:
        sign = "!" if action is Action.REWORK else "?"
        draw.text((x, y), sign, _WHITE, font=cjk_font(round(1.1 * radius), "Bold"), anchor="mm")


def _in_words(reading: GaugeReading) -> str:
    """``pressure 4.21 ± 0.04 bar ok``."""
    if not reading.read:
        return f"{reading.name} unreadable" + (f": {reading.reason.sentence}" if reading.reason else "")
    if reading.kind in (InstrumentKind.LAMP, InstrumentKind.CODE):
        state = "" if reading.value is None else ("off", "on", "blinking")[round(reading.value)]
        words = [state, reading.text, "ok" if reading.in_range else "NOT AS WANTED"]
    else:
        about = f"± {reading.uncertainty:.2g}" if reading.uncertainty else ""
        verdict = "ok" if reading.in_range else "OUT OF RANGE"
        words = [f"{reading.value:.5g}", about, reading.unit, verdict]
    return " ".join(word for word in (reading.name, *words) if word)


def _fitted(text: str, font: ImageFont.FreeTypeFont, width_px: float) -> str:
    """``text``, cut with an ellipsis where it is longer than ``width_px``."""
    if font.getlength(text) <= width_px:
        return text
    while text and font.getlength(text + "…") > width_px:
        text = text[:-1]
    return text + "…"
