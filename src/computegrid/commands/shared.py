"""What the commands share: options, the console, progress, writing a map."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Optional

import pandas as pd
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from computegrid.commands.console import marked, stderr
from computegrid.dispatch import Dispatch
from computegrid.errors import lines_of
from computegrid.manifest import RUN_FILE
from computegrid.reading import read
from computegrid.saving import safe_csv, write_atomically
from computegrid.scenario.bundled import MODEL_FILE, load
from computegrid.scenario.scenario import Scenario
from computegrid.streaming.answer import StreamedRun
from computegrid.targets import PAGES, PLOTS, TABLES, require_target

ENDINGS = {"map": PAGES, "report": PAGES, "table": TABLES, "plot": PLOTS}
"""What the commands write into one file, and what its name may end in."""


class Gaps(StrEnum):
    """How gaps in hourly tables are filled."""

    previous = "previous"
    interpolate = "interpolate"


Model = Annotated[str, typer.Argument(
    metavar="MODEL", help="A bundled model (see `computegrid models`), a TOML file, a folder with "
    "model.toml, or that of a saved run (its inputs and regimes).")]
RegimeOption = Annotated[Optional[str], typer.Option(  # noqa: UP045 - typer reads it at run time
    "--regime", "-r", metavar="NAME",
    help="Rules to solve under; left out: the model's default.")]
MapOption = Annotated[Optional[Path], typer.Option(  # noqa: UP045
    "--map", metavar="FILE", help="Write the map: one HTML page, no network needed.")]


FillOption = Annotated[Optional[Gaps], typer.Option(  # noqa: UP045
    "--fill", help="What stands for a missing hour of demand or of a site's figures; left out: "
    "what the model says, else it is refused.")]
LangOption = Annotated[str, typer.Option(help="Words and names: en, zh or both.")]
LandOption = Annotated[str, typer.Option(help="Bundled land: coarse, or fine (0.5 MB more).")]
WorldviewOption = Annotated[Optional[str], typer.Option(  # noqa: UP045
    metavar="NAME", help="Whose borders to draw, e.g. natural-earth-de-facto; none if left out.")]
BaseMapOption = Annotated[Optional[Path], typer.Option(  # noqa: UP045
    metavar="FILE", help="A GeoJSON layer of your own instead of the bundled land.")]
NoteOption = Annotated[str, typer.Option(
    "--base-map-note", metavar="TEXT", help="Its name and approval number, written on the map.")]


def load_model(console: Console, model: str, fill: Gaps | None = None) -> Scenario:
    """Load a model, or the scenario of a saved run, while saying so."""
    saved = saved_run(console, model)
    if saved is not None:
        return saved.scenario
    with console.status(Text(f"reading {model}")):
        return load(model, fill=None if fill is None else fill.value)


def saved_run(console: Console, model: str) -> Dispatch | StreamedRun | None:
    """Read what is saved in a folder; None if the name is that of a model."""
    folder = Path(model)
    if (folder / MODEL_FILE).is_file() or not (folder / RUN_FILE).is_file():
        return None
    with console.status(Text(f"reading {model}")):
        return read(folder)


def tell_remarks(scenario: Scenario, model: str) -> None:
    """Say that something is odd about the tables, and where to read what."""
    said = lines_of(scenario.remarks)
    if said:
        more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
        text = f"{said[0]}{more}; see: computegrid check {model}"
        stderr().print(marked("note:", "yellow", text), soft_wrap=True)


def write_map(console: Console, answer: Any, file: Path | None, **options: Any) -> None:
    """Draw an answer and write the page, if a file is asked for; ``options`` are of ``explore``."""
    if file is None:
        return
    from computegrid.maps.page import save_page

    with console.status("drawing the map"):
        save_page(answer.explore(**options), file)
    console.print(f"map:    {file}  (open it in a browser; it needs no network)", soft_wrap=True)


def map_options(
    lang: str, land: str, worldview: str | None, base_map: Path | None, note: str
) -> dict[str, Any]:
    """Options of ``explore`` as they were typed; what cannot be drawn is refused before solving."""
    from computegrid.maps.base import ground
    from computegrid.maps.words import check_lang

    check_lang(lang)
    ground(land, worldview, base_map, note)  # type: ignore[arg-type]
    return {"lang": lang, "land": land, "worldview": worldview, "base_map": base_map,
            "base_map_note": note}


def check_target(file: Path | None, kind: str) -> None:
    """Refuse a file for a map, report, table or plot before anything is solved, if it can be none.

    Raises
    ------
    DataError
        As :func:`computegrid.targets.require_target`.
    """
    if file is not None:
        require_target(file, kind, ENDINGS[kind])


def write_table(console: Console, table: pd.DataFrame, file: Path | None) -> None:
    """Write a table as CSV, if a file is asked for; its index becomes columns."""
    if file is None:
        return
    write_atomically(file, lambda path: safe_csv(table.reset_index()).to_csv(path, index=False))
    console.print(f"table: {file}", soft_wrap=True)


@contextmanager
def progress_bar(console: Console) -> Iterator[Callable[[int, int, str], None]]:
    """A bar that says what is being solved; called with how many are done, of how many, which."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(),
               TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("solving", total=None)
        yield lambda done, total, what: bar.update(
            task, completed=done, total=total, description=f"solving {what}".strip())
