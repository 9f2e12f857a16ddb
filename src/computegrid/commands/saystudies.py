"""What the command line says of many dispatches."""

from __future__ import annotations

import math

import pandas as pd
from rich.console import Console
from rich.table import Table

from computegrid.commands.console import marked
from computegrid.commands.say import (
    MOST_COUNTRIES,
    MOST_ROWS,
    both,
    figure_column,
    name_column,
    percent,
    split_unit,
)
from computegrid.streaming.run import StreamedRun
from computegrid.studies.compare import Comparison
from computegrid.studies.freezetable import Freeze
from computegrid.studies.frontier import XS, Frontier
from computegrid.studies.ladder import Ladder
from computegrid.units import told

MOST_RULES = 5
"""Rules named that stop a frontier."""


def print_streamed(console: Console, run: StreamedRun) -> None:
    """Totals of a streamed run, how near the optimum it is proven to be, the rows' prices."""
    totals = Table("total", figure_column("value"), "unit", title=str(run.folder))
    for name, value in run.summary.dropna().items():
        quantity, unit = split_unit(str(name))
        totals.add_row(quantity, told(value), unit)
    console.print(totals)
    proof = run.proof
    console.print(f"gap {proof.gap:.1e} to a bound proven over all columns, {run.rounds} rounds; "
                  f"conservation {proof.conservation:.0e}, rows over the horizon "
                  f"{proof.side_residual:.0e}", soft_wrap=True)
    held = run.rule_prices
    held = held[held["hour"].isna()]
    if len(held):
        rows = Table(name_column("rule"), *map(figure_column, (
            "activity", "lower", "upper", "shadow price")), title="Rules over the horizon")
        for row in held.head(MOST_ROWS).itertuples():
            figures = (row.activity, row.lower, row.upper, row.shadow_price)
            rows.add_row(str(row.rule), *map(told, figures))  # type: ignore[arg-type]
        console.print(rows)


def print_comparison(console: Console, comparison: Comparison) -> None:
    """A row per regime: what it costs against the base, what it leaves unserved, who serves."""
    table = comparison.table
    base = table.loc[comparison.base]
    out = Table(name_column("regime"), *map(figure_column, (
        "cost M USD", "against base", "unserved GWh", "CO2 kt", "RTT ms", "at home",
        "own control", "HHI")),
        title=f"{both(comparison.scenario)}: regimes against {comparison.base}")
    for name, row in table.iterrows():
        if name in comparison.infeasible:
            out.add_row(str(name), "infeasible", *[""] * 7)
            continue
        added = row["cost_usd"] / base["cost_usd"] - 1 if base["cost_usd"] else float("nan")
        out.add_row(
            str(name), told(row["cost_usd"] / 1e6), f"{100 * added:+,.1f} %",
            told(row["unserved_mwh"] / 1000), told(row["carbon_t"] / 1000),
            f"{row['mean_rtt_ms']:.1f}", percent(row.get("home_share", float("nan"))),
            percent(row.get("own_control_share", float("nan"))),
            f"{row['controllers_hhi']:.2f}")
    console.print(out)
    for name, why in comparison.infeasible.items():
        console.print(marked(f"{name}:", "yellow", why), soft_wrap=True)


def print_freeze(console: Console, desk: Freeze) -> None:
    """Every switch by the work it leaves unserved, and the reserve that would have helped."""
    _print_frame(console, _in_units(desk.table, _SWITCHES).head(MOST_ROWS),
                 f"Who can switch off what, by {desk.by}")
    _print_ties(console, desk)
    matrix = desk.matrix
    dark = matrix[matrix.gt(0).any(axis=1)].iloc[:MOST_ROWS, :8]
    if len(dark):
        _print_frame(console, dark.rename_axis("frozen by"),
                     "Share of each victim's work that goes unserved", as_percent=True)
    worst = str(desk.table.index[0])
    lost = desk.losses(worst, "country" if "country" in desk.scenario.regions else "region")
    lost = lost[(lost["unserved_mwh"] > 0) | (lost["critical_unserved_mwh"] > 0)]
    if len(lost):
        _print_frame(console, _in_units(lost, _LOSSES).head(MOST_COUNTRIES),
                     f"Frozen by {worst}: what goes unserved, the worst critical losses first")
        spared = int((lost["critical_unserved_mwh"] <= 0).sum())
        console.print(f"of these {len(lost)}, {len(lost) - spared} lose critical work",
                      soft_wrap=True)
    held = desk.reserves
    held = held[held.iloc[:, 0] == worst].set_index("site")
    if len(held):
        _print_frame(console, _in_units(held.sort_values("reserve_mw", ascending=False), _RESERVES)
                     .head(MOST_ROWS), f"Frozen by {worst}: reserve for critical work")


