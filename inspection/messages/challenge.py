"""The sentences of the challenge, in English and Chinese."""

from collections.abc import Mapping
from typing import Final

from inspection.messages.codes import Code

CHALLENGE_ENGLISH: Final[Mapping[str, str]] = {
    # --- why one is due ---------------------------------------------------------------------------------
    Code.CHALLENGE_NEVER: "none has passed here yet",
    Code.CHALLENGE_CLOCK: "the clock was set back, so nobody knows how long ago the last one passed",
    Code.CHALLENGE_SET_CHANGED: "the settings ask for other pieces than those that passed last",
    Code.CHALLENGE_RECIPE_CHANGED: "the recipe changed since the last one",
    Code.CHALLENGE_MODEL_CHANGED: "the model changed since the last one",
    Code.CHALLENGE_SHIFT: "the shift {shift} has begun",
    Code.CHALLENGE_HOURS: "{hours:g} h have passed since the last one",
    Code.CHALLENGE_PARTS: "{parts} parts came since the last one",
    Code.CHALLENGE_STARTED: "the engine was started",
    Code.CHALLENGE_ORDERED: "{by:who} began one",
    Code.CHALLENGE_GRACE: "it was due for {minutes:g} min",
    # --- how the station stands -------------------------------------------------------------------------
    Code.CHALLENGE_DUE: "a challenge is due, no part passes",
    Code.CHALLENGE_OVERDUE: "a challenge is overdue, no part passes",
    Code.CHALLENGE_FAILED: "the challenge failed, no part passes",
    Code.CHALLENGE_QUALITY: "quality must open the station",
    Code.CHALLENGE_UNDER_WAY: "a challenge is under way, no part passes: {done} of {asked} seen",
    Code.CHALLENGE_NEXT: "next piece {piece}",
    # --- its pieces -------------------------------------------------------------------------------------
    Code.CHALLENGE_STRAY: "a challenge is under way, and this is none of its pieces",
    Code.CHALLENGE_PIECE: "challenge piece {piece} got {got:term}, as it must",
    Code.CHALLENGE_PIECE_WRONG: "challenge piece {piece} got {got:term}",
    Code.CHALLENGE_NOT_JUDGED: "it was not judged",
    Code.CHALLENGE_EXPECTED: "it must get {expected:term}",
    Code.CHALLENGE_DEFECT: "no {type:term} was found in it",
    Code.CHALLENGE_GAUGE: "gauge {gauge} must read {low:g} to {high:g}",
    # --- its begin and end ------------------------------------------------------------------------------
    Code.CHALLENGE_BEGAN: "{asked} looks at its pieces are asked for",
    Code.CHALLENGE_PASSED: "the challenge passed, in {looks} looks",
    Code.CHALLENGE_ABORTED: "the challenge was ended before its last piece",
    Code.CHALLENGE_CUT_OFF: "the engine ended in its midst",
    Code.CHALLENGE_PART_MISSED: "a part was not inspected, so which piece comes next is not known",
    Code.CHALLENGE_NOT_RECORDED: "its last result is not on record: run it again",
    # --- commands ---------------------------------------------------------------------------------------
    Code.CHALLENGE_REFUSED: "challenge {order:term}",
    Code.CHALLENGE_NONE: "the station's settings have no challenge",
    Code.CHALLENGE_NOT_UNDER_WAY: "no challenge is under way",
    Code.CHALLENGE_NOT_DUE: "no challenge is due",
    Code.CHALLENGE_NOT_RELEASED: "the record holds no release by quality for what keeps the station closed",
    Code.CHALLENGE_OPEN: "quality has opened the station",
    Code.CHALLENGE_RELEASED: "{user} opened the station: {reason} ({cause})",
}

CHALLENGE_CHINESE: Final[Mapping[str, str]] = {
    # --- why one is due ---------------------------------------------------------------------------------
    Code.CHALLENGE_NEVER: "本工位尚未通过任何验证",
    Code.CHALLENGE_CLOCK: "时钟被调回，无法得知上次验证距今多久",
    Code.CHALLENGE_SET_CHANGED: "设置中的验证件与上次通过的不同",
    Code.CHALLENGE_RECIPE_CHANGED: "上次验证后配方已更改",
    Code.CHALLENGE_MODEL_CHANGED: "上次验证后模型已更改",
    Code.CHALLENGE_SHIFT: "班次 {shift} 已开始",
    Code.CHALLENGE_HOURS: "距上次验证已过 {hours:g} 小时",
    Code.CHALLENGE_PARTS: "上次验证后已有 {parts} 个工件",
    Code.CHALLENGE_STARTED: "引擎已启动",
    Code.CHALLENGE_ORDERED: "{by:who}已开始验证",
    Code.CHALLENGE_GRACE: "到期已 {minutes:g} 分钟",
    # --- how the station stands -------------------------------------------------------------------------
    Code.CHALLENGE_DUE: "验证到期，不放行任何工件",
    Code.CHALLENGE_OVERDUE: "验证逾期，不放行任何工件",
    Code.CHALLENGE_FAILED: "验证未通过，不放行任何工件",
    Code.CHALLENGE_QUALITY: "须由质量人员放行工位",
    Code.CHALLENGE_UNDER_WAY: "验证进行中，不放行任何工件：已检 {done} / {asked}",
    Code.CHALLENGE_NEXT: "下一验证件 {piece}",
    # --- its pieces -------------------------------------------------------------------------------------
    Code.CHALLENGE_STRAY: "验证进行中，此工件不是验证件",
    Code.CHALLENGE_PIECE: "验证件 {piece} 判定为{got:term}，符合要求",
    Code.CHALLENGE_PIECE_WRONG: "验证件 {piece} 判定为{got:term}",
    Code.CHALLENGE_NOT_JUDGED: "未作判定",
    Code.CHALLENGE_EXPECTED: "应判定为{expected:term}",
    Code.CHALLENGE_DEFECT: "未发现{type:term}",
    Code.CHALLENGE_GAUGE: "仪表 {gauge} 应读 {low:g} 至 {high:g}",
    # --- its begin and end ------------------------------------------------------------------------------
    Code.CHALLENGE_BEGAN: "共需检验证件 {asked} 次",
    Code.CHALLENGE_PASSED: "验证通过，共检 {looks} 次",
    Code.CHALLENGE_ABORTED: "验证在最后一件之前结束",
    Code.CHALLENGE_CUT_OFF: "引擎在验证中途终止",
    Code.CHALLENGE_PART_MISSED: "有一工件未检测，无法得知下一件是哪一件",
    Code.CHALLENGE_NOT_RECORDED: "最后结果未写入记录：请重新验证",
    # --- commands ---------------------------------------------------------------------------------------
    Code.CHALLENGE_REFUSED: "验证命令{order:term}被拒绝",
    Code.CHALLENGE_NONE: "工位设置中没有验证",
    Code.CHALLENGE_NOT_UNDER_WAY: "没有正在进行的验证",
    Code.CHALLENGE_NOT_DUE: "没有到期的验证",
    Code.CHALLENGE_NOT_RELEASED: "记录中没有质量人员对当前锁闭的放行",
    Code.CHALLENGE_OPEN: "质量人员已放行工位",
    Code.CHALLENGE_RELEASED: "{user} 已放行工位：{reason}（{cause}）",
}
