"""The command that sets an answer beside what was published."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Optional

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from computegrid.commands.console import stdout
from computegrid.commands.say import both, figure_column, name_column, percent
from computegrid.commands.shared import (
    LangOption,
    Model,
    RegimeOption,
    check_target,
    load_model,
    write_table,
)
from computegrid.maps.words import check_lang
from computegrid.studies.backcast import ANSWERS, Backcast
from computegrid.studies.backcast import backcast as studies_backcast
from computegrid.units import told

EXIT_CONTROL_MISSED = 5


def backcast(
    model: Model,
    regime: RegimeOption = None,
    price_seen: Annotated[float, typer.Option(
        min=0.0, max=1.0, help="Share of the site's energy price that decides where work is done.",
    )] = 1.0,
    csv_file: Annotated[Optional[Path], typer.Option(  # noqa: UP045
        "--csv", metavar="FILE", help="Write the whole table here.")] = None,
    lang: LangOption = "both",
) -> None:
    """Set an answer beside published figures: electricity, capacity, shares by place and control.

    Ends with exit code 5 when a binding figure is missed.

    Example: [bold]computegrid backcast europe --csv backcast.csv[/bold]
    """
    console = stdout()
    check_lang(lang)
    check_target(csv_file, "table")
    scenario = load_model(console, model)
    with console.status("solving"):
        found = studies_backcast(scenario, regime, price_seen=price_seen)
    print_backcast(console, found, lang)
    write_table(console, found.table, csv_file)
    if found.missed:
        raise typer.Exit(EXIT_CONTROL_MISSED)


def print_backcast(console: Console, found: Backcast, lang: str = "both") -> None:
    """Every published figure with the model's beside it, and how near model and benchmarks come."""
    table, dispatch = found.table, found.dispatch
    out = Table(name_column("published figure"), "unit", *map(figure_column, (
        "published", "accepted", "model", "error")), "met", "use", *map(figure_column, (
            "all at home", "by capacity")),
        title=f"{both(dispatch.scenario)}, regime {dispatch.regime.name}: "
              "beside what was published"
              + ("" if found.price_seen == 1.0 else f"; price seen: {percent(found.price_seen)}"))
    for name, row in table.iterrows():
        out.add_row(
            _title(str(name), row, lang), str(row["unit"]), _short(row["published"]),
            f"{_short(row['least'])}-{_short(row['most'])}", _short(row["modelled"]),
            "-" if pd.isna(row["error"]) else f"{100 * row['error']:+,.0f} %",
            "yes" if row["within"] else "no", str(row["use"]), _short(row["at_home"]),
            _short(row["by_capacity"]))
    console.print(out)
    score = Table("use", "answer", *map(figure_column, (
        "figures", "met", "mean error", "median error")),
        title="Score: figures that depend on where the work is done; last row: all figures")
    for one in found.score.reset_index().to_dict("records"):
        score.add_row(str(one["use"]), _ANSWER[str(one["answer"])], str(one["controls"]),
                      str(one["within"]), percent(one["mean_error"]),
                      percent(one["median_error"]))
    console.print(score)
    console.print(_verdict(found), soft_wrap=True)


def _verdict(found: Backcast) -> str:
    held = float(found.score["controls"][("hold-out", ANSWERS[0])]) > 0
    said = [f"{len(found.missed)} binding figures are missed"
            + (f": {', '.join(found.missed)}" if found.missed else "")]
    if not held:
        said.append("nothing is held out, so nothing says how far the model carries")
    elif found.beats_benchmarks:
        said.append("on the hold-out the mean error is below that of both benchmarks")
    else:
        said.append("on the hold-out the model is no better than the best benchmark: it is not "
                    "calibrated")
    return "; ".join(said)


def _title(name: str, row: pd.Series, lang: str) -> str:
    wanted = {"en": ("title",), "zh": ("title_zh",)}.get(lang, ("title", "title_zh"))
    parts = [str(row[column]) for column in wanted if row.get(column)]
    year = "" if pd.isna(row["year"]) else f" ({row['year']:.0f})"
    return (" · ".join(parts) or name) + year


def _short(figure: float) -> str:
    return "-" if math.isnan(figure) else told(figure)


_ANSWER = {"modelled": "model", "at_home": "all at home", "by_capacity": "by capacity"}
