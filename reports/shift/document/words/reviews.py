"""The words of what people said of parts, in English and Chinese."""

from collections.abc import Mapping
from typing import Final

REVIEWS_ENGLISH: Final[Mapping[str, str]] = {
    "reviews": "Reviews and overrides",
    "reviews_note": "Held parts (manual review, decided late, or missed but for bypass): {held}, of which "
    "{waiting} are not reviewed yet. Of each part the newest review counts, whenever it was given. Override: "
    "it says another thing than a pass, rework or stop. A decision stays as it was, and no part is released "
    "by a review.",
    "reviews_none": "Nobody has reviewed a part of this time; held parts that wait: {waiting}.",
    "reviews_unknown": "Not worked out by the version of Passgate that made these figures.",
    "reviewed_by": "Reviewed by",
    "reviewed_parts": "Parts",
    "reviewed_as": "Reviewed as",
    "overrides": "Overrides",
    "review_reasons": "Reasons of reviews",
    "review_reasons_none": "No review of this time's parts has a reason, and none overrides a decision.",
    "review_overrides": "Overrides",
    "reason": "Reason",
    "reviews_agreement": "Agreement of decisions with reviews",
    "reviews_agreement_note": "Of reviewed parts that were decided without asking for a person; a review is "
    "taken for what is known. Who chooses parts to review chooses these figures: they are not those of all "
    "parts. Misses: defective parts that were passed. False alarms: good parts that were not.",
    "reviews_agreement_none": "No part that was decided without asking for a person was reviewed, so nothing "
    "can be said of agreement.",
    "Verdict.good": "Good",
    "Verdict.defect": "Defect",
    "Verdict.dont_know": "Don't know",
}

REVIEWS_CHINESE: Final[Mapping[str, str]] = {
    "reviews": "人工复核与改判",
    "reviews_note": "待复核工件（人工复核、判定超时、漏检但旁路除外）：{held} 个，其中 {waiting} 个尚未复核。"
    "每个工件以最新一次复核为准，不论何时给出。改判：复核结果与放行、返工或停线的判定不同。原判定保持不变，"
    "复核不会放行任何工件。",
    "reviews_none": "此时段的工件无人复核；等待复核的工件：{waiting} 个。",
    "reviews_unknown": "生成这些数据的程序版本未计算此项。",
    "reviewed_by": "复核人",
    "reviewed_parts": "工件数",
    "reviewed_as": "复核结果",
    "overrides": "改判数",
    "review_reasons": "复核原因",
    "review_reasons_none": "此时段工件的复核均未填写原因，也没有改判。",
    "review_overrides": "改判",
    "reason": "原因",
    "reviews_agreement": "判定与复核的一致性",
    "reviews_agreement_note": "针对未要求人工复核即作出判定、且已复核的工件；以复核结果为准。选择哪些工件复核"
    "会影响这些数字：它们不代表全部工件。漏判：被放行的不良件。误判：未放行的良品。",
    "reviews_agreement_none": "没有复核过未要求人工复核的工件，无法给出一致性。",
    "Verdict.good": "良品",
    "Verdict.defect": "缺陷",
    "Verdict.dont_know": "无法判断",
}
