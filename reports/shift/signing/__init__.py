"""Reports that somebody has signed: what was signed, by whom, and what came to the record since."""
