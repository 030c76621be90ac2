"""Every word the console says, in each of its languages.

A frozen dataclass per language: a word that one language lacks is a type error, not an empty label. Texts
that the engine sends (reasons, tile texts, alarms) are data and are shown as they came.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.console.client.replies import CommandProblem, ContactTrouble, PictureProblem
from inspection.decision import Action, DecidedBy, Severity
from inspection.part import MissedCause, Outcome, WithheldCause
from inspection.status import Command, Health, Mode, Subsystem


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language. A ``{name}`` in a text is filled in by the view-model."""

    code: str
    """ISO 639-1."""
    other_language: str
    """The other language's own name: the face of the switch."""

    actions: Mapping[Action, str]
    """The decision, as large as it fits."""
    actions_short: Mapping[Action, str]
    not_inspected: str
    """In the decision's place."""
    not_inspected_short: str
    not_sent: str
    """In the decision's place, where the PLC never got it."""
    not_sent_short: str
    outcomes: Mapping[Outcome, str]
    outcome_open: str
    decided_by: Mapping[DecidedBy, str]
    severities: Mapping[Severity, str]
    missed_causes: Mapping[MissedCause, str]
    withheld_causes: Mapping[WithheldCause, str]
    modes: Mapping[Mode, str]
    not_ready: str
    """In the mode's place, where the station takes no part."""
    all_go_aside: str
    """In the mode's place, where it takes parts and each of them goes to a person."""
    unknown: str
    healths: Mapping[Health, str]
    subsystems: Mapping[Subsystem, str]
    commands: Mapping[Command, str]
    command_problems: Mapping[CommandProblem, str]
    contact_troubles: Mapping[ContactTrouble, str]
    picture_problems: Mapping[PictureProblem, str]

    under_1_s: str
    seconds: str
    minutes: str
    hours: str
    days: str
    ago: str

    live: str
    waiting: str
    stale: str
    stale_short: str
    no_contact: str
    nothing_known: str
    stale_decision: str
    simulated: str
    bypassed: str
    recipe: str
    no_recipe: str

    no_part: str
    part: str
    trigger: str
    deviation: str
    """The score and the limit that it had to keep."""
    labelled: str
    """In its place, where labelled parts say what such a score means."""
    labelled_share: str
    labelled_told: str
    """The same in a sentence: a share of which parts, and that the line's is another."""
    decided: str
    outcome: str
    reason: str
    old_part: str
    old_part_age: str
    back_to_live: str
    back_to_live_in: str
    is_live: str
    last_parts: str
    not_published: str
    withheld: str
    """In the reason's place, where the PLC never got the decision."""
    missed: str
    mismatched: str
    false_release: str

    picture_loading: str
    picture_none: str
    picture_several: str

    judged: str
    judged_since: str
    judged_since_start: str
    yield_rate: str
    missed_count: str
    late_count: str
    latency: str
    latency_limit: str

    data_age: str
    no_data: str
    no_alarms: str
    alarms_unknown: str
    alarm: str
    alarms: str
    alarms_gone: str
    """None is active, but nobody has seen these."""
    alarm_gone: str
    alarm_unseen: str
    alarm_times: str

    command_sent: str
    command_accepted: str

    close: str
    defects: str
    gauges: str
    unreadable: str
    in_range: str
    out_of_range: str
    model: str
    version: str
    recorded: str
    times: str
    health: str
    details: str
    score: str


