"""What is typed: the command ``computegrid``."""

from __future__ import annotations

import sys
import warnings
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated

import typer

from computegrid.commands import backcasting, many, single
from computegrid.commands.console import marked, stderr
from computegrid.errors import ComputegridError, InfeasibleError, RuleWarning, SolverError

EXIT_WRONG_INPUT, EXIT_INFEASIBLE, EXIT_NO_ANSWER, EXIT_INTERRUPTED = 1, 3, 4, 130

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode="rich",
    help="Route compute demand to data-centre capacity, and see what each rule about it costs.",
    epilog="Start with:  computegrid models  ·  computegrid run china --map china.html  ·  "
           "computegrid new mine --from europe\n\n"
           "Exit codes: 0 done, 1 wrong input, 2 wrong command line, 3 no dispatch can keep the "
           "rules, 4 no certified answer, 5 a binding published figure is missed (backcast), 130 "
           "interrupted.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"computegrid {version('computegrid')}")
        raise typer.Exit


@app.callback()
def options(show_version: Annotated[bool, typer.Option(
    "--version", callback=_version, is_eager=True, help="Say the version and stop.")] = False,
) -> None:
    """Route compute demand to data-centre capacity, and see what each rule about it costs."""


app.command("models")(single.list_models)
for _command in (single.run, single.show, many.compare, many.freeze, many.ladder, many.frontier,
                 many.explain, many.report, backcasting.backcast, single.stream, single.check,
                 single.new):
    app.command()(_command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; errors are one paragraph on standard error, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    console = stderr()
    warnings.showwarning = lambda message, *_args, **_kwargs: console.print(
        marked("note:", "yellow", message), soft_wrap=True)
    warnings.simplefilter("always", RuleWarning)
    try:
        app(arguments)
    except SystemExit as ended:
        if ended.code == EXIT_INTERRUPTED:
            console.print("interrupted; nothing half-written was left behind")
        raise
    except (ComputegridError, OSError) as error:
        console.print(marked("error:", "red", error), soft_wrap=True)
        sys.exit(_exit_code(error))


def _exit_code(error: Exception) -> int:
    if isinstance(error, InfeasibleError):
        return EXIT_INFEASIBLE
    return EXIT_NO_ANSWER if isinstance(error, SolverError) else EXIT_WRONG_INPUT


