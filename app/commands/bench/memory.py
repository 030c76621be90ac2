"""``passgate bench memory``: how good the memory is on products, each split by group."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.command_line.output import JsonFlag, print_json
from app.commands.dataset import SHARED_DATA, DataOption, refuse_missing
from app.progress import progress, screen

cli = typer.Typer()
ALL = "all"
_COLUMNS = (
    "product",
    "defects",
    "method",
    "AUROC",
    "overkill at 1 % escapes",
    "escapes, overkill at own threshold",
    "teach; p50, p95",
    "mistakes, of the better plain method's",
    "threshold means what it says",
)


@cli.command()
def memory(
    products: Annotated[
        str,
        typer.Option(
            help="bsdata, magnetic-tile, pcb, cover, needles, webbing: names with commas between, or all."
        ),
    ] = ALL,
    data: DataOption = SHARED_DATA,
    teach_on: Annotated[int, typer.Option(min=5, help="Good pictures to teach from.")] = 100,
    overkill: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of good parts that the threshold may reject.")
    ] = 0.05,
    splits: Annotated[int, typer.Option(min=1, help="How many splits by group.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the first split; the next ones count up.")] = 0,
    resamplings: Annotated[
        int,
        typer.Option(
            min=0, help="Also test the threshold so often on parts as the taught ones; hours for 100."
        ),
    ] = 0,
    quick: Annotated[bool, typer.Option("--quick", help="Train no eye, as recipe teach --quick.")] = False,
    resampled_eye: Annotated[
        bool,
        typer.Option(
            "--resampled-eye", help="Train an eye in each resampling too, minutes each; else none has one."
        ),
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Measure the normality memory on products, beside plain methods; half an hour a split of all.

    A product whose photographs are absent is left out; exit 1 if it was asked for by name.
    """
    from models.backbone.features import EfficientNetLite0
    from models.benchmarks.memory import Plan, benchmark
    from models.benchmarks.products.registry import PRODUCTS

    names = list(PRODUCTS) if products == ALL else products.split(",")
    if unknown := [name for name in names if name not in PRODUCTS]:
        raise typer.BadParameter(
            f"{', '.join(unknown)}: known are {', '.join(PRODUCTS)}, and {ALL}", param_hint="--products"
        )
    refuse_missing(data)
    asked = [PRODUCTS[name] for name in dict.fromkeys(names)]
    left_out = {product.name: reason for product in asked if (reason := product.missing(data))}
    for name, reason in left_out.items():
        screen.print(f"{name} is left out: {reason}")
    here = [product for product in asked if product.name not in left_out]
    plan = Plan(
        seeds=range(seed, seed + splits),
        teach_on=teach_on,
        overkill=overkill,
        resamplings=resamplings,
        quick=quick,
        resampled_eye=resampled_eye,
    )
    with progress("pictures", None) as bar:
        found = benchmark(here, data=data, tower=EfficientNetLite0(), plan=plan, listener=bar.show)
    if as_json:
        print_json(found | {"left_out": left_out})
    else:
        _show(found)
    if left_out and products != ALL:
        raise typer.Exit(1)


def _show(found: Mapping[str, Any]) -> None:
    """A table for people: a row for each product and method, and what was counted of the threshold."""
    from models.benchmarks.memory import MEMORY, PLAIN

    seeds = ", ".join(str(seed) for seed in found["seeds"])
    title = f"splits of seeds {seeds}: mean ± deviation; drawn defects are no real ones"
    table = Table(*_COLUMNS, title=title)
    for name, product in found["products"].items():
        mean, deviation, mistakes = product["mean"], product["deviation"], product["mistakes"]
        for method in (MEMORY, *PLAIN):
            of = "" if method == MEMORY else f" of {method}"
            auroc, overkill = f"auroc{of}", f"overkill_at_1_percent_escape{of}"
            own = ["", "", "", ""]
            if method == MEMORY:
                own = [
                    f"{mean['escape_rate_at_threshold']:.2f}, {mean['overkill_rate_at_threshold']:.3f}",
                    f"{mean['teach_s']:.1f} s; {mean['assess_p50_ms']:.0f}, {mean['assess_p95_ms']:.0f} ms",
                    f"{mistakes['figure']:.2f} ({mistakes['low']:.2f} to {mistakes['high']:.2f})",
                    _counted(product["threshold"]),
                ]
            table.add_row(
                name if method == MEMORY else "",
                product["defects"] if method == MEMORY else "",
                method,
                f"{mean[auroc]:.3f} ± {deviation[auroc]:.3f}",
                f"{mean[overkill]:.2f} ± {deviation[overkill]:.2f}",
                *own,
            )
    Console().print(table)


def _counted(threshold: Mapping[str, Any] | None) -> str:
    if threshold is None:
        return ""
    return (
        f"{threshold['inside']} of {threshold['resamplings']} inside, "
        f"{threshold['below']} below, {threshold['above']} above"
    )