EN = Words(
    code="en",
    other_language="中文",
    actions={
        Action.PASS: "PASS",
        Action.REWORK: "REWORK",
        Action.STOP: "STOP",
        Action.MANUAL_REVIEW: "REVIEW",
    },
    actions_short={
        Action.PASS: "Pass",
        Action.REWORK: "Rework",
        Action.STOP: "Stop",
        Action.MANUAL_REVIEW: "Review",
    },
    not_inspected="MISSED",
    not_inspected_short="Missed",
    not_sent="UNSENT",
    not_sent_short="Not sent",
    outcomes={
        Outcome.RELEASED: "Released",
        Outcome.DIVERTED: "Diverted",
        Outcome.STOPPED: "Stopped",
        Outcome.HELD: "Held",
        Outcome.DEFAULT_REJECTED: "Default-rejected",
        Outcome.UNCONFIRMED: "Unconfirmed",
    },
    outcome_open="Not yet known",
    decided_by={
        DecidedBy.VLA: "Model",
        DecidedBy.REFLEX: "Reflex",
        DecidedBy.GUARD: "Guard",
        DecidedBy.TIMEOUT: "Time-out",
        DecidedBy.OPERATOR: "Operator",
    },
    severities={Severity.MINOR: "minor", Severity.MAJOR: "major", Severity.CRITICAL: "critical"},
    missed_causes={
        MissedCause.GAP: "the trigger came and went unseen",
        MissedCause.OVERRUN: "another part was being judged",
        MissedCause.NOT_READY: "the station was not ready",
        MissedCause.RESTART: "Passgate restarted",
        MissedCause.BYPASS: "the bypass key was turned",
        MissedCause.BEFORE_RECORD: "it came before this record began",
    },
    withheld_causes={
        WithheldCause.NOT_RECORDED: "no record could be written",
        WithheldCause.RECORDED_LATE: "the record came too late",
        WithheldCause.REFUSED: "the PLC waited no longer",
    },
    modes={
        Mode.STARTING: "Starting",
        Mode.IDLE: "Ready",
        Mode.EXECUTE: "Judging",
        Mode.HELD: "Held",
        Mode.SUSPENDED: "Bypassed",
        Mode.ABORTED: "Halted by fault",
        Mode.STOPPING: "Stopping",
    },
    not_ready="Not ready",
    all_go_aside="None can pass",
    unknown="Unknown",
    healths={
        Health.OK: "OK",
        Health.WARNING: "Warning",
        Health.FAULT: "Fault",
        Health.UNKNOWN: "Unknown",
    },
    subsystems={
        Subsystem.PLC: "PLC",
        Subsystem.CAMERA: "Camera",
        Subsystem.MODEL: "Model",
        Subsystem.STORE: "Store",
    },
    commands={Command.START: "Start", Command.HOLD: "Hold", Command.RESET: "Reset"},
    command_problems={
        CommandProblem.REFUSED: "{command} refused: {detail}",
        CommandProblem.TIMEOUT: "{command}: no answer within {seconds:g} s. "
        "It may or may not have been done: check the mode.",
        CommandProblem.UNREACHABLE: "{command} was not sent: the engine cannot be reached.",
        CommandProblem.FAILED: "{command} failed. It may or may not have been done: check the mode. {detail}",
        CommandProblem.BAD_ANSWER: "{command}: the engine's answer cannot be read. Check the mode.",
    },
    contact_troubles={
        ContactTrouble.UNREACHABLE: "the engine cannot be reached: is it running?",
        ContactTrouble.SILENT: "the engine does not answer",
        ContactTrouble.NO_ENGINE: "what answers there is no engine, or one that failed",
        ContactTrouble.CLOSED: "the engine closed the connection",
        ContactTrouble.UNREADABLE: "the engine's messages cannot be read (other version?)",
    },
    picture_problems={
        PictureProblem.MISSING: "The picture is not in the archive",
        PictureProblem.UNREADABLE: "The picture cannot be decoded",
        PictureProblem.UNREACHABLE: "The picture cannot be fetched",
    },
    under_1_s="<1 s",
    seconds="{n} s",
    minutes="{n} min",
    hours="{n} h",
    days="{n} d",
    ago="{age} ago",
    live="Live",
    waiting="Waiting for the engine at {url}",
    stale="STALE {age} – no contact with the engine",
    stale_short="STALE",
    no_contact="No contact",
    nothing_known="Nothing known yet",
    stale_decision="last: {action}, {age} ago",
    simulated="SIMULATED PICTURES – no real part is judged",
    bypassed="BYPASS KEY TURNED – no part is inspected",
    recipe="Recipe",
    no_recipe="none active",
    no_part="No part yet",
    part="Part",
    trigger="Trigger",
    deviation="Deviation / limit",
    labelled="Bad of labelled",
    labelled_share="{percent} % of {alike}",
    labelled_told="Of labelled parts with such a score about {percent} % were defective: {alike} such, of "
    "{defective} defective and {good} good ones. The line's share of defects is another.",
    decided="Decided by",
    outcome="Outcome",
    reason="Reason",
    old_part="OLD PART – trigger {seq}, {age} ago",
    old_part_age="OLD PART – {age} ago",
    back_to_live="Live",
    back_to_live_in="Live ({seconds})",
    is_live="Live",
    last_parts="Last parts",
    not_published="not sent: {cause}",
    withheld="The PLC never got the decision ({action}), so it does not release the part. {reason}",
    missed="not judged: {cause}",
    mismatched="RELEASED WITHOUT A PASS",
    false_release="DEFECTIVE PART RELEASED",
    picture_loading="Fetching the picture …",
    picture_none="No picture of this part",
    picture_several="View {n} of {total} – boxes are not shown, touch for the next view",
    judged="Judged",
    judged_since="Judged since {time}",
    judged_since_start="Judged since start",
    yield_rate="Yield",
    missed_count="Missed",
    late_count="Late",
    latency="Latency p95",
    latency_limit="limit {limit} ms",
    data_age="{age} old",
    no_data="no data yet",
    no_alarms="No alarms",
    alarms_unknown="Alarms unknown for {age}",
    alarm="1 alarm",
    alarms="{n} alarms",
    alarms_gone="{n} to acknowledge",
    alarm_gone="gone",
    alarm_unseen="not acknowledged",
    alarm_times="{n} times",
    command_sent="{command} …",
    command_accepted="{command}: done. {detail}",
    close="Close",
    defects="Defects",
    gauges="Gauges",
    unreadable="not readable",
    in_range="in range",
    out_of_range="OUT OF RANGE",
    model="Model",
    version="Passgate version",
    recorded="Recorded",
    times="Times",
    health="Health",
    details="Text",
    score="score {score}",
)

