"""What the command line says of one dispatch: tables a person can read."""

from __future__ import annotations

import warnings

import pandas as pd
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from computegrid.commands.console import marked
from computegrid.dispatch import Dispatch
from computegrid.errors import RuleWarning, lines_of
from computegrid.maps.touch import slight
from computegrid.program.build import build_program
from computegrid.scenario.scenario import Scenario
from computegrid.units import told

MOST_ROWS = 12
MOST_REMARKS = 20
MOST_COUNTRIES = 40
"""Where countries are told one by one: all of Europe's fit."""

TOLD_SHARE = 5e-4
"""A range of a share narrower than this is not told: tables show tenths of a percent."""


def print_models(console: Console, scenarios: list[Scenario]) -> None:
    """List models: name, title, size, regimes."""
    table = Table("model", "what it describes", "size", "regimes")
    for scenario in scenarios:
        size = (f"{len(scenario.regions)} regions\n{scenario.arrays.n_sites} sites\n"
                f"{scenario.arrays.n_hours} time steps")
        table.add_row(scenario.name, both(scenario), size, ", ".join(scenario.regimes))
    console.print(table)


def print_dispatch(console: Console, dispatch: Dispatch) -> None:
    """Say what a dispatch is: totals, who serves what and where, prices, rules."""
    scenario, s = dispatch.scenario, dispatch.summary
    regime = dispatch.regime
    console.print(Text.assemble((both(scenario), "bold"), ", regime ", (regime.name, "bold"),
                                f": {regime.title}"), soft_wrap=True)
    total = scenario.arrays.weight_hours.sum()
    console.print(
        f"{scenario.arrays.n_hours} time steps for {total:,.0f} h, facts as of "
        f"{scenario.as_of or 'no date given'}; {dispatch.status}, {dispatch.solver}, gap "
        f"{dispatch.certificate.gap:.0e}; estimates: {_estimates(scenario)}", soft_wrap=True)
    totals = Table("total", figure_column("value"), "unit", title="Totals")
    for name, value, digits in (
        ("cost_usd", s["cost_usd"], 0), ("operating_cost_usd", s["operating_cost_usd"], 0),
        ("energy_cost_usd", s["energy_cost_usd"], 0),
        ("network_cost_usd", s["network_cost_usd"], 0), ("charges_usd", s["charges_usd"], 0),
        ("demand_mwh", s["demand_mwh"], 0), ("unserved_mwh", s["unserved_mwh"], 0),
        ("energy_mwh", s["energy_mwh"], 0), ("carbon_t", s["carbon_t"], 0),
        ("mean_rtt_ms", s["mean_rtt_ms"], 1), ("utilisation", s["utilisation"], 3),
        ("dependence", s["dependence"], 3),
    ):
        quantity, unit = split_unit(name)
        totals.add_row(quantity, f"{value:,.{digits}f}", unit)
    console.print(totals)
    _print_workloads(console, dispatch)
    _print_waiting(console, dispatch)
    _print_exchange(console, dispatch)
    _print_control(console, dispatch)
    _print_unserved(console, dispatch)
    _print_owners(console, dispatch)
    _print_prices(console, dispatch)
    _print_rules(console, dispatch)


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
    """Say what was checked, what is odd about it and which rules have no effect."""
    console.print(repr(scenario), soft_wrap=True)
    odd = lines_of(scenario.remarks)
    for remark in odd[:MOST_REMARKS]:
        console.print(marked("  odd", "yellow", remark), soft_wrap=True)
    if len(odd) > MOST_REMARKS:
        console.print(f"  ... and {len(odd) - MOST_REMARKS} more (scenario.remarks)")
    for name, notes in found.items():
        mark, style = ("  note", "yellow") if notes else ("  ok", "green")
        rules = len(scenario.regimes[name].rules)
        console.print(marked(mark, style, f"regime {name}: {rules} rules"), soft_wrap=True)
        for note in notes:
            console.print(f"       {note}", soft_wrap=True)
    console.print("the model can be run", style="green")


