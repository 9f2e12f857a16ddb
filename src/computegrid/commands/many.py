"""Commands that solve a model many times: compare, freeze, ladder, frontier, explain, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from computegrid.commands import saystudies
from computegrid.commands.console import stdout
from computegrid.commands.shared import (
    BaseMapOption,
    LandOption,
    LangOption,
    MapOption,
    Model,
    NoteOption,
    RegimeOption,
    WorldviewOption,
    check_target,
    load_model,
    map_options,
    progress_bar,
    saved_run,
    write_map,
    write_table,
)
from computegrid.errors import DataError
from computegrid.saving import write_atomically
from computegrid.streaming.answer import StreamedRun
from computegrid.studies.compare import compare as studies_compare
from computegrid.studies.freeze import freeze as studies_freeze
from computegrid.studies.frontier import frontier as studies_frontier
from computegrid.studies.ladder import ladder as studies_ladder
from computegrid.studies.reserve import RESERVE_MOST


def compare(
    model: Model,
    regimes: Annotated[Optional[str], typer.Option(  # noqa: UP045
        metavar="A,B,...", help="Regimes to compare; all of the model's if left out.")] = None,
    base: Annotated[Optional[str], typer.Option(  # noqa: UP045
        metavar="NAME", help="Regime that differences are taken from.")] = None,
    csv_file: Annotated[Optional[Path], typer.Option(  # noqa: UP045
        "--csv", metavar="FILE", help="Write the whole table here.")] = None,
    map_file: MapOption = None,
    lang: LangOption = "both",
    land: LandOption = "coarse",
    worldview: WorldviewOption = None,
    base_map: BaseMapOption = None,
    base_map_note: NoteOption = "",
) -> None:
    """Solve a model under several regimes and set the answers side by side.

    Example: [bold]computegrid compare europe --regimes open-market,eu-control --map c.html[/bold]
    """
    console = stdout()
    check_target(map_file, "map")
    check_target(csv_file, "table")
    drawing = map_options(lang, land, worldview, base_map, base_map_note)
    scenario = load_model(console, model)
    names = None if regimes is None else [name.strip() for name in regimes.split(",")]
    with progress_bar(console) as progress:
        comparison = studies_compare(scenario, names, base, progress=progress)
    saystudies.print_comparison(console, comparison)
    write_table(console, comparison.table.rename_axis("regime"), csv_file)
    write_map(console, comparison, map_file, **drawing)


def freeze(
    model: Model,
    by: Annotated[str, typer.Option(
        help="Who holds the switch: control, operator, technology, chip_origin, site, corridor."
    )] = "control",
    depth: Annotated[int, typer.Option(min=1, max=2, help="2 also throws every pair.")] = 1,
    regime: RegimeOption = None,
    only: Annotated[Optional[str], typer.Option(  # noqa: UP045
        metavar="A,B,...", help="Throw these switches alone.")] = None,
    spare_own: Annotated[bool, typer.Option(
        "--spare-own/--spare-nobody", help="A jurisdiction's freeze leaves its own demand served.",
    )] = True,
    give_way: Annotated[bool, typer.Option(
        "--give-way/--no-give-way", help="Others' work may be moved to make room; or it stays.",
    )] = True,
    reserve_most: Annotated[Optional[float], typer.Option(  # noqa: UP045
        help="Most reserve at a site, as a share of its capacity; inf: no bound.",
    )] = RESERVE_MOST,
    csv_file: Annotated[Optional[Path], typer.Option(  # noqa: UP045
        "--csv", metavar="FILE", help="Write the whole table here.")] = None,
    map_file: MapOption = None,
    lang: LangOption = "both",
    land: LandOption = "coarse",
    worldview: WorldviewOption = None,
    base_map: BaseMapOption = None,
    base_map_note: NoteOption = "",
) -> None:
    """Throw every switch in turn: who goes dark, what it costs, which reserve would have helped.

    Example: [bold]computegrid freeze europe --by control --map freeze.html[/bold]
    """
    console = stdout()
    check_target(map_file, "map")
    check_target(csv_file, "table")
    drawing = map_options(lang, land, worldview, base_map, base_map_note)
    scenario = load_model(console, model)
    names = None if only is None else [name.strip() for name in only.split(",")]
    with progress_bar(console) as progress:
        desk = studies_freeze(
            scenario, by, depth, regime, spare_own,  # type: ignore[arg-type]
            give_way=give_way, only=names, reserve_most=reserve_most, progress=progress)
    saystudies.print_freeze(console, desk)
    write_table(console, desk.table, csv_file)
    write_map(console, desk, map_file, **drawing)


def ladder(model: Model, shapley: Annotated[bool, typer.Option(
    help="Also share the cost out among the rungs whatever their order.")] = False) -> None:
    """Climb the price of sovereignty: residency, operator, ultimate parent, chip.

    The first rung is taken from the model's open market.
    """
    console = stdout()
    scenario = load_model(console, model)
    with progress_bar(console) as progress:
        climbed = studies_ladder(scenario, progress=progress)
        shares = climbed.shapley(progress=progress) if shapley else None
    saystudies.print_ladder(console, climbed, shares)


def frontier(
    model: Model,
    x: Annotated[str, typer.Option(
        "-x", "--x", help="What is held down: foreign_share, carbon, latency or energy."
    )] = "foreign_share",
    y: Annotated[str, typer.Option(
        "-y", "--y", help="What is minimised: cost_usd (or cost), carbon_t (or carbon)."
    )] = "cost_usd",
    points: Annotated[int, typer.Option(min=2, help="How many bounds on x.")] = 20,
    regime: RegimeOption = None,
    csv_file: Annotated[Optional[Path], typer.Option(  # noqa: UP045
        "--csv", metavar="FILE", help="Write the whole table here.")] = None,
    plot_file: Annotated[Optional[Path], typer.Option(  # noqa: UP045
        "--plot", metavar="FILE", help="Draw the curve here (png, svg or pdf).")] = None,
) -> None:
    """Trace the trade-off between two figures: what the next step down in x costs in y.

    Example: [bold]computegrid frontier europe -x foreign_share --points 10 --plot curve.png[/bold]
    """
    console = stdout()
    check_target(plot_file, "plot")
    check_target(csv_file, "table")
    scenario = load_model(console, model)
    with progress_bar(console) as progress:
        curve = studies_frontier(scenario, x, y, points, regime, progress=progress)
    saystudies.print_frontier(console, curve)
    write_table(console, curve.table, csv_file)
    if plot_file is not None:
        figure = curve.plot().figure
        write_atomically(plot_file, lambda path: figure.savefig(
            path, format=plot_file.suffix[1:].lower(), dpi=140, bbox_inches="tight"))
        console.print(f"plot:  {plot_file}", soft_wrap=True)


def explain(
    model: Model,
    region: Annotated[str, typer.Option(help="Where the work is wanted.")],
    site: Annotated[str, typer.Option(help="Where it would be done.")],
    workload: Annotated[Optional[str], typer.Option(  # noqa: UP045
        help="Class of work; all of them if left out.")] = None,
    regime: RegimeOption = None,
) -> None:
    """Say why a site may or may not serve a region: latency, and every rule with its source.

    Example: [bold]computegrid explain europe --region FR --site aws:eu-west-1 -r eu-control[/bold]
    """
    console = stdout()
    scenario = load_model(console, model)
    for name in [workload] if workload is not None else scenario.workloads.index:
        console.print(str(scenario.explain(region, name, site, regime)), soft_wrap=True)


def report(
    model: Model,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The HTML file to write.")],
    regimes: Annotated[Optional[str], typer.Option(  # noqa: UP045
        metavar="A,B,...", help="Regimes to report on; left out: all of the model's, or that of a "
        "saved run.")] = None,
    lang: LangOption = "en",
    land: LandOption = "coarse",
    worldview: WorldviewOption = None,
    base_map: BaseMapOption = None,
    base_map_note: NoteOption = "",
) -> None:
    """Write a report: totals, tables, plots, maps, rules with their sources, estimates.

    Of a saved run it is about that run, without solving; of other regimes too with --regimes.

    Example: [bold]computegrid report europe --regimes open-market,eu-control --out r.html[/bold]
    """
    from computegrid.report import write_report

    console = stdout()
    check_target(out, "report")
    drawing = map_options(lang, land, worldview, base_map, base_map_note)
    told = saved_run(console, model) or load_model(console, model)
    if isinstance(told, StreamedRun):
        raise DataError(f"{model} holds a streamed run, of which there is no report; `computegrid "
                        f"show {model} --map FILE` says and draws what it answers")
    names = None if regimes is None else [name.strip() for name in regimes.split(",")]
    with progress_bar(console) as progress:
        write_report(told, names, out, progress=progress, **drawing)
    console.print(f"report: {out}  (one page, no network needed; prints to PDF)", soft_wrap=True)
