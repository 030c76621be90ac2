"""The Report screen: the shifts, the printed pages of one, its files, and who signs."""