def _print_workloads(console: Console, dispatch: Dispatch) -> None:
    by = dispatch.scenario.group_by
    figures = ("demand GWh", "unserved GWh", f"in own {by or 'group'}", "mean km", "RTT ms",
               "kg CO2/MWh")
    table = Table(name_column("workload"), *map(figure_column, figures), title="Workloads")
    for name, row in dispatch.by_workload.iterrows():
        carbon = row["carbon_t"] * 1000 / row["served_mwh"] if row["served_mwh"] > 0 else 0.0
        table.add_row(str(name), told(row["demand_mwh"] / 1000),
                      told(row["unserved_mwh"] / 1000), percent(row["home_share"]),
                      f"{row['mean_distance_km']:,.0f}", f"{row['mean_rtt_ms']:.1f}",
                      told(carbon))
    console.print(table)


def _print_waiting(console: Console, dispatch: Dispatch) -> None:
    """Say how long work waited, of the workloads of which some did."""
    delays = dispatch.delays
    delays = delays[delays["waited_mwh"] > 0]
    if delays.empty:
        return
    figures = ("demand GWh", "waited GWh", "mean delay h", "longest h", "may wait h")
    table = Table(name_column("workload"), *map(figure_column, figures),
                  title="Work that waited (first come, first served; the mean is of what waited)")
    for name, row in delays.iterrows():
        table.add_row(str(name), told(row["demand_mwh"] / 1000),
                      told(row["waited_mwh"] / 1000), f"{row['mean_delay_hours']:.1f}",
                      f"{row['longest_delay_hours']:g}", f"{row['defer_hours']:g}")
    console.print(table)


def _print_exchange(console: Console, dispatch: Dispatch) -> None:
    by = dispatch.scenario.group_by
    if not by:
        return
    moved = dispatch.exchange(by)
    total = moved.groupby(level="wanted_in").sum()
    total = total.loc[total.sum(axis=1).sort_values(ascending=False).index[:MOST_ROWS]]
    columns = list(total.sum().sort_values(ascending=False).index[:8])
    table = Table(name_column(f"wanted in ({by})"),
                  *[figure_column(f"done in {c}") for c in columns],
                  title=f"Where served work is done, by {by}")
    for name, row in total.iterrows():
        whole = row.sum()
        table.add_row(str(name), *[
            percent(row[c] / whole) if whole > 0 else "-" for c in columns])
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
    listed = ", ".join(f"{name!s} {percent(share)}" for name, share in shares.items())
    console.print(f"Largest move: {wanted} → {done} ({by}), "
                  f"{told(most / 1000)} GWh of work; of what is wanted in {wanted}: "
                  f"{listed}", soft_wrap=True)


def _print_control(console: Console, dispatch: Dispatch) -> None:
    shares = dispatch.control_shares
    if len(shares) <= 1:
        return
    text = ", ".join(f"{name} {percent(v)}" for name, v in shares.head(8).items())
    console.print(f"Work by who controls the site: {text}", soft_wrap=True)
    least, most = dispatch.dependence_range
    if most - least > TOLD_SHARE:
        console.print(f"Who serves hangs on which of equally cheap dispatches is held: over all of "
                      f"them dependence is {least:.3f} to {most:.3f}", soft_wrap=True)


def _print_unserved(console: Console, dispatch: Dispatch) -> None:
    """Where work goes unserved, and how much of it is critical."""
    by = "country" if "country" in dispatch.scenario.regions else "region"
    lost = dispatch.unserved_by(by)
    lost = lost[lost["unserved_mwh"] > 0]
    if lost.empty:
        return
    table = Table(name_column(by), *map(figure_column, (
        "unserved GWh", "of demand", "critical unserved GWh", "of critical")),
        title="What goes unserved, the worst critical losses first")
    for name, row in lost.head(MOST_COUNTRIES).iterrows():
        table.add_row(str(name), told(row["unserved_mwh"] / 1000),
                      percent(row["unserved_share"]), told(row["critical_unserved_mwh"] / 1000),
                      percent(row["critical_unserved_share"]))
    console.print(table)