def _print_ties(console: Console, desk: Freeze) -> None:
    """Say which figures hang on which of equally cheap dispatches is held, and how far."""
    tied = desk.tied
    units = {name: (scale, shown) for name, scale, shown in _SWITCHES if scale is not None}
    tied = tied[tied["figure"].isin(list(units))]
    if tied.empty:
        console.print("No figure hangs on which of equally cheap dispatches is held.",
                      soft_wrap=True)
        return
    out = Table(name_column(desk.by), name_column("figure"),
                *map(figure_column, ("held", "least", "most")),
                title="Figures that hang on which of equally cheap dispatches is held")
    for row in tied.head(MOST_ROWS).to_dict("records"):
        scale, shown = units[row["figure"]]
        out.add_row(str(row[desk.by]), shown, *[
            _cell(float(row[end]) / scale) for end in ("held", "least", "most")])
    console.print(out)


def print_frontier(console: Console, curve: Frontier) -> None:
    """Every bound on x, the y it leaves, and what one more unit of the bound is worth."""
    unit, scale = ("%", 0.01) if XS[curve.x] == "1" else (XS[curve.x], 1.0)
    money, per = ("M USD", 1e6) if curve.y == "cost_usd" else ("kt CO2", 1e3)
    worth = per if curve.y == "cost_usd" else 1e6  # the dual of carbon is in kg
    columns = (
        (f"{curve.x}_max", scale, f"at most {unit}"), (curve.x, scale, f"reached {unit}"),
        (curve.y, per, money), (f"step_{curve.y}", per, f"step {money}"),
        ("shadow_price", worth / scale, f"{money} per {unit}"),
        ("unserved_mwh", 1e3, "unserved GWh"), ("carbon_t", 1e3, "CO2 kt"),
        ("mean_rtt_ms", 1.0, "RTT ms"),
    )
    _print_frame(console, _in_units(curve.table, tuple(
        column for i, column in enumerate(columns)
        if i < 5 or column[0] not in (curve.x, curve.y))),
        f"{curve.y} against {curve.x}, regime {curve.regime.name}")
    rest = curve.stopped_by[MOST_RULES:]
    console.print(f"The curve ends there because of: "
                  f"{', '.join(curve.stopped_by[:MOST_RULES])}"
                  + (f" and {len(rest)} more" if rest else ""), soft_wrap=True)
    console.print(f"Between two points it lies at most {told(curve.gap / worth)} {money} below the "
                  "straight line.", soft_wrap=True)


def print_ladder(console: Console, climbed: Ladder, shares: pd.DataFrame | None) -> None:
    """The rungs of sovereignty and what each adds."""
    _print_frame(console, _in_units(climbed.table, _RUNGS),
                 f"The price of sovereignty, rung by rung, from {climbed.base.name}")
    if shares is not None:
        _print_frame(console, shares, "Shared out whatever the order (Shapley values)")


def _print_frame(
    console: Console, frame: pd.DataFrame, title: str, *, as_percent: bool = False
) -> None:
    columns = [c for c in frame.columns if bool(frame[c].notna().any())]
    out = Table(name_column(str(frame.index.name or "")),
                *[figure_column(str(c).replace("_", " ")) for c in columns], title=title)
    for name, row in frame.iterrows():
        out.add_row(str(name), *[
            percent(row[c]) if as_percent else _cell(row[c]) for c in columns])
    console.print(out)


_SWITCHES: tuple[tuple[str, float | None, str], ...] = (
    ("unserved_mwh", 1e3, "unserved GWh"), ("unserved_share", 0.01, "unserved %"),
    ("critical_unserved_share", 0.01, "critical %"),
    ("added_cost_usd", 1e6, "added M USD"), ("breach_hours", 1.0, "breach h"),
    ("worst_hit", None, "worst hit"), ("reserve_mw", 1.0, "reserve MW"),
    ("reserve_usd_per_year", 1e6, "M USD/year"),
)
_LOSSES: tuple[tuple[str, float | None, str], ...] = (
    ("demand_mwh", 1e3, "demand GWh"), ("unserved_mwh", 1e3, "unserved GWh"),
    ("unserved_share", 0.01, "unserved %"), ("critical_demand_mwh", 1e3, "critical GWh"),
    ("critical_unserved_mwh", 1e3, "critical unserved GWh"),
    ("critical_unserved_share", 0.01, "critical unserved %"),
)
_RESERVES: tuple[tuple[str, float | None, str], ...] = (
    ("reserve_mw", 1.0, "reserve MW"), ("usd_per_year", 1e6, "M USD/year"),
)
_RUNGS: tuple[tuple[str, float | None, str], ...] = (
    ("added_cost_usd", 1e6, "added M USD"), ("added_unserved_mwh", 1e3, "added unserved GWh"),
    ("added_carbon_t", 1e3, "added CO2 kt"), ("added_mean_rtt_ms", 1.0, "added RTT ms"),
    ("usd_per_mwh", 1.0, "USD per MWh of demand"),
)


def _in_units(
    table: pd.DataFrame, columns: tuple[tuple[str, float | None, str], ...]
) -> pd.DataFrame:
    """The columns a person reads first, in units that keep them short."""
    return pd.DataFrame({
        shown: table[name] if scale is None else table[name] / scale
        for name, scale, shown in columns if name in table.columns
    }, index=table.index)


def _cell(value: object) -> str:
    if isinstance(value, float):
        if not math.isfinite(value):
            return "-"
        return told(value)
    return str(value)
