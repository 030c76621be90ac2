"""How good a judge is, against plain methods on the same split."""
