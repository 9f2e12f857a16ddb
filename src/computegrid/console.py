"""What the command line says: tables a person can read."""

from __future__ import annotations

import math
import warnings

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from computegrid.dispatch import Dispatch
from computegrid.errors import RuleWarning
from computegrid.program.build import build_program
from computegrid.scenario.scenario import Scenario
from computegrid.studies.compare import Comparison
from computegrid.studies.freezetable import Freeze

MOST_ROWS = 12
SMALLEST_PRICE = 0.005
"""Shadow prices below this are not listed [USD per unit]."""


def print_models(console: Console, scenarios: list[Scenario]) -> None:
    """List models: name, title, size, regimes."""
    table = Table("model", "what it describes", "size", "regimes")
    for scenario in scenarios:
        size = (f"{len(scenario.regions)} regions\n{scenario.arrays.n_sites} sites\n"
                f"{scenario.arrays.n_hours} time steps")
        table.add_row(scenario.name, escape(_both(scenario)), size,
                      escape(", ".join(scenario.regimes)))
    console.print(table)


def print_dispatch(console: Console, dispatch: Dispatch) -> None:
    """Say what a dispatch is: totals, who serves what and where, prices, rules."""
    scenario, s = dispatch.scenario, dispatch.summary
    regime = dispatch.regime
    console.print(f"[bold]{escape(_both(scenario))}[/bold], regime [bold]{escape(regime.name)}"
                  f"[/bold]: {escape(regime.title)}", soft_wrap=True)
    total = scenario.arrays.weight_hours.sum()
    console.print(
        f"{scenario.arrays.n_hours} time steps for {total:,.0f} h, facts as of "
        f"{scenario.as_of or 'no date given'}; {dispatch.status}, {dispatch.solver}, gap "
        f"{dispatch.certificate.gap:.0e}; estimates: {_estimates(scenario)}", soft_wrap=True)
    totals = Table("total", _figure("value"), "unit", title="Totals")
    for name, value, digits in (
        ("cost_usd", s["cost_usd"], 0), ("operating_cost_usd", s["operating_cost_usd"], 0),
        ("energy_cost_usd", s["energy_cost_usd"], 0),
        ("network_cost_usd", s["network_cost_usd"], 0), ("charges_usd", s["charges_usd"], 0),
        ("demand_mwh", s["demand_mwh"], 0), ("unserved_mwh", s["unserved_mwh"], 0),
        ("energy_mwh", s["energy_mwh"], 0), ("carbon_t", s["carbon_t"], 0),
        ("mean_rtt_ms", s["mean_rtt_ms"], 1), ("utilisation", s["utilisation"], 3),
        ("dependence", s["dependence"], 3),
    ):
        quantity, unit = _split_unit(name)
        totals.add_row(quantity, f"{value:,.{digits}f}", unit)
    console.print(totals)
    _print_workloads(console, dispatch)
    _print_exchange(console, dispatch)
    _print_control(console, dispatch)
    _print_prices(console, dispatch)
    _print_rules(console, dispatch)


def print_comparison(console: Console, comparison: Comparison) -> None:
    """A row per regime: what it costs against the base, what it leaves unserved, who serves."""
    table = comparison.table
    base = table.loc[comparison.base]
    out = Table(_name("regime"), *map(_figure, (
        "cost M USD", "against base", "unserved GWh", "CO2 kt", "RTT ms", "at home",
        "own-controlled", "HHI")),
        title=f"{escape(_both(comparison.scenario))}: regimes against {escape(comparison.base)}")
    for name, row in table.iterrows():
        if name in comparison.infeasible:
            out.add_row(escape(str(name)), "infeasible", *[""] * 7)
            continue
        added = row["cost_usd"] / base["cost_usd"] - 1 if base["cost_usd"] else float("nan")
        out.add_row(
            escape(str(name)), f"{row['cost_usd'] / 1e6:,.0f}", f"{100 * added:+,.1f} %",
            f"{row['unserved_mwh'] / 1000:,.0f}", f"{row['carbon_t'] / 1000:,.0f}",
            f"{row['mean_rtt_ms']:.1f}", _percent(row.get("home_share", float("nan"))),
            _percent(row.get("own_control_share", float("nan"))),
            f"{row['controllers_hhi']:.2f}")
    console.print(out)
    for name, why in comparison.infeasible.items():
        console.print(f"[yellow]{escape(name)}[/yellow]: {escape(why)}", soft_wrap=True)


