"""What must hold of every study: monotone costs, sums that close, shares that are shares."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import World, worlds

import computegrid as cg
from computegrid.studies.attribution import shapley
from computegrid.studies.reserve import cheapest_reserve
from computegrid.studies.switches import find_switches

SOME = settings(max_examples=12, deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def made(world: World) -> cg.Scenario:
    """The world with a home for every region and site, so that rungs mean something."""
    home = {"EU": "FR", "AS": "CN"}
    regions = [{**r, "country": home[r["bloc"]]} for r in world.regions]
    blocs = {"FR": "EU", "CN": "AS", "US": "US", "unknown": "AS"}
    sites = [{**s, "country": "FR" if i % 2 else "CN", "bloc": blocs["FR" if i % 2 else "CN"],
              "hq": s["control"]} for i, s in enumerate(world.sites)]
    return world.with_(regions=regions, sites=sites).scenario()


@contextmanager
def _quiet() -> Iterator[None]:
    """Rules of random worlds often select nothing, and say so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cg.RuleWarning)
        yield


def at_most(low: float, high: float) -> bool:
    return low <= high + 1e-6 * (1 + abs(high))


@SOME
@given(worlds(rules=False, must=False), st.sampled_from(["US", "CN", "FR", "unknown"]))
def test_tightening_never_lowers_cost(world, who):
    scenario = made(world)
    one = cg.Forbid(label="one", supply={"control": who})
    two = cg.Limit(label="two", quantity="it_mw", max=3.0, demand={"bloc": "EU"})
    three = cg.Share(label="three", max=0.5, supply={"country": "FR"})
    with _quiet():
        found = cg.compare(scenario, {"0": [], "1": [one], "2": [one, two],
                                      "3": [one, two, three]})
    costs = found.table["cost_usd"].tolist()
    assert all(at_most(a, b) for a, b in pairwise(costs)), costs
    shares = found.table[[c for c in found.table.columns if c.startswith("control_")]].sum(axis=1)
    served = found.table["served_mwh"] > 1e-6
    assert shares[served].to_numpy() == pytest.approx(1.0)
    assert found.ladder["added_cost_usd"].sum() == pytest.approx(costs[-1] - costs[0])


@SOME
@given(worlds(rules=False, must=False), st.booleans())
def test_a_larger_freeze_never_lowers_cost(world, exempt_own):
    scenario = made(world)
    with _quiet():
        try:
            found = cg.freeze(scenario, depth=2, exempt_own=exempt_own,
                              reserve_usd_per_mw_year=None)
        except cg.ScenarioError as nobody:
            assert "is unknown" in str(nobody)
            return
    cost = found.table["added_cost_usd"]
    assert (cost >= -1e-6 * (1 + abs(found.before.cost_usd))).all()
    for label in cost.index:
        for part in label.split(" + "):
            assert at_most(cost[part], cost[label]), (part, label)
    assert found.table["unserved_share"].between(-1, 1 + 1e-9).all()


@SOME
@given(worlds(rules=False, must=False))
def test_steps_and_shapley_values_add_up(world):
    scenario = made(world)
    with _quiet():
        found = cg.ladder(scenario)
        values = found.shapley()
    table = found.table
    first, last = found.comparison.table.iloc[0], found.comparison.table.iloc[-1]
    for figure in ("cost_usd", "carbon_t", "unserved_mwh"):
        whole = pytest.approx(last[figure] - first[figure], abs=1e-6 * (1 + abs(last[figure])))
        assert table.drop(index="whole")[f"added_{figure}"].sum() == whole
        assert table.loc["whole", f"added_{figure}"] == whole
        assert values[f"added_{figure}"].sum() == whole
    assert (values["added_cost_usd"] >= -1e-6 * (1 + abs(last["cost_usd"]))).all()


@SOME
@given(worlds(rules=False, must=False))
def test_equal_rules_share_alike(world):
    """Two rules that do the same cost the same, and one that does nothing costs nothing."""
    scenario = made(world)
    with _quiet():
        found = shapley(scenario, {
            "a": [cg.Forbid(label="a", supply={"control": "US"})],
            "b": [cg.Forbid(label="b", supply={"control": "US"})],
            "idle": [cg.Forbid(label="c", supply={"control": "US", "site": "s0"},
                               demand={"region": "r0"}, hours={"hour": {"min": 10_000}})],
        }, cg.Regime("free"))["added_cost_usd"]
    assert found["a"] == pytest.approx(found["b"], abs=1e-6)
    assert found["idle"] == pytest.approx(0.0, abs=1e-6)


@SOME
@given(worlds(rules=False, must=False))
def test_with_the_reserve_built_the_work_is_served(world):
    """All work is critical here: what the reserve does not save is exactly what stays unserved."""
    scenario = made(world)
    try:
        switch = find_switches(scenario, "control")[0]
    except cg.ScenarioError:
        return
    a = scenario.arrays
    everything = a.ask_region >= 0
    during = cg.Regime("free")
    with _quiet():
        held = cheapest_reserve(scenario, switch, during, everything, 1e5)
        sites = scenario.sites
        sites["capacity_mw"] += held.sites["reserve_mw"].reindex(sites.index).fillna(0.0)
        lanes = scenario.lanes.drop_duplicates(["region", "site"])
        built = cg.Scenario.from_tables(
            regions=pd.DataFrame(scenario.regions.drop(columns="geometry")),
            sites=pd.DataFrame(sites.drop(columns="geometry")), demand=scenario.demand,
            workloads=scenario.workloads.assign(unserved_usd_per_mwh=1e6),
            lanes=lanes[["region", "site", "rtt_ms", "network_usd_per_mwh"]],
            hours=scenario.hours.reset_index(), site_hours=pd.DataFrame(world.site_hours))
        after = cg.solve(built, switch.regime(built, during))
    assert after.summary["unserved_mwh"] == pytest.approx(held.beyond_mwh, abs=1e-4)
