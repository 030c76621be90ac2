"""Sets of run rules, by name.

The sets differ in how long a run on one side must be: eight points in the Western Electric handbook, nine
with Nelson, seven in the handbook of AIAG. So nobody says "the rules", but which.
"""

from enum import StrEnum
from typing import Final

MOST_IN_SUBGROUP: Final = 25
"""Parts of a subgroup, at most: tables of constants end there too (ASTM MNL 7A)."""


class RuleSet(StrEnum):
    """A set of run rules, by its source."""

    NELSON_1984 = "nelson_1984"
    """L. S. Nelson, "The Shewhart Control Chart: Tests for Special Causes", Journal of Quality Technology
    16(4), 1984: eight tests; nine points on one side."""
    WESTERN_ELECTRIC_1956 = "western_electric_1956"
    """Western Electric, *Statistical Quality Control Handbook*, 1956: four tests; eight points on one
    side."""
    AIAG_2005 = "aiag_2005"
    """AIAG, *Statistical Process Control*, 2nd edition, 2005, "Typical Special Cause Criteria"; seven points
    on one side."""
