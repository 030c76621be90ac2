"""The words of the Review screen, in each of the console's languages."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.console.client.asking import AskProblem
from inspection.reviews.held import WhyHeld
from inspection.reviews.review import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewWords:
    """One language. A ``{name}`` in a text is filled in by the screen."""

    verdicts: Mapping[Verdict, str]
    whys: Mapping[WhyHeld, str]
    """Why a part waits for a person."""
    waiting: str
    empty: str
    loading: str
    by_hand: str
    """What a review does not do."""
    seen: str
    decision: str
    model_says: str
    said_before: str
    """What somebody said of the part before."""
    other_type: str
    why: str
    """In the empty line for the reason."""
    put: str
    """The button that puts the answer on record."""
    putting: str
    later: str
    needs_verdict: str
    needs_type: str
    needs_reason: str
    on_record: str
    first: str
    """Somebody else was; what he said follows."""
    problems: Mapping[AskProblem, str]
    """Why an answer is not, or not surely, on record, where the engine says nothing of it."""
    gone: str
    """The list does not come."""
    overlay: str
    fit: str
    compare: str
    """The button for the picture of a part that passed."""
    compared: str
    """Over that picture."""
    own_picture: str
    keys: str
    """Which keys do what."""


REVIEW_EN = ReviewWords(
    verdicts={Verdict.GOOD: "OK", Verdict.DEFECT: "Defect", Verdict.DONT_KNOW: "Don't know"},
    whys={WhyHeld.MISSED: "not inspected", WhyHeld.LATE: "decided late", WhyHeld.UNDECIDED: "in doubt"},
    waiting="Held parts to review: {n}",
    empty="No held part waits for a review.",
    loading="Asking for the held parts …",
    by_hand="Releases nothing: take the part from the reject bin by hand.",
    seen="Seen",
    decision="Decision",
    model_says="Model",
    said_before="{who}, {at}: {said}",
    other_type="Another type of defect",
    why="Why? In one line",
    put="Put on record",
    putting="Being put on record …",
    later="Later",
    needs_verdict="Say what the part is.",
    needs_type="Say which defect it is.",
    needs_reason="Say why.",
    on_record="Part {part} is on record: {said}",
    first="Somebody else was first with part {part}. {said}",
    problems={
        AskProblem.UNREACHABLE: "Not on record: the engine cannot be reached. What you typed is kept.",
        AskProblem.TIMEOUT: "Not known whether it is on record: no answer. What you typed is kept.",
        AskProblem.REFUSED: "Not on record",
        AskProblem.FAILED: "Not known whether it is on record: the engine failed. What you typed is kept.",
        AskProblem.BAD_ANSWER: "Not known whether it is on record: the answer cannot be read.",
    },
    gone="The engine does not answer. It is asked again; what you typed is kept.",
    overlay="Defects",
    fit="Fit",
    compare="Compare",
    compared="The last part that passed",
    own_picture="This part",
    keys="1 OK · 2 Defect, then a number · 3 Don't know · R reason · Enter · N later",
)

REVIEW_ZH = ReviewWords(
    verdicts={Verdict.GOOD: "良品", Verdict.DEFECT: "缺陷", Verdict.DONT_KNOW: "无法判断"},
    whys={WhyHeld.MISSED: "未检测", WhyHeld.LATE: "判定超时", WhyHeld.UNDECIDED: "存疑"},
    waiting="待复核工件：{n}",
    empty="没有等待复核的工件。",
    loading="正在获取待复核工件……",
    by_hand="复核不放行工件：须由人工从剔除箱中取出。",
    seen="时间",
    decision="判定",
    model_says="模型",
    said_before="{who}，{at}：{said}",
    other_type="其他缺陷类型",
    why="原因（一行）",
    put="记录",
    putting="正在记录……",
    later="稍后",
    needs_verdict="请选择复核结果。",
    needs_type="请选择缺陷类型。",
    needs_reason="请填写原因。",
    on_record="工件 {part} 已记录：{said}",
    first="工件 {part} 已由他人先行复核。{said}",
    problems={
        AskProblem.UNREACHABLE: "未记录：无法连接引擎。已输入的内容保留。",
        AskProblem.TIMEOUT: "不确定是否已记录：没有应答。已输入的内容保留。",
        AskProblem.REFUSED: "未记录",
        AskProblem.FAILED: "不确定是否已记录：引擎出错。已输入的内容保留。",
        AskProblem.BAD_ANSWER: "不确定是否已记录：应答无法读取。",
    },
    gone="引擎没有应答，正在重试；已输入的内容保留。",
    overlay="缺陷标记",
    fit="适合窗口",
    compare="对比",
    compared="上一个合格工件",
    own_picture="此工件",
    keys="1 良品 · 2 缺陷，再按编号 · 3 无法判断 · R 原因 · 回车 记录 · N 稍后",
)