def print_freeze(console: Console, desk: Freeze) -> None:
    """Every switch by the work it leaves unserved, and the reserve that would have helped."""
    _print_frame(console, _readable(desk.table).head(MOST_ROWS),
                 f"Who can switch off what, by {desk.by}")
    matrix = desk.matrix
    dark = matrix[matrix.gt(0).any(axis=1)].iloc[:MOST_ROWS, :8]
    if len(dark):
        _print_frame(console, dark.rename_axis("frozen by"),
                     "Share of each victim's work that goes unserved", percent=True)


def print_ladder(console: Console, table: pd.DataFrame, shares: pd.DataFrame | None) -> None:
    """The rungs of sovereignty and what each adds."""
    millions = table.copy()
    for column in [c for c in table.columns if c.endswith("_usd")]:
        millions[column.replace("_usd", "_million_usd")] = millions.pop(column) / 1e6
    _print_frame(console, millions, "The price of sovereignty, rung by rung")
    if shares is not None:
        _print_frame(console, shares, "Shared out whatever the order (Shapley values)")


def _print_frame(
    console: Console, frame: pd.DataFrame, title: str, *, percent: bool = False
) -> None:
    columns = [c for c in frame.columns if bool(frame[c].notna().any())]
    out = Table(_name(str(frame.index.name or "")),
                *[_figure(str(c).replace("_", " ")) for c in columns], title=escape(title))
    for name, row in frame.iterrows():
        out.add_row(escape(str(name)), *[
            _percent(row[c]) if percent else _cell(row[c]) for c in columns])
    console.print(out)


def _readable(table: pd.DataFrame) -> pd.DataFrame:
    """The columns a person reads first, in GWh and million USD."""
    out = pd.DataFrame(index=table.index)
    for name, scale, shown in (
        ("unserved_mwh", 1e3, "unserved GWh"), ("unserved_share", 0.01, "unserved %"),
        ("critical_unserved_share", 0.01, "critical unserved %"),
        ("added_cost_usd", 1e6, "added M USD"), ("breach_hours", 1.0, "hours to breach"),
        ("worst_hit", None, "worst hit"), ("reserve_mw", 1.0, "reserve MW"),
        ("reserve_usd_per_year", 1e6, "reserve M USD/year"),
    ):
        if name in table.columns:
            out[shown] = table[name] if scale is None else table[name] / scale
    return out


def _cell(value: object) -> str:
    if isinstance(value, float):
        if not math.isfinite(value):
            return "-"
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"
    return escape(str(value))


def check_regimes(scenario: Scenario) -> dict[str, list[str]]:
    """Build every regime's program and return the warnings, by regime."""
    found: dict[str, list[str]] = {}
    for name, regime in scenario.regimes.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", RuleWarning)
            build_program(scenario, regime)
        found[name] = [str(one.message) for one in caught]
    return found


def print_check(console: Console, scenario: Scenario, found: dict[str, list[str]]) -> None:
    """Say what was checked and which rules have no effect."""
    console.print(escape(repr(scenario)), soft_wrap=True)
    for name, notes in found.items():
        rules = len(scenario.regimes[name].rules)
        mark = "[yellow]note[/yellow]" if notes else "[green]ok[/green]"
        console.print(f"  {mark} regime {escape(name)}: {rules} rules", soft_wrap=True)
        for note in notes:
            console.print(f"       {escape(note)}", soft_wrap=True)
    console.print("[green]the model can be run[/green]")


def _print_workloads(console: Console, dispatch: Dispatch) -> None:
    by = dispatch.scenario.group_by
    figures = ("demand GWh", "unserved GWh", f"in own {by or 'group'}", "mean km", "RTT ms",
               "kg CO2/MWh")
    table = Table(_name("workload"), *map(_figure, figures), title="Workloads")
    for name, row in dispatch.by_workload.iterrows():
        carbon = row["carbon_t"] * 1000 / row["served_mwh"] if row["served_mwh"] > 0 else 0.0
        table.add_row(escape(str(name)), f"{row['demand_mwh'] / 1000:,.1f}",
                      f"{row['unserved_mwh'] / 1000:,.1f}", _percent(row["home_share"]),
                      f"{row['mean_distance_km']:,.0f}", f"{row['mean_rtt_ms']:.1f}",
                      f"{carbon:,.0f}")
    console.print(table)


def _print_exchange(console: Console, dispatch: Dispatch) -> None:
    by = dispatch.scenario.group_by
    if not by:
        return
    moved = dispatch.exchange(by)
    total = moved.groupby(level="wanted_in").sum()
    total = total.loc[total.sum(axis=1).sort_values(ascending=False).index[:MOST_ROWS]]
    columns = list(total.sum().sort_values(ascending=False).index[:8])
    table = Table(_name(f"wanted in ({by})"), *[_figure(f"done in {c}") for c in columns],
                  title=f"Where served work is done, by {by}")
    for name, row in total.iterrows():
        whole = row.sum()
        table.add_row(escape(str(name)), *[
            _percent(row[c] / whole) if whole > 0 else "-" for c in columns])
    console.print(table)
    _print_largest_move(console, moved, by)


