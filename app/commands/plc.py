"""``passgate plc``: the PLC's side, for trying things without one."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.commands.output import JsonFlag, print_json, progress

cli = typer.Typer(help="The PLC link: simulate.", no_args_is_help=True)