def _print_owners(console: Console, dispatch: Dispatch) -> None:
    """Who receives the rents of scarce capacity, where the facts know owners."""
    if dispatch.minimise != "cost" or dispatch.scenario.ownership.empty:
        return
    rents = dispatch.rents_by()
    total = float(rents["rent_usd"].sum())
    if total <= 0:
        return
    text = ", ".join(f"{name} {percent(share)}"
                     for name, share in rents["share"].head(6).items() if share >= 0.001)
    console.print(f"Rents of scarce capacity: {told(total / 1e6)} M USD, by ultimate owner: "
                  f"{text}", soft_wrap=True)


def _print_prices(console: Console, dispatch: Dispatch) -> None:
    prices = dispatch.prices
    unit = prices.columns[-1]
    by_region = prices.groupby("region")[unit].mean().sort_values()
    low, high = by_region.index[0], by_region.index[-1]
    names = _names(dispatch.scenario)
    console.print(
        f"Price of compute ({unit.replace('_per_', '/')}, mean of workloads and hours): lowest "
        f"{told(by_region.iloc[0])} in {names.get(low, str(low))}, highest "
        f"{told(by_region.iloc[-1])} in {names.get(high, str(high))}", soft_wrap=True)


def _print_rules(console: Console, dispatch: Dispatch) -> None:
    prices = dispatch.rule_prices
    if prices.empty:
        return
    worth = prices.assign(size=prices["shadow_price"].abs())
    worth = worth[worth["size"] > slight(dispatch)]
    if worth.empty:
        console.print("No rule costs anything at the margin.")
        return
    strongest = worth.sort_values("size", ascending=False).groupby("rule", sort=False).head(1)
    table = Table(name_column("rule"), "kind", name_column("strongest at"),
                  figure_column("USD per unit"), "unit",
                  title="What rules cost at the margin (shadow prices)")
    for row in strongest.head(MOST_ROWS).itertuples():
        hour = "" if pd.isna(row.hour) else str(row.hour)  # type: ignore[arg-type]
        where = ", ".join(part for part in (str(row.group), hour) if part)
        table.add_row(str(row.rule), str(row.kind), where,
                      told(row.shadow_price), str(row.unit))  # type: ignore[arg-type]
    console.print(table)


def name_column(header: str) -> Column:
    """A column of names: folded when narrow, never cut."""
    return Column(header=header, overflow="fold", min_width=min(18, len(header) + 10))


def figure_column(header: str) -> Column:
    """A column of figures."""
    return Column(header=header, justify="right", overflow="fold")


def _names(scenario: Scenario) -> dict[str, str]:
    regions = scenario.regions
    return {str(k): str(v) for k, v in regions["name"].items()} if "name" in regions else {}


def _estimates(scenario: Scenario) -> str:
    sites = scenario.sites
    if "kind" not in sites.columns:
        return "the sites do not say"
    whole = sites["capacity_mw"].sum()
    share = sites.loc[sites["kind"] != "published", "capacity_mw"].sum() / (whole or 1.0)
    return f"{percent(share)} of the capacity is estimated or derived"


def both(scenario: Scenario) -> str:
    """Title in English and Chinese."""
    return " · ".join(part for part in (scenario.title, scenario.title_zh) if part)


def percent(share: float) -> str:
    """A share as text, a dash where it is unknown."""
    return "-" if pd.isna(share) else f"{100 * share:.1f} %"


def split_unit(name: str) -> tuple[str, str]:
    """Part a name into words and the unit its last suffix says."""
    for suffix, unit in (("_usd", "USD"), ("_mwh", "MWh"), ("_t", "t"), ("_ms", "ms"),
                         ("_km", "km")):
        if name.endswith(suffix):
            return name.removesuffix(suffix).replace("_", " "), unit
    return name.replace("_", " "), "share"
