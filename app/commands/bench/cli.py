"""``passgate bench``: all benches under one noun."""

import typer

from app.commands.bench import accuracy, gauges, memory, plant, robustness, speed, store

cli = typer.Typer(help="Measure speed, memory and accuracy.", no_args_is_help=True)
for group in (speed, memory, accuracy, robustness, gauges, plant, store):
    cli.add_typer(group.cli)