def _print_largest_move(console: Console, moved: pd.DataFrame, by: str) -> None:
    """Say which two groups exchange most, and how much of each workload that is."""
    total = moved.groupby(level="wanted_in").sum()
    pairs = [(float(total.loc[wanted, done]), str(wanted), str(done))
             for wanted in total.index for done in total.columns if wanted != done]
    most, wanted, done = max(pairs, default=(0.0, "", ""))
    if most <= 0:
        return
    work = moved.xs(wanted, level="wanted_in")
    shares = (work[done] / work.T.sum()).sort_values(ascending=False)
    listed = ", ".join(f"{escape(str(name))} {_percent(share)}" for name, share in shares.items())
    console.print(f"Largest move: {escape(wanted)} → {escape(done)} ({by}), {most / 1000:,.0f} GWh "
                  f"of work; of what is wanted in {escape(wanted)}: {listed}", soft_wrap=True)


def _print_control(console: Console, dispatch: Dispatch) -> None:
    shares = dispatch.control_shares
    if len(shares) <= 1:
        return
    text = ", ".join(f"{escape(str(name))} {_percent(v)}" for name, v in shares.head(8).items())
    console.print(f"Work by who controls the site: {text}", soft_wrap=True)


def _print_prices(console: Console, dispatch: Dispatch) -> None:
    prices = dispatch.prices
    unit = prices.columns[-1]
    by_region = prices.groupby("region")[unit].mean().sort_values()
    low, high = by_region.index[0], by_region.index[-1]
    names = _names(dispatch.scenario)
    console.print(
        f"Price of compute ({unit.replace('_per_', '/')}, mean of workloads and hours): lowest "
        f"{by_region.iloc[0]:,.1f} in {escape(names.get(low, str(low)))}, highest "
        f"{by_region.iloc[-1]:,.1f} in {escape(names.get(high, str(high)))}", soft_wrap=True)


def _print_rules(console: Console, dispatch: Dispatch) -> None:
    prices = dispatch.rule_prices
    if prices.empty:
        return
    worth = prices.assign(size=prices["shadow_price"].abs())
    worth = worth[worth["size"] >= SMALLEST_PRICE]
    if worth.empty:
        console.print("No rule costs anything at the margin.")
        return
    strongest = worth.sort_values("size", ascending=False).groupby("rule", sort=False).head(1)
    table = Table(_name("rule"), "kind", _name("strongest at"), _figure("USD per unit"), "unit",
                  title="What rules cost at the margin (shadow prices)")
    for row in strongest.head(MOST_ROWS).itertuples():
        hour = "" if pd.isna(row.hour) else str(row.hour)  # type: ignore[arg-type]
        where = ", ".join(part for part in (str(row.group), hour) if part)
        table.add_row(escape(str(row.rule)), str(row.kind), escape(where),
                      f"{row.shadow_price:,.2f}", str(row.unit))
    console.print(table)


def _name(header: str) -> Column:
    """A column of names: folded when narrow, never cut."""
    return Column(header=escape(header), overflow="fold")


def _figure(header: str) -> Column:
    return Column(header=escape(header), justify="right", overflow="fold")


def _names(scenario: Scenario) -> dict[str, str]:
    regions = scenario.regions
    return {str(k): str(v) for k, v in regions["name"].items()} if "name" in regions else {}


def _estimates(scenario: Scenario) -> str:
    sites = scenario.sites
    if "kind" not in sites.columns:
        return "the sites do not say"
    share = sites.loc[sites["kind"] != "published", "capacity_mw"].sum() / max(
        sites["capacity_mw"].sum(), 1e-9)
    return f"{_percent(share)} of the capacity is estimated or derived"


def _both(scenario: Scenario) -> str:
    return " · ".join(part for part in (scenario.title, scenario.title_zh) if part)


def _percent(share: float) -> str:
    return "-" if pd.isna(share) else f"{100 * share:.1f} %"


def _split_unit(name: str) -> tuple[str, str]:
    for suffix, unit in (("_usd", "USD"), ("_mwh", "MWh"), ("_t", "t"), ("_ms", "ms")):
        if name.endswith(suffix):
            return name.removesuffix(suffix).replace("_", " "), unit
    return name.replace("_", " "), "share"
