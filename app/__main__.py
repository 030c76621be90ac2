"""``python -m app``: the same as ``passgate``; how our programs start one another."""

from app.cli import main

main()
