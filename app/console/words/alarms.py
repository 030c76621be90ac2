"""The words of the Alarms screen, in each language. Those of the alarms themselves come with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from inspection.alarms.priority import Priority
from inspection.status import AlarmState


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmWords:
    """One language. A ``{name}`` in a text is filled in by the view-model."""

    now: str
    """The face of what leads to the alarms that are listed; ``{n}`` of them."""
    history: str
    priorities: Mapping[Priority, str]
    any_priority: str
    states: Mapping[AlarmState, str]
    over: str
    """The state, in the history, of an alarm that has left the list."""
    first_out: str
    flood: str
    none_listed: str
    none_found: str
    touch_one: str
    loading: str
    waiting: str
    again: str

    since: str
    last: str
    times: str
    code: str
    means: str
    todo: str
    not_told: str
    acknowledged: str
    by: str
    cleared: str
    dropped: str
    shelved: str
    shelved_until: str
    reason: str
    never_shelved: str

    acknowledge: str
    shelve: str
    unshelve: str
    how_long: str
    why: str
    back: str
    minutes: str
    hours: str
    reasons: tuple[str, ...]
    """Why an alarm is shelved, to choose by touch; as many in each language, in one order."""
    periods: tuple[str, ...]
    """Of the history: the last eight hours, day, week, all."""

    sent: str


ALARMS_EN: Final = AlarmWords(
    now="Now ({n})",
    history="History",
    priorities={Priority.LOW: "Low", Priority.MEDIUM: "Medium", Priority.HIGH: "High"},
    any_priority="Any",
    states={
        AlarmState.UNACKNOWLEDGED: "Not acknowledged",
        AlarmState.RETURNED: "Gone, not acknowledged",
        AlarmState.ACKNOWLEDGED: "Acknowledged",
        AlarmState.SHELVED: "Shelved",
    },
    over="Over",
    first_out="FIRST",
    flood="FLOOD since {time}: {n} warnings are only counted",
    none_listed="No alarm stands",
    none_found="No alarm in this time",
    touch_one="Touch an alarm: what it means, and what to do",
    loading="Asking the record …",
    waiting="{n} records wait in the spool: alarms among them are not listed yet",
    again="Ask again",
    since="Raised",
    last="Last",
    times="Times",
    code="Code",
    means="It means",
    todo="Do",
    not_told="This version knows no alarm of that code",
    acknowledged="Acknowledged",
    by="{time}, by {who}",
    cleared="Cause gone",
    dropped="Dropped from a full list",
    shelved="Shelved",
    shelved_until="until {until}, by {who}",
    reason="Why",
    never_shelved="never: it stops the line",
    acknowledge="Acknowledge",
    shelve="Shelve",
    unshelve="Unshelve",
    how_long="For how long?",
    why="Why?",
    back="Back",
    minutes="{n} min",
    hours="{n} h",
    reasons=(
        "It is being mended",
        "A spare part is ordered",
        "Known, and watched",
        "Maintenance is at work",
        "It comes and goes",
    ),
    periods=("8 h", "24 h", "7 d", "All"),
    sent="Sent …",
)

ALARMS_ZH: Final = AlarmWords(
    now="当前（{n}）",
    history="历史",
    priorities={Priority.LOW: "低", Priority.MEDIUM: "中", Priority.HIGH: "高"},
    any_priority="不限",
    states={
        AlarmState.UNACKNOWLEDGED: "未确认",
        AlarmState.RETURNED: "已消失，未确认",
        AlarmState.ACKNOWLEDGED: "已确认",
        AlarmState.SHELVED: "已搁置",
    },
    over="已结束",
    first_out="首发",
    flood="报警泛滥，始于 {time}：{n} 条警告只计数",
    none_listed="没有报警",
    none_found="此时段内没有报警",
    touch_one="点按一条报警：查看含义和处理方法",
    loading="正在查询记录……",
    waiting="有 {n} 条记录在缓冲中等待：其中的报警尚未列出",
    again="重新查询",
    since="产生",
    last="最近一次",
    times="次数",
    code="代码",
    means="含义",
    todo="处理",
    not_told="此版本不认识该代码的报警",
    acknowledged="确认",
    by="{time}，{who}",
    cleared="原因消除",
    dropped="因列表已满移出",
    shelved="搁置",
    shelved_until="至 {until}，{who}",
    reason="原因",
    never_shelved="不可：它使产线停下",
    acknowledge="确认",
    shelve="搁置",
    unshelve="解除搁置",
    how_long="搁置多久？",
    why="为什么？",
    back="返回",
    minutes="{n} 分钟",
    hours="{n} 小时",
    reasons=("正在维修", "备件已订购", "已知，正在观察", "维护人员正在作业", "时有时无"),
    periods=("8 小时", "24 小时", "7 天", "全部"),
    sent="已发送……",
)


def reason_in(reason: str, words: AlarmWords) -> str:
    """A reason in this language, where it was chosen by touch; else as somebody wrote it."""
    for language in (ALARMS_EN, ALARMS_ZH):
        if reason in language.reasons:
            return words.reasons[language.reasons.index(reason)]
    return reason
