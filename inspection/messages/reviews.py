"""The sentences of reviews, in English and Chinese."""

from collections.abc import Mapping
from typing import Final

from inspection.messages.codes import Code

REVIEWS_ENGLISH: Final[Mapping[str, str]] = {
    Code.REVIEW_ERROR: "this part cannot be reviewed so",
    Code.REVIEWED: "part {part} was reviewed: {verdict:term}",
    Code.REVIEWED_DEFECT: "part {part} was reviewed: {type:term}",
    Code.REVIEW_REASON: "reason: {reason}",
    Code.REVIEW_REPLACES: "in place of what {user} said: {verdict:term}",
    Code.REVIEW_REFUSED: "part {part} was not reviewed as {verdict:term}",
    Code.REVIEW_FORESTALLED: "{user} has reviewed it since it was looked up: {verdict:term}",
    Code.REVIEW_REPLACES_NONE: "the review that it would replace is none of this part",
    Code.REVIEW_NO_PART: "no part {part} is on record",
    Code.REVIEW_NO_REVISION: "part {part} has no revision {revision} on record",
    Code.REVIEW_NEEDS_REASON: "it says another thing than was decided ({action:term}), so a reason is needed",
}

REVIEWS_CHINESE: Final[Mapping[str, str]] = {
    Code.REVIEW_ERROR: "无法这样复核此工件",
    Code.REVIEWED: "工件 {part} 复核结果：{verdict:term}",
    Code.REVIEWED_DEFECT: "工件 {part} 复核结果：{type:term}",
    Code.REVIEW_REASON: "原因：{reason}",
    Code.REVIEW_REPLACES: "替代 {user} 先前的结果：{verdict:term}",
    Code.REVIEW_REFUSED: "工件 {part} 未能复核为{verdict:term}",
    Code.REVIEW_FORESTALLED: "查看期间 {user} 已完成复核：{verdict:term}",
    Code.REVIEW_REPLACES_NONE: "要替代的复核不属于此工件",
    Code.REVIEW_NO_PART: "记录中没有工件 {part}",
    Code.REVIEW_NO_REVISION: "记录中没有工件 {part} 的第 {revision} 版",
    Code.REVIEW_NEEDS_REASON: "与原判定（{action:term}）不同，须填写原因",
}
