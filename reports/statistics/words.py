"""The words of the codes that statistics tell, in English and Chinese."""

from typing import Final

from reports.statistics.agreement import LEAST_PIECES, Grade, NoKappa
from reports.statistics.capability import LEAST_PARTS, Refused
from reports.statistics.proportions import Interval
from reports.statistics.rule_sets import RuleSet
from reports.statistics.run_rules import RULE_OF
from reports.statistics.subgroup_charts import Spread
from reports.statistics.variables_charts import Unstable

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        Interval.WILSON: "Wilson",
        Interval.CLOPPER_PEARSON: "Clopper-Pearson",
        RuleSet.NELSON_1984: "Nelson 1984",
        RuleSet.WESTERN_ELECTRIC_1956: "Western Electric 1956",
        RuleSet.AIAG_2005: "AIAG 2005",
        Unstable.BEYOND_LIMITS: "more or farther beyond the control limits than by chance",
        Unstable.ORDER: "neighbours more alike, or less, than by chance",
        Refused.TOO_FEW: f"fewer than {LEAST_PARTS} readings",
        Refused.NO_LIMITS: "no limits are wanted",
        Refused.OUT_OF_CONTROL: "the process was not in control",
        Refused.NO_SPREAD: "all readings are the same",
        Refused.HIDDEN_BY_MEASUREMENT: "the measurement's spread hides the parts' own",
        Spread.RANGE: "Xbar-R",
        Spread.DEVIATION: "Xbar-s",
        Grade.ACCEPTABLE: "acceptable",
        Grade.MARGINAL: "marginal",
        Grade.UNACCEPTABLE: "not acceptable",
        NoKappa.TOO_FEW_PIECES: f"fewer than {LEAST_PIECES} pieces",
        NoKappa.ONE_KIND: "all calls are of one kind",
        NoKappa.ONE_CALL: "no piece was looked at twice",
        **{name: rule.words() for name, rule in RULE_OF.items()},
    },
    "zh": {
        Interval.WILSON: "Wilson",
        Interval.CLOPPER_PEARSON: "Clopper-Pearson",
        RuleSet.NELSON_1984: "Nelson 1984",
        RuleSet.WESTERN_ELECTRIC_1956: "西部电气 1956",
        RuleSet.AIAG_2005: "AIAG 2005",
        Unstable.BEYOND_LIMITS: "超出控制限的点多于或远于偶然",
        Unstable.ORDER: "相邻读数比偶然更相近或更不同",
        Refused.TOO_FEW: f"读数少于 {LEAST_PARTS} 个",
        Refused.NO_LIMITS: "未规定限值",
        Refused.OUT_OF_CONTROL: "过程未处于受控状态",
        Refused.NO_SPREAD: "所有读数相同",
        Refused.HIDDEN_BY_MEASUREMENT: "测量自身的离散掩盖了零件的离散",
        Spread.RANGE: "Xbar-R",
        Spread.DEVIATION: "Xbar-s",
        Grade.ACCEPTABLE: "可接受",
        Grade.MARGINAL: "勉强可接受",
        Grade.UNACCEPTABLE: "不可接受",
        NoKappa.TOO_FEW_PIECES: f"样件少于 {LEAST_PIECES} 个",
        NoKappa.ONE_KIND: "所有判定均为同一类",
        NoKappa.ONE_CALL: "没有样件被检查两次",
        **{name: rule.words(chinese=True) for name, rule in RULE_OF.items()},
    },
}
"""By language, then by code; run rules by their names."""
