"""The verbs of ``passgate gauge`` that need a file of their own."""
