"""What the commands share: options, the console, progress, writing a map."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from rich.console import Console
from rich.progress import Progress

from computegrid.errors import DataError
from computegrid.scenario.bundled import load
from computegrid.scenario.scenario import Scenario

Model = Annotated[str, typer.Argument(
    metavar="MODEL", help="A bundled model (see `computegrid models`), a TOML file, or a folder "
    "with model.toml.")]
RegimeOption = Annotated[Optional[str], typer.Option(  # noqa: UP045 - typer reads it at run time
    "--regime", "-r", metavar="NAME",
    help="Rules to solve under; left out: the model's default.")]
MapOption = Annotated[Optional[Path], typer.Option(  # noqa: UP045
    "--map", metavar="FILE", help="Write the map: one HTML page, no network needed.")]


def load_model(console: Console, model: str) -> Scenario:
    """Load a model while saying so."""
    with console.status(f"reading {model}"):
        return load(model)


def write_map(console: Console, answer: Any, file: Path | None) -> None:
    """Draw an answer and write the page, if a file is asked for."""
    if file is None:
        return
    from computegrid.maps.page import save_page

    file.parent.mkdir(parents=True, exist_ok=True)
    with console.status("drawing the map"):
        save_page(answer.explore(), file)
    console.print(f"map:    {file}  (open it in a browser; it needs no network)", soft_wrap=True)


def check_target(file: Path | None) -> None:
    """Refuse a map file that cannot be one before anything is solved."""
    if file is not None and file.is_dir():
        raise DataError(f"--map {file} is a folder; name a file, e.g. {file / 'map.html'}")


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[int, int, str], None]]:
    """A bar that says what is being solved; called with how many are done, of how many, which."""
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("solving", total=None)
        yield lambda done, total, what: bar.update(
            task, completed=done, total=total, description=f"solving {what}".strip())


def stdout() -> Console:
    """Standard output; wide enough for the tables when it is no terminal."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 132)


def plain(text: object) -> str:
    """Text for rich, with its own square brackets kept as they are."""
    return str(text).replace("[", r"\[")
