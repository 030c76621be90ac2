"""Each code that statistics tell has words in each language."""

from reports.statistics.agreement import Grade, NoKappa
from reports.statistics.capability import Refused
from reports.statistics.proportions import Interval
from reports.statistics.rule_sets import RuleSet
from reports.statistics.run_rules import RULE_OF
from reports.statistics.subgroup_charts import Spread
from reports.statistics.variables_charts import Unstable
from reports.statistics.words import WORDS


def test_each_code_has_words_of_its_own_in_each_language() -> None:
    codes = {*Interval, *RuleSet, *Unstable, *Refused, *Spread, *Grade, *NoKappa, *RULE_OF}
    for words in WORDS.values():
        assert words.keys() == codes
        assert all(words.values())
    assert not [
        code for code in (*Unstable, *Refused, *Grade, *NoKappa, *RULE_OF) if WORDS["zh"][code].isascii()
    ]
