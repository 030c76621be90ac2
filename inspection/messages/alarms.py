"""The sentences of what people do with alarms, in English and Chinese."""

from collections.abc import Mapping
from typing import Final

from inspection.messages.codes import Code

ALARMS_ENGLISH: Final[Mapping[str, str]] = {
    Code.ALARM_SEEN: "acknowledged",
    Code.ALARM_SHELVED_UNTIL: "shelved until {until} ({reason}): {cause}",
    Code.ALARM_UNSHELVED: "no longer shelved",
    Code.ALARM_NOT_LISTED: "this alarm is not on the list any more",
    Code.ALARM_SEEN_ALREADY: "somebody has acknowledged it already",
    Code.ALARM_IS_SHELVED: "it is shelved until {until}: unshelve it first",
    Code.ALARM_NOT_SHELVED: "it is not shelved",
    Code.ALARM_NEVER_SHELVED: "an alarm of the highest priority that stops the line is never shelved",
    Code.ALARM_SHELF_TOO_LONG: "an alarm of this priority is shelved for 1 to {most} minutes",
    Code.ALARM_REASON_MISSING: "nothing says why it is to be shelved",
    Code.ALARM_NOT_PUT_ASIDE: "not shelved, since that is not on record: {cause}",
}

ALARMS_CHINESE: Final[Mapping[str, str]] = {
    Code.ALARM_SEEN: "已确认",
    Code.ALARM_SHELVED_UNTIL: "搁置至 {until}（{reason}）：{cause}",
    Code.ALARM_UNSHELVED: "已解除搁置",
    Code.ALARM_NOT_LISTED: "此报警已不在列表中",
    Code.ALARM_SEEN_ALREADY: "已有人确认过",
    Code.ALARM_IS_SHELVED: "已搁置至 {until}：请先解除搁置",
    Code.ALARM_NOT_SHELVED: "并未搁置",
    Code.ALARM_NEVER_SHELVED: "使产线停下的最高优先级报警不能搁置",
    Code.ALARM_SHELF_TOO_LONG: "此优先级的报警可搁置 1 至 {most} 分钟",
    Code.ALARM_REASON_MISSING: "未说明搁置原因",
    Code.ALARM_NOT_PUT_ASIDE: "未搁置，因为未能写入记录：{cause}",
}

ALARM_TERMS: Final[Mapping[str, str]] = {
    "acknowledge": "确认报警",
    "shelve": "搁置报警",
    "unshelve": "解除搁置",
}
"""Words of the trade in Chinese."""