ZH = Words(
    code="zh",
    other_language="English",
    actions={
        Action.PASS: "合格",
        Action.REWORK: "返工",
        Action.STOP: "停线",
        Action.MANUAL_REVIEW: "复核",
    },
    actions_short={
        Action.PASS: "合格",
        Action.REWORK: "返工",
        Action.STOP: "停线",
        Action.MANUAL_REVIEW: "复核",
    },
    not_inspected="漏检",
    not_inspected_short="漏检",
    not_sent="未发送",
    not_sent_short="未发送",
    outcomes={
        Outcome.RELEASED: "已放行",
        Outcome.DIVERTED: "已分流",
        Outcome.STOPPED: "已停线",
        Outcome.HELD: "已扣留",
        Outcome.DEFAULT_REJECTED: "默认剔除",
        Outcome.UNCONFIRMED: "未确认",
    },
    outcome_open="尚未得知",
    decided_by={
        DecidedBy.VLA: "模型",
        DecidedBy.REFLEX: "快速判定",
        DecidedBy.GUARD: "保护规则",
        DecidedBy.TIMEOUT: "超时",
        DecidedBy.OPERATOR: "操作员",
    },
    severities={Severity.MINOR: "轻微", Severity.MAJOR: "严重", Severity.CRITICAL: "致命"},
    missed_causes={
        MissedCause.GAP: "触发信号漏收",
        MissedCause.OVERRUN: "正在判定另一工件",
        MissedCause.NOT_READY: "工位未就绪",
        MissedCause.RESTART: "程序重新启动",
        MissedCause.BYPASS: "旁路钥匙已接通",
        MissedCause.BEFORE_RECORD: "发生在本记录开始之前",
    },
    withheld_causes={
        WithheldCause.NOT_RECORDED: "记录无法写入",
        WithheldCause.RECORDED_LATE: "记录写入过迟",
        WithheldCause.REFUSED: "PLC 已不再等待",
    },
    modes={
        Mode.STARTING: "启动中",
        Mode.IDLE: "就绪",
        Mode.EXECUTE: "判定中",
        Mode.HELD: "已暂停",
        Mode.SUSPENDED: "旁路中",
        Mode.ABORTED: "故障停机",
        Mode.STOPPING: "停止中",
    },
    not_ready="未就绪",
    all_go_aside="均不放行",
    unknown="未知",
    healths={
        Health.OK: "正常",
        Health.WARNING: "警告",
        Health.FAULT: "故障",
        Health.UNKNOWN: "未知",
    },
    subsystems={
        Subsystem.PLC: "PLC",
        Subsystem.CAMERA: "相机",
        Subsystem.MODEL: "模型",
        Subsystem.STORE: "存储",
    },
    commands={Command.START: "启动", Command.HOLD: "暂停", Command.RESET: "复位"},
    command_problems={
        CommandProblem.REFUSED: "{command}被拒绝：{detail}",
        CommandProblem.TIMEOUT: "{command}：{seconds:g} 秒内无应答，不确定是否已执行，请查看工位状态。",
        CommandProblem.UNREACHABLE: "{command}未发出：无法连接引擎。",
        CommandProblem.FAILED: "{command}失败，不确定是否已执行，请查看工位状态。{detail}",
        CommandProblem.BAD_ANSWER: "{command}：无法读取引擎的应答，请查看工位状态。",
    },
    contact_troubles={
        ContactTrouble.UNREACHABLE: "无法连接引擎，引擎是否在运行？",
        ContactTrouble.SILENT: "引擎无应答",
        ContactTrouble.NO_ENGINE: "该地址的应答者不是引擎，或引擎出错",
        ContactTrouble.CLOSED: "引擎关闭了连接",
        ContactTrouble.UNREADABLE: "无法读取引擎的消息（版本不同？）",
    },
    picture_problems={
        PictureProblem.MISSING: "档案中没有该图像",
        PictureProblem.UNREADABLE: "图像无法解码",
        PictureProblem.UNREACHABLE: "无法获取图像",
    },
    under_1_s="<1 秒",
    seconds="{n} 秒",
    minutes="{n} 分钟",
    hours="{n} 小时",
    days="{n} 天",
    ago="{age}前",
    live="实时",
    waiting="正在等待引擎 {url}",
    stale="数据过期 {age} – 与引擎失去联系",
    stale_short="过期",
    no_contact="无连接",
    nothing_known="尚无信息",
    stale_decision="最后：{action}，{age}前",
    simulated="模拟图像 – 未检测真实工件",
    bypassed="旁路钥匙已接通 – 不检测任何工件",
    recipe="配方",
    no_recipe="未选择",
    no_part="尚无工件",
    part="工件",
    trigger="触发号",
    deviation="偏差 / 上限",
    labelled="标注件缺陷率",
    labelled_share="{percent} % / {alike} 件",
    labelled_told="已标注工件中，分数与此相近的 {alike} 件约 {percent} % 为缺陷件"
    "（共标注缺陷件 {defective} 件、良品 {good} 件）。产线上的缺陷率与此不同。",
    decided="判定者",
    outcome="去向",
    reason="原因",
    old_part="历史工件 – 触发号 {seq}，{age}前",
    old_part_age="历史工件 – {age}前",
    back_to_live="返回实时",
    back_to_live_in="返回实时 ({seconds})",
    is_live="实时",
    last_parts="最近工件",
    not_published="未发送：{cause}",
    withheld="判定结果（{action}）未发送给 PLC，工件不予放行。{reason}",
    missed="未判定：{cause}",
    mismatched="未合格却已放行",
    false_release="缺陷件已放行",
    picture_loading="正在获取图像…",
    picture_none="该工件没有图像",
    picture_several="视图 {n}/{total} – 不显示缺陷框，触摸切换视图",
    judged="已判定",
    judged_since="{time} 起已判定",
    judged_since_start="启动后已判定",
    yield_rate="合格率",
    missed_count="漏触发",
    late_count="超时",
    latency="延迟 p95",
    latency_limit="上限 {limit} ms",
    data_age="{age}前",
    no_data="尚无数据",
    no_alarms="无报警",
    alarms_unknown="报警状态未知已 {age}",
    alarm="1 条报警",
    alarms="{n} 条报警",
    alarms_gone="{n} 条待确认",
    alarm_gone="已消失",
    alarm_unseen="未确认",
    alarm_times="{n} 次",
    command_sent="{command}…",
    command_accepted="{command}：已完成。{detail}",
    close="关闭",
    defects="缺陷",
    gauges="仪表",
    unreadable="无法读取",
    in_range="在范围内",
    out_of_range="超出范围",
    model="模型",
    version="Passgate 版本",
    recorded="记录时间",
    times="耗时",
    health="状态",
    details="内容",
    score="分数 {score}",
)

LANGUAGES: Mapping[str, Words] = {words.code: words for words in (EN, ZH)}


def words_for(code: str) -> Words:
    """The language with this ISO 639-1 code, whatever its region ("zh_CN"); English where we lack it."""
    return LANGUAGES.get(code.lower()[:2], EN)


def other(words: Words) -> Words:
    """The language that the switch leads to."""
    return ZH if words is EN else EN
