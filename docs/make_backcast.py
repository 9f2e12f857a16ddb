"""Write docs/backcast.md from a run of every bundled model: ``python docs/make_backcast.py``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

import computegrid as cg

PAGE = Path(__file__).parent / "backcast.md"
SEEN = (1.0, 0.2, 0.05, 0.0)
_PRICE = """Customers of a cloud see its list price, not the meter of the site. The same models,
routed by a share of the site's energy price (`computegrid backcast europe --price-seen 0`): at 0
work goes where network and charges are least, near home, and on when home is full. Zones of the
United States want what stands there (their demand is made of their electricity), so that "all at
home" can hardly be beaten there.
"""
_HEAD = """# Beside what was published

Written by `docs/make_backcast.py` from a run of every model under its default regime;
`computegrid backcast MODEL` prints one, and ends with exit code 5 while a binding figure is missed.

A *control* is a published figure that the answer is set beside: a row of `controls.csv`, with its
source. What is accepted reaches from the lower of `low` and the figure less its tolerance to the
higher of `high` and the figure plus it. Published electricity counts all data centres, the models
hold clouds and AI campuses; the answer is divided by the part they are (`model_share`).

- *binding*: the model should meet it. *hold-out*: no rule or fitted figure of the routing may use
  it. Which are held out was fixed before anything was solved: every third by name, and the few
  figures that say something of trade in compute. The *facts* may use any of them: demand is made of
  national electricity, so that a country's own figure is no test of its demand, but of where its
  work is done.
- Two benchmarks know nothing of cost: all work done at home, all work spread in proportion to
  capacity. A model whose mean error on the hold-out is not below both is not calibrated, and is not
  called so.
- Where a rule holds a figure (the 69 to 71 % of Europe's `status-quo`) meeting it shows nothing.

"""


def page(found: dict[str, cg.Backcast]) -> str:
    """Text of the page."""
    return (_HEAD + summary(found) + by_price_seen(found)
            + "".join(section(one) for one in found.values()))


def by_price_seen(names: Iterable[str]) -> str:
    """How near every model comes when less of the site's energy price decides."""
    rows = ["\n## How much of it is the price\n", _PRICE,
            "| model | price seen | met | mean error, binding | mean error, hold-out | all at home "
            "| by capacity | better |", "|---|---|---|---|---|---|---|---|"]
    for name in names:
        scenario = cg.load(name)
        for share in SEEN:
            one = cg.backcast(scenario, price_seen=share)
            error = one.score["mean_error"]
            rows.append(f"| {name} | {100 * share:.0f} % | {int(one.table['within'].sum())} of "
                        f"{len(one.table)} | {_percent(error[('binding', 'modelled')])} | "
                        + " | ".join(_percent(error[("hold-out", answer)]) for answer in (
                            "modelled", "at_home", "by_capacity"))
                        + f" | {'yes' if one.beats_benchmarks else 'no'} |")
    return "\n".join(rows) + "\n"


def summary(found: dict[str, cg.Backcast]) -> str:
    """A row per model."""
    rows = ["| model | regime | met | mean error, hold-out | all at home | by capacity | better |",
            "|---|---|---|---|---|---|---|"]
    for name, one in found.items():
        table = one.table
        error = one.score.loc["hold-out", "mean_error"]
        rows.append(
            f"| {name} | {one.dispatch.regime.name} | {int(table['within'].sum())} of {len(table)} "
            f"| {_percent(error['modelled'])} | {_percent(error['at_home'])} "
            f"| {_percent(error['by_capacity'])} | {'yes' if one.beats_benchmarks else 'no'} |")
    return "\n".join(rows) + "\n"


def section(one: cg.Backcast) -> str:
    """A model and all its figures."""
    scenario = one.dispatch.scenario
    rows = [f"\n## `{scenario.name}`\n",
            "| published figure | unit | published | accepted | model | met | use | all at home "
            "| by capacity | source |", "|---|---|---|---|---|---|---|---|---|---|"]
    for _, row in one.table.iterrows():
        year = "" if pd.isna(row["year"]) else f" ({row['year']:.0f})"
        rows.append("| " + " | ".join((
            row["title"] + year, row["unit"], _figure(row["published"]),
            f"{_figure(row['least'])} to {_figure(row['most'])}", _figure(row["modelled"]),
            "yes" if row["within"] else "**no**", row["use"], _figure(row["at_home"]),
            _figure(row["by_capacity"]), row["source_id"].replace(";", ", "))) + " |")
    return "\n".join(rows) + "\n"


def _figure(figure: float) -> str:
    if math.isnan(figure):
        return "–"
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.0f} %"


if __name__ == "__main__":
    PAGE.write_text(page({name: cg.backcast(cg.load(name)) for name in cg.models()}),
                    encoding="utf-8")
