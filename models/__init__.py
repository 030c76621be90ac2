"""Everything learned: vision tower, normality memory, inspectors. Implements ``Inspector``."""
