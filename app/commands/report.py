"""``passgate report``."""

import typer

cli = typer.Typer(no_args_is_help=True)
