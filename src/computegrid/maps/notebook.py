"""What a notebook shows of an answer: its main figures, in one small table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from computegrid.maps import markup
from computegrid.maps.figures import horizon_hours
from computegrid.maps.header import header
from computegrid.maps.safe import safe
from computegrid.maps.studies import regime_cells, switch_cells
from computegrid.maps.words import pick, words

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch
    from computegrid.studies.compare import Comparison
    from computegrid.studies.freezetable import Freeze

_MOST_SWITCHES = 20


def dispatch_html(dispatch: Dispatch) -> str:
    """Totals of a dispatch as an HTML table, and how to see more."""
    head = header(dispatch, "en")
    return _shown(
        " · ".join((head.regime, head.period, dispatch.status, dispatch.solver)), head.title,
        ["", ""], head.totals,
        ".explore() draws the map, .plot() the supply curve; .flows, .prices, .summary are tables",
    )  # fmt: skip


def comparison_html(comparison: Comparison) -> str:
    """Cost, unserved work, own control and carbon of each regime, with the change from the base."""
    figures, says = comparison.table.to_dict("index"), words("en")
    start, rows = figures[comparison.base], []
    for name in comparison.table.index:
        if name in comparison.infeasible:
            rows.append([name, says["infeasible"], "", "", ""])
            continue
        regime = comparison.dispatches[name].regime
        cells = regime_cells(figures[name], start)
        title = pick(regime.title or name, regime.title_zh, "en")
        rows.append([title, *map(_with_change, cells)])
    head = header(comparison.dispatches[comparison.base], "en")
    return _shown(
        " · ".join(("Regimes against " + head.name, head.period)), head.title,
        ["Regime", "Cost USD", "Unserved", "Own control", "CO₂"], rows,
        ".explore() draws the map of every regime and what moved; .table has every figure",
    )  # fmt: skip


def freeze_html(freeze: Freeze) -> str:
    """Unserved work, time until it is given up, added cost and reserve of the worst switches."""
    total, table = horizon_hours(freeze.before), freeze.table.head(_MOST_SWITCHES)
    rows = []
    for name, row in table.to_dict("index").items():
        cells = switch_cells(row, total, words("en"))
        rows.append([name, *map(_with_change, cells), *[""] * (4 - len(cells))])
    head, rest = header(freeze.before, "en"), len(freeze.table) - len(table)
    line = ["Who can switch off what, by " + freeze.by, head.name]
    line += ["the worst " + str(len(table)) + " of " + str(len(freeze.table))] if rest else []
    return _shown(
        " · ".join(line), head.title,
        ["Frozen", "Unserved", "Given up after", "Added cost USD", "Reserve"], rows,
        ".explore() draws who goes dark; .table, .matrix and .victims have every figure",
    )  # fmt: skip


def table_html(table: pd.DataFrame, title: str, line: str) -> str:
    """Any table of a study, its numbers with at least four digits."""
    rows = [
        [key, *(_figure(cell) if isinstance(cell, float) else str(cell) for cell in row)]
        for key, row in zip(table.index, table.itertuples(index=False), strict=True)
    ]
    return _shown(line, title, [str(table.index.name or ""), *table.columns], rows, "")


def _figure(figure: float) -> str:
    return format(figure, ",.0f" if abs(figure) >= 1000 else ",.4g")


def _with_change(cell: Sequence[str]) -> str:
    figure, change = cell
    return figure + (" (" + change + ")" if change else "")


def _shown(
    line: str, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], more: str
) -> str:
    return (
        f"<div><b>{safe(title)}</b> · {safe(line)}{markup.table(columns, rows)}"
        f"<small>{safe(more)}</small></div>"
    )
