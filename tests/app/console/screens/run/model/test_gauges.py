"""What was read off instruments is said in both languages, and never by colour alone."""

from app.console.screens.run.model.gauges import boxes, row
from app.console.screens.run.model.shown import Verdict
from app.console.words.chinese import ZH
from app.console.words.english import EN
from inspection.decision import GaugeReading
from inspection.instruments.reading import InstrumentKind, Unreadable

PRESSURE = GaugeReading(
    **{"name": "pressure", "value": 4.2137, "unit": "bar", "low": 3, "high": 5, "in_range": True},
    **{
        "uncertainty": 0.041,
        "kind": InstrumentKind.DIAL,
        "view": "top",
        "box": (1, 2, 3, 4),
        "angle_deg": 30,
    },
)
HOT = PRESSURE.model_copy(update={"name": "oil", "value": 5.2, "in_range": False})
BLIND = GaugeReading(
    **{"name": "level", "value": None, "unit": "mm", "low": 20, "in_range": False, "box": (5, 6, 7, 8)},
    **{"kind": InstrumentKind.LEVEL, "reason": Unreadable.GLARE},
)
LAMP = GaugeReading(
    name="ready", value=2.0, unit="", high=1, in_range=False, kind=InstrumentKind.LAMP, text="green"
)
SERIAL = GaugeReading(
    name="serial", value=None, unit="", in_range=True, kind=InstrumentKind.CODE, text="SN42"
)
OLD = GaugeReading(name="old", value=4.21, unit="bar", low=3, high=5, in_range=True)


def test_rows_say_value_uncertainty_limits_and_verdict_or_why_not() -> None:
    assert [row(one, EN) for one in (PRESSURE, HOT, BLIND, LAMP, SERIAL, OLD)] == [
        "pressure: 4.214 ± 0.041 bar [3 … 5] – in range",
        "oil: 5.200 ± 0.041 bar [3 … 5] – OUT OF RANGE",
        "level: not readable [20 … ] – glare on what has to be read",
        "ready: blinking, green [ … 1] – NOT AS WANTED",
        "serial: SN42 – as wanted",
        "old: 4.21 bar [3 … 5] – in range",
    ]
    assert [row(one, ZH) for one in (BLIND, LAMP)] == [
        "level: 无法读取 [20 … ] – 读数处有反光",
        "ready: 闪烁, 绿色 [ … 1] – 不符合要求",
    ]


def test_every_reason_is_said_in_both_languages() -> None:
    for reason in Unreadable:
        said = [row(BLIND.model_copy(update={"reason": reason}), words) for words in (EN, ZH)]
        assert said[0] != said[1]
        assert str(reason.sentence) in said[0]
        assert str(reason.sentence) not in said[1]


def test_boxes_tell_their_verdict_by_a_sign_too() -> None:
    shown = list(boxes((PRESSURE, HOT, BLIND, LAMP, OLD), EN))
    assert [one.label for one in shown] == [
        "✓ pressure 4.214 ± 0.041 bar",
        "! oil 5.200 ± 0.041 bar",
        "? level not readable",
    ], "what has no place is not drawn"
    assert [one.says for one in shown] == [Verdict.IN_RANGE, Verdict.OUT_OF_RANGE, Verdict.NOT_READ]
    assert [one.needle_deg for one in shown] == [30, 30, None]
