"""What must not change the answer, and what may change it one way only."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from worlds import World, worlds

import computegrid as cg

QUICK = settings(max_examples=12, deadline=None, phases=[Phase.generate],
                 suppress_health_check=list(HealthCheck))
EXACT = {"rel": 1e-9, "abs": 1e-6}


def solved(world: World) -> cg.Dispatch | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cg.RuleWarning)
        try:
            return cg.solve(world.scenario(), world.rules)
        except cg.InfeasibleError:
            return None


def same_cost(first: cg.Dispatch | None, second: cg.Dispatch | None, factor: float = 1.0) -> None:
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert second.cost_usd == pytest.approx(first.cost_usd * factor, **EXACT)


@QUICK
@given(world=worlds())
def test_cost_is_the_sum_of_its_parts_and_energy_is_kept(world: World) -> None:
    d = solved(world)
    if d is None:
        return
    s = d.summary
    parts = ["energy_cost_usd", "rent_cost_usd", "network_cost_usd", "charges_usd",
             "unserved_cost_usd", "penalties_usd"]
    assert s[parts].sum() == pytest.approx(s["cost_usd"], **EXACT)
    assert s["cost_usd"] == pytest.approx(d.certificate.objective, **EXACT)
    assert s["served_mwh"] + s["unserved_mwh"] == pytest.approx(s["demand_mwh"], **EXACT)
    price = {(x["site"], x["hour"]): x for x in world.site_hours}
    site = {x["site"]: x for x in world.sites}
    weight = {h["hour"]: h["weight_hours"] for h in world.hours}
    moved = {(x["region"], x["site"]): x["network_usd_per_mwh"] for x in world.lanes}
    value = {w["workload"]: w["unserved_usd_per_mwh"] for w in world.workloads}
    energy = carbon = rent = network = given_up = 0.0
    for f in d.flows.itertuples():
        work = f.mw * weight[f.hour]
        drawn = work * site[f.site]["pue"] * site[f.site]["power_ratio"]
        energy += drawn * price[f.site, f.hour]["energy_usd_per_mwh"]
        carbon += drawn * price[f.site, f.hour]["carbon_kg_per_mwh"] / 1000
        rent += work * site[f.site]["rent_usd_per_mwh"]
        network += work * moved[f.region, f.site]
    for u in d.unserved[d.unserved["mw"] > 0].itertuples():
        given_up += u.mw * weight[u.hour] * value[u.workload]
    for name, found in (("energy_cost_usd", energy), ("carbon_t", carbon), ("rent_cost_usd", rent),
                        ("network_cost_usd", network), ("unserved_cost_usd", given_up)):
        assert s[name] == pytest.approx(found, rel=1e-7, abs=1e-4), name
    if not world.rules:
        assert s["cost_usd"] == pytest.approx(energy + rent + network + given_up, rel=1e-7,
                                              abs=1e-4)


@QUICK
@given(world=worlds(rules=False))
def test_money_in_another_unit_scales_the_cost(world: World) -> None:
    def dearer(rows: list, *columns: str) -> list:
        return [{k: v * 4 if k in columns else v for k, v in row.items()} for row in rows]

    same_cost(solved(world), solved(world.with_(
        sites=dearer(world.sites, "rent_usd_per_mwh"),
        lanes=dearer(world.lanes, "network_usd_per_mwh"),
        site_hours=dearer(world.site_hours, "energy_usd_per_mwh"),
        workloads=dearer(world.workloads, "unserved_usd_per_mwh"))), 4.0)


@QUICK
@given(world=worlds(rules=False))
def test_power_in_another_unit_scales_the_cost(world: World) -> None:
    same_cost(solved(world), solved(world.with_(
        sites=[{**x, "capacity_mw": x["capacity_mw"] * 8} for x in world.sites],
        demand=[{**x, "mw": x["mw"] * 8} for x in world.demand])), 8.0)


@QUICK
@given(world=worlds())
def test_a_site_nobody_can_reach_changes_nothing(world: World) -> None:
    if any(getattr(rule, "quantity", "") == "utilisation" for rule in world.rules):
        return  # its capacity counts where a rule speaks of capacity
    extra = {**world.sites[0], "site": "moon", "control": "moon", "pue": 2.0}
    hours = world.site_hours + [
        {**x, "site": "moon"} for x in world.site_hours if x["site"] == "s0"]
    same_cost(solved(world), solved(world.with_(sites=[*world.sites, extra], site_hours=hours)))


@QUICK
@given(world=worlds())
def test_a_site_split_in_two_changes_nothing(world: World) -> None:
    if any(rule.supply.get("site") or getattr(rule, "each", None) == "site"
           for rule in world.rules):
        return
    half = world.sites[0]["capacity_mw"] / 2
    sites = [{**world.sites[0], "capacity_mw": half}, *world.sites[1:],
             {**world.sites[0], "site": "twin", "capacity_mw": half}]
    lanes = world.lanes + [{**x, "site": "twin"} for x in world.lanes if x["site"] == "s0"]
    hours = world.site_hours + [
        {**x, "site": "twin"} for x in world.site_hours if x["site"] == "s0"]
    same_cost(solved(world), solved(world.with_(sites=sites, lanes=lanes, site_hours=hours)))


@QUICK
@given(world=worlds(rules=False))
def test_an_hour_split_in_two_halves_changes_nothing(world: World) -> None:
    """Without deferral: two steps of half the weight are one step."""
    still = world.with_(workloads=[{**w, "defer_hours": 0.0} for w in world.workloads])
    first = still.hours[0]["hour"]

    def halved(rows: list) -> list:
        out = copy.deepcopy(rows)
        for row in rows:
            if row["hour"] == first:
                out.append({**row, "hour": first - 1})
        return out

    hours = [{**h, "weight_hours": h["weight_hours"] / (2 if h["hour"] <= first else 1)}
             for h in halved(still.hours)]
    same_cost(solved(still), solved(still.with_(
        hours=hours, demand=halved(still.demand), site_hours=halved(still.site_hours))))


@QUICK
@given(world=worlds())
def test_a_tighter_regime_never_costs_less(world: World) -> None:
    loose, tight = solved(world.with_(rules=world.rules[:-1])), solved(world)
    charged = world.rules and world.rules[-1].kind == "Charge"
    if loose is not None and tight is not None and not charged:
        slack = 1e-9 * abs(loose.cost_usd) + 1e-6
        assert tight.cost_usd >= loose.cost_usd - slack
    if loose is None:
        assert tight is None


@QUICK
@given(world=worlds())
def test_the_flows_keep_every_bound(world: World) -> None:
    d = solved(world)
    if d is None:
        return
    used = d.utilisation
    assert (used["power_mw"] <= used["available_mw"] * (1 + 1e-7) + 1e-6).all()
    assert (d.flows["mw"] > 0).all()
    assert (d.unserved["mw"] >= 0).all()
    table = d.rule_prices
    rows = table[table["kind"].isin(["Share"])]
    scale = 1e-6 * (1 + rows["activity"].abs())
    assert (rows["activity"] <= rows["upper"] + scale).all()
    assert (rows["activity"] >= rows["lower"] - scale).all()
    assert np.isfinite(d.prices["usd_per_mwh"]).all()
