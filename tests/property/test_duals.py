"""Prices are what they say: one-sided finite differences of the least cost."""

from __future__ import annotations

import copy
import math
import random
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from worlds import World, worlds

import computegrid as cg

STEP = 1e-4
QUICK = settings(max_examples=15, deadline=None, phases=[Phase.generate],
                 suppress_health_check=list(HealthCheck))


def cost(world: World) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cg.RuleWarning)
        try:
            return cg.solve(world.scenario(), world.rules).certificate.objective
        except cg.InfeasibleError:
            return math.inf


def solved(world: World) -> cg.Dispatch | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cg.RuleWarning)
        try:
            return cg.solve(world.scenario(), world.rules)
        except cg.InfeasibleError:
            return None


def changed(world: World, table: str, row: int, column: str, by: float) -> World:
    rows: list[dict[str, Any]] = copy.deepcopy(getattr(world, table))
    rows[row][column] += by
    return world.with_(**{table: rows})


def between(price: float, base: float, up: float, down: float, size: float) -> None:
    """The price lies between the left and right slopes (they differ only at a kink)."""
    left, right = (base - down) / size, (up - base) / size
    slack = 1e-4 * (1 + abs(price)) + 1e-9 * abs(base) / size
    assert left - slack <= price <= right + slack, (left, price, right)


@QUICK
@given(world=worlds(must=False), seed=st.integers(0, 10**6))
def test_prices_are_the_cost_of_more_demand(world: World, seed: int) -> None:
    d = solved(world)
    if d is None:
        return
    rows = [i for i, x in enumerate(world.demand) if x["mw"] > 2 * STEP]
    if not rows:
        return
    i = random.Random(seed).choice(rows)
    of = world.demand[i]
    prices = d.prices.set_index(["region", "workload", "hour"])["usd_per_mwh"]
    weight = next(h["weight_hours"] for h in world.hours if h["hour"] == of["hour"])
    price = prices[of["region"], of["workload"], of["hour"]]
    between(price, d.certificate.objective, cost(changed(world, "demand", i, "mw", STEP)),
            cost(changed(world, "demand", i, "mw", -STEP)), STEP * weight)


@QUICK
@given(world=worlds(must=False), seed=st.integers(0, 10**6))
def test_rents_are_what_more_capacity_saves(world: World, seed: int) -> None:
    if any(getattr(rule, "quantity", "") == "utilisation" for rule in world.rules):
        return  # capacity then also moves the rule
    d = solved(world)
    rows = [i for i, x in enumerate(world.sites) if x["capacity_mw"] > 2 * STEP]
    if d is None or not rows:
        return
    i = random.Random(seed).choice(rows)
    rents = d.rents.set_index(["site", "hour"])["usd_per_mwh"][world.sites[i]["site"]]
    worth = sum(rents[h["hour"]] * h["weight_hours"] for h in world.hours)
    between(-worth, d.certificate.objective, cost(changed(world, "sites", i, "capacity_mw", STEP)),
            cost(changed(world, "sites", i, "capacity_mw", -STEP)), STEP)


@QUICK
@given(world=worlds(must=False), cap=st.integers(1, 30), seed=st.integers(0, 10**6))
def test_shadow_prices_are_what_a_looser_bound_adds(world: World, cap: int, seed: int) -> None:
    per = random.Random(seed).choice(["hour", "horizon"])

    def capped(by: float) -> World:
        rule = cg.Limit(label="cap", quantity="energy_mwh", per=per, max=cap + by)
        return world.with_(rules=[*world.rules, rule])

    d = solved(capped(0.0))
    if d is None:
        return
    table = d.rule_prices
    table = table[table["rule"] == "cap"]
    weights = [1.0] if per == "horizon" else [h["weight_hours"] for h in world.hours]
    total = float((table["shadow_price"].to_numpy() * weights).sum())
    between(total, d.certificate.objective, cost(capped(STEP)), cost(capped(-STEP)), STEP)


def test_price_in_the_textbook(trnsport: cg.Scenario) -> None:
    prices = cg.solve(trnsport).prices
    assert list(prices["usd_per_mwh"]) == pytest.approx([0.225, 0.153, 0.126], abs=1e-9)
