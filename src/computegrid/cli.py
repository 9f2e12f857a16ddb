"""What is typed: the command ``computegrid``."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from rich.console import Console
from rich.progress import Progress

from computegrid import console as say
from computegrid.dispatch import solve
from computegrid.errors import (
    ComputegridError,
    DataError,
    InfeasibleError,
    RuleWarning,
    SolverError,
)
from computegrid.saving import safe_csv, write_atomically
from computegrid.scenario.bundled import load, models
from computegrid.scenario.newmodel import new_model
from computegrid.scenario.scenario import Scenario
from computegrid.studies.compare import compare as studies_compare
from computegrid.studies.freeze import freeze as studies_freeze
from computegrid.studies.ladder import ladder as studies_ladder

EXIT_WRONG_INPUT, EXIT_INFEASIBLE, EXIT_NO_ANSWER, EXIT_INTERRUPTED = 1, 3, 4, 130

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode="rich",
    help="Route compute demand to data-centre capacity, and see what each rule about it costs.",
    epilog="Start with:  computegrid models  ·  computegrid run china --map china.html  ·  "
           "computegrid new mine --from europe\n\n"
           "Exit codes: 0 done, 1 wrong input, 2 wrong command line, 3 no dispatch can keep the "
           "rules, 4 no certified answer, 130 interrupted.",
)

Model = Annotated[str, typer.Argument(
    metavar="MODEL", help="A bundled model (see `computegrid models`), a TOML file, or a folder "
    "with model.toml.")]
RegimeOption = Annotated[Optional[str], typer.Option(  # noqa: UP045 - typer reads it at run time
    "--regime", "-r", metavar="NAME",
    help="Rules to solve under; left out: the model's default.")]
MapOption = Annotated[Optional[Path], typer.Option(  # noqa: UP045
    "--map", metavar="FILE", help="Write the map: one HTML page, no network needed.")]


class Goal(StrEnum):
    """What is minimised."""

    cost = "cost"
    carbon = "carbon"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"computegrid {version('computegrid')}")
        raise typer.Exit


@app.callback()
def options(show_version: Annotated[bool, typer.Option(
    "--version", callback=_version, is_eager=True, help="Say the version and stop.")] = False,
) -> None:
    """Route compute demand to data-centre capacity, and see what each rule about it costs."""


@app.command("models")
def list_models() -> None:
    """List the bundled models and their regimes."""
    console = _console()
    with console.status("reading the models"):
        scenarios = [load(name) for name in models()]
    say.print_models(console, scenarios)


@app.command()
def run(
    model: Model,
    regime: RegimeOption = None,
    map_file: MapOption = None,
    save: Annotated[Optional[Path], typer.Option(  # noqa: UP045
        "--save", metavar="DIR", help="Write all tables here (CSV, Parquet, run.json).")] = None,
    minimise: Annotated[Goal, typer.Option(help="What to minimise.")] = Goal.cost,
    solver: Annotated[Optional[str], typer.Option(  # noqa: UP045
        help="Force a solver, e.g. highs; chosen by the model's structure if left out.")] = None,
) -> None:
    """Solve a model under a regime and say what the answer is.

    Example: [bold]computegrid run china --regime edwc --map china.html --save china-run[/bold]
    """
    console = _console()
    _check_target(map_file)
    scenario = _load(console, model)
    chosen = regime if regime is not None else scenario.default_regime
    with console.status(f"solving {scenario.arrays.n_lanes * scenario.arrays.n_hours:,} flows"):
        dispatch = solve(scenario, chosen, minimise.value, solver=solver)
    say.print_dispatch(console, dispatch)
    if save is not None:
        dispatch.save(save)
        console.print(f"tables: {save}", soft_wrap=True)
    _write_map(console, dispatch, map_file)


@app.command()
def compare(
    model: Model,
    regimes: Annotated[Optional[str], typer.Option(  # noqa: UP045
        metavar="A,B,...", help="Regimes to compare; all of the model's if left out.")] = None,
    base: Annotated[Optional[str], typer.Option(  # noqa: UP045
        metavar="NAME", help="Regime that differences are taken from.")] = None,
    csv_file: Annotated[Optional[Path], typer.Option(  # noqa: UP045
        "--csv", metavar="FILE", help="Write the whole table here.")] = None,
    map_file: MapOption = None,
) -> None:
    """Solve a model under several regimes and set the answers side by side.

    Example: [bold]computegrid compare europe --regimes open-market,eu-control --map c.html[/bold]
    """
    console = _console()
    scenario = _load(console, model)
    names = None if regimes is None else [name.strip() for name in regimes.split(",")]
    with _progress(console) as progress:
        comparison = studies_compare(scenario, names, base, progress=progress)
    say.print_comparison(console, comparison)
    if csv_file is not None:
        write_atomically(csv_file, lambda path: safe_csv(
            comparison.table.rename_axis("regime").reset_index()).to_csv(path, index=False))
        console.print(f"table: {csv_file}", soft_wrap=True)
    _write_map(console, comparison, map_file)


@app.command()
def freeze(
    model: Model,
    by: Annotated[str, typer.Option(
        help="Who holds the switch: control, operator, technology, chip_origin, site, corridor."
    )] = "control",
    depth: Annotated[int, typer.Option(min=1, max=2, help="2 also throws every pair.")] = 1,
    regime: RegimeOption = None,
    csv_file: Annotated[Optional[Path], typer.Option(  # noqa: UP045
        "--csv", metavar="FILE", help="Write the whole table here.")] = None,
    map_file: MapOption = None,
) -> None:
    """Throw every switch in turn: who goes dark, what it costs, which reserve would have helped.

    Example: [bold]computegrid freeze europe --by control --map freeze.html[/bold]
    """
    console = _console()
    scenario = _load(console, model)
    with _progress(console) as progress:
        desk = studies_freeze(
            scenario, by, depth, regime, progress=progress)  # type: ignore[arg-type]
    say.print_freeze(console, desk)
    if csv_file is not None:
        write_atomically(csv_file, lambda path: safe_csv(
            desk.table.reset_index()).to_csv(path, index=False))
        console.print(f"table: {csv_file}", soft_wrap=True)
    _write_map(console, desk, map_file)


@app.command()
def ladder(model: Model, shapley: Annotated[bool, typer.Option(
    help="Also share the cost out among the rungs whatever their order.")] = False) -> None:
    """Climb the price of sovereignty: free, residency, operator, ultimate parent, chip."""
    console = _console()
    scenario = _load(console, model)
    with _progress(console) as progress:
        climbed = studies_ladder(scenario, progress=progress)
        shares = climbed.shapley(progress=progress) if shapley else None
    say.print_ladder(console, climbed.table, shares)


@app.command()
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
    console = _console()
    scenario = _load(console, model)
    chosen = regime if regime is not None else scenario.default_regime
    for name in [workload] if workload is not None else scenario.workloads.index:
        console.print(_plain(scenario.explain(region, name, site, chosen)), soft_wrap=True)


@app.command()
def check(model: Annotated[str, typer.Argument(
    metavar="PATH", help="A folder with model.toml, a TOML file, or a bundled name.")]) -> None:
    """Check a model: its tables, its keys, and every rule of every regime. Solves nothing."""
    console = _console()
    scenario = _load(console, model)
    found = say.check_regimes(scenario)
    say.print_check(console, scenario, found)


@app.command()
def new(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder to make.")],
    model: Annotated[str, typer.Option("--from", metavar="MODEL", help="Model to start from.")],
) -> None:
    """Make a folder of your own: a model and the facts it needs, to edit and run.

    Example: [bold]computegrid new mine --from europe[/bold], edit mine/model.toml and
    mine/facts/*.csv, then [bold]computegrid run mine[/bold]
    """
    console = _console()
    with console.status(f"copying {model}"):
        file = new_model(path, model)
    console.print(f"made {path}: edit {file} and {file.parent}/facts/*.csv, then\n"
                  f"  computegrid check {path}\n  computegrid run {path}", soft_wrap=True)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; errors are one paragraph on standard error, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    stderr = Console(stderr=True, highlight=False)
    warnings.showwarning = lambda message, *_args, **_kwargs: stderr.print(
        f"[yellow]note:[/yellow] {_plain(message)}", soft_wrap=True
    )
    warnings.simplefilter("always", RuleWarning)
    try:
        app(arguments)
    except SystemExit as ended:
        if ended.code == EXIT_INTERRUPTED:
            stderr.print("interrupted; nothing half-written was left behind")
        raise
    except (ComputegridError, OSError) as error:
        stderr.print(f"[red]error:[/red] {_plain(error)}", soft_wrap=True)
        sys.exit(_exit_code(error))


def _exit_code(error: Exception) -> int:
    if isinstance(error, InfeasibleError):
        return EXIT_INFEASIBLE
    return EXIT_NO_ANSWER if isinstance(error, SolverError) else EXIT_WRONG_INPUT


def _load(console: Console, model: str) -> Scenario:
    with console.status(f"reading {model}"):
        return load(model)


def _write_map(console: Console, answer: Any, file: Path | None) -> None:
    if file is None:
        return
    from computegrid.maps.page import save_page

    file.parent.mkdir(parents=True, exist_ok=True)
    with console.status("drawing the map"):
        save_page(answer.explore(), file)
    console.print(f"map:    {file}  (open it in a browser; it needs no network)", soft_wrap=True)


def _check_target(file: Path | None) -> None:
    """Refuse a map file that cannot be one before anything is solved."""
    if file is not None and file.is_dir():
        raise DataError(f"--map {file} is a folder; name a file, e.g. {file / 'map.html'}")


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[int, int, str], None]]:
    """A bar that says what is being solved; called with how many are done, of how many, which."""
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("solving", total=None)
        yield lambda done, total, what: bar.update(
            task, completed=done, total=total, description=f"solving {what}".strip())


def _console() -> Console:
    """Standard output; wide enough for the tables when it is no terminal."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 110)


def _plain(text: object) -> str:
    """Text for rich, with its own square brackets kept as they are."""
    return str(text).replace("[", r"\[")
