"""Commands on one model: list, run, show, stream, check, new."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.text import Text

from computegrid.commands import say, saystudies
from computegrid.commands.console import stdout
from computegrid.commands.shared import (
    BaseMapOption,
    FillOption,
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
    tell_remarks,
    write_map,
)
from computegrid.dispatch import solve
from computegrid.reading import read
from computegrid.saving import require_run_target
from computegrid.scenario.bundled import load, models
from computegrid.scenario.newmodel import new_model
from computegrid.streaming.answer import StreamedRun
from computegrid.streaming.run import solve_streamed
from computegrid.targets import require_folder_target


class Goal(StrEnum):
    """What is minimised."""

    cost = "cost"
    carbon = "carbon"


def list_models() -> None:
    """List the bundled models and their regimes."""
    console = stdout()
    with console.status("reading the models"):
        scenarios = [load(name) for name in models()]
    say.print_models(console, scenarios)


def run(
    model: Model,
    regime: RegimeOption = None,
    map_file: MapOption = None,
    save: Annotated[Optional[Path], typer.Option(  # noqa: UP045
        "--save", metavar="DIR", help="Write all tables here (CSV, Parquet, run.json).")] = None,
    minimise: Annotated[Goal, typer.Option(help="What to minimise.")] = Goal.cost,
    solver: Annotated[Optional[str], typer.Option(  # noqa: UP045
        help="Force a solver, e.g. highs; chosen by the model's structure if left out.")] = None,
    fill: FillOption = None,
    lang: LangOption = "both",
    land: LandOption = "coarse",
    worldview: WorldviewOption = None,
    base_map: BaseMapOption = None,
    base_map_note: NoteOption = "",
) -> None:
    """Solve a model under a regime and say what the answer is.

    Example: [bold]computegrid run china --regime edwc --map china.html --save china-run[/bold]
    """
    console = stdout()
    check_target(map_file, "map")
    if save is not None:
        require_folder_target(save)
    drawing = map_options(lang, land, worldview, base_map, base_map_note)
    scenario = load_model(console, model, fill)
    tell_remarks(scenario, model)
    if save is not None:
        require_run_target(save, scenario.name)
    with console.status(f"solving {scenario.arrays.n_lanes * scenario.arrays.n_hours:,} flows"):
        dispatch = solve(scenario, regime, minimise.value, solver=solver)
    say.print_dispatch(console, dispatch)
    if save is not None:
        dispatch.save(save)
        console.print(f"tables: {save}", soft_wrap=True)
    write_map(console, dispatch, map_file, **drawing)


def show(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a saved run.")],
    map_file: MapOption = None,
    lang: LangOption = "both",
    land: LandOption = "coarse",
    worldview: WorldviewOption = None,
    base_map: BaseMapOption = None,
    base_map_note: NoteOption = "",
) -> None:
    """Say what a saved run answers, from its folder alone; draw its map. Solves nothing.

    Every file is compared with what was saved; those that were changed are named.

    Example: [bold]computegrid show china-run --map china.html[/bold]
    """
    console = stdout()
    check_target(map_file, "map")
    drawing = map_options(lang, land, worldview, base_map, base_map_note)
    with console.status(Text(f"reading {folder}")):
        found = read(folder)
    tell_remarks(found.scenario, str(folder))
    if isinstance(found, StreamedRun):
        saystudies.print_streamed(console, found)
    else:
        say.print_dispatch(console, found)
    write_map(console, found, map_file, **drawing)


def stream(
    model: Model,
    save: Annotated[Path, typer.Option(
        "--save", metavar="DIR", help="Where the tables go; begun again on the same folder after "
        "a stop, the run goes on.")],
    regime: RegimeOption = None,
    gap: Annotated[float, typer.Option(
        help="Between the answer and the proven bound, relative to the operating cost.")] = 1e-5,
    days: Annotated[int, typer.Option(min=1, help="Days held in memory at a time.")] = 1,
    fill: FillOption = None,
) -> None:
    """Solve a long horizon a few days at a time, to a proven gap, writing Parquet as it goes.

    Example: [bold]computegrid stream my-year --regime carbon-cap --save year[/bold]
    """
    console = stdout()
    require_folder_target(save)
    scenario = load_model(console, model, fill)
    with progress_bar(console) as progress:
        found = solve_streamed(scenario, save, regime, gap=gap, days=days, progress=progress)
    saystudies.print_streamed(console, found)


def check(
    model: Annotated[str, typer.Argument(
        metavar="PATH", help="A folder with model.toml, a TOML file, or a bundled name.")],
    fill: FillOption = None,
) -> None:
    """Check a model: its tables, its keys, and every rule of every regime. Solves nothing."""
    console = stdout()
    scenario = load_model(console, model, fill)
    found = say.check_regimes(scenario)
    say.print_check(console, scenario, found)


def new(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder to make.")],
    model: Annotated[str, typer.Option("--from", metavar="MODEL", help="Model to start from.")],
) -> None:
    """Make a folder of your own: a model and the facts it needs, to edit and run.

    Example: [bold]computegrid new mine --from europe[/bold], edit mine/model.toml and
    mine/facts/*.csv, then [bold]computegrid run mine[/bold]
    """
    console = stdout()
    with console.status(Text(f"copying {model}")):
        file = new_model(path, model)
    console.print(f"made {path}: edit {file} and {file.parent}/facts/*.csv, then\n"
                  f"  computegrid check {path}\n  computegrid run {path}", soft_wrap=True)
