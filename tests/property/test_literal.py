"""Every way to an answer against a literal linear program that shares no code with the package.

Worlds are drawn by seed (``make differential`` draws more): every kind of rule, soft and hard,
work that waits past midnight, hours of unequal weight, least cost and least carbon. What was
broken on purpose to see these tests fail: the sign of a penalty, the weight of an hour in a mean
over the horizon, the window of a deadline one step too long, chains cut at midnight, the rate of
a charge, what a USD weighs under carbon, ``Defer`` taken from the first rule instead of the last,
scaled demand in the table and not in the arrays, reserve priced without the length of the horizon,
and a floor under work that the freeze itself closes.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from literal import least
from seeded import World, world_of

import computegrid as cg
from computegrid.solvers import choose
from computegrid.studies.holding import KEPT
from computegrid.studies.reserve import RESERVE_MOST

SEEDS = int(os.environ.get("COMPUTEGRID_SEEDS", "40"))
SOME, FEW = max(SEEDS // 2, 1), max(SEEDS // 3, 1)
EQUAL = 1e-7
HOURS_PER_YEAR = 8760


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Rules of random worlds often select nothing, and say so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cg.RuleWarning)
        yield


def same(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return abs(found - expected) <= EQUAL * max(1.0, abs(expected))


def answer(scenario: cg.Scenario, *args: Any, **options: Any) -> float | None:
    try:
        return cg.solve(scenario, *args, **options).certificate.objective
    except cg.InfeasibleError:
        return None


def disagreements(seeds: range, found: Any, expected: Any, **kind: Any) -> list[Any]:
    """Seeds on which the two differ; most of them have an answer."""
    wrong, solved = [], 0
    for seed in seeds:
        world = world_of(seed, **kind)
        ours, theirs = found(world), expected(world)
        solved += theirs is not None
        if not same(ours, theirs):
            wrong.append((seed, ours, theirs))
    assert solved >= 0.6 * len(seeds)
    return wrong


def test_the_worlds_hold_every_kind_of_rule() -> None:
    rules = [rule for seed in range(48) for rule in world_of(seed).rules]
    count = Counter(rule["kind"] + (" soft" if "penalty_usd" in rule else "") for rule in rules)
    assert all(
        count[kind] >= 3 for kind in ("Forbid", "Limit", "Limit soft", "Share", "Charge", "Defer")
    ), count
    worlds = [world_of(seed) for seed in range(48)]
    assert any(
        h["chain"] != worlds[i].hours[0]["chain"] for i in range(1, 48, 3) for h in worlds[i].hours
    )  # a gap
    assert sum(any(w["defer_hours"] for w in world.workloads) for world in worlds) >= 20


@pytest.mark.parametrize("minimise", ["cost", "carbon"])
def test_least_cost_and_least_carbon(minimise: str) -> None:
    assert not disagreements(
        range(SEEDS),
        lambda w: answer(w.scenario(), w.own_rules(), minimise),
        lambda w: least(w, minimise),
    )


def test_the_network_engine_from_another_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the answer without rules to that under the rules."""
    monkeypatch.setattr(choose, "SMALL", 0)
    solvers: Counter[str] = Counter()

    def found(world: World) -> float | None:
        scenario = world.scenario()
        try:
            start = cg.solve(scenario, [])
            end = cg.solve(scenario, world.own_rules(), warm_start=start)
        except cg.InfeasibleError:
            return None
        solvers[start.solver.split(":")[0].split(" (")[0]] += 1
        return end.certificate.objective

    def expected(world: World) -> float | None:
        free = world.with_(rules=[])
        return None if least(free) is None else least(world)

    assert not disagreements(range(100, 100 + SOME), found, expected)
    assert any("network" in name for name in solvers), solvers


def test_the_pyomo_interface() -> None:
    def found(world: World) -> float | None:
        try:
            model = cg.to_pyomo(world.scenario(), world.own_rules())
            return cg.solve_pyomo(model).certificate.objective
        except cg.InfeasibleError:
            return None

    assert not disagreements(range(200, 200 + FEW), found, least)


def test_streamed_runs(tmp_path) -> None:
    """Within the gap that is asked for, and never better than what can be."""
    gap, ended = 1e-6, Counter()
    for seed in range(300, 300 + SOME):
        world = world_of(seed, kind="days")
        expected = least(world)
        try:
            run = cg.solve_streamed(
                world.scenario(), tmp_path / str(seed), world.own_rules(), gap=gap
            )
        except cg.InfeasibleError:
            assert expected is None, seed
            ended["infeasible"] += 1
            continue
        except cg.ScenarioError as refused:  # a rule by the hour that fits no network
            assert "network" in str(refused), seed
            ended["refused"] += 1
            continue
        assert expected is not None, seed
        room = gap * max(1.0, abs(run.summary["operating_cost_usd"]))
        slack = EQUAL * max(1.0, abs(expected))
        assert expected - slack <= run.summary["cost_usd"] <= expected + room + slack, seed
        assert run.proof.bound <= expected + slack, seed
        ended["solved"] += 1
    assert ended["solved"] >= SOME / 3, ended


def test_scaled_and_replaced_scenarios() -> None:
    def scaled(world: World) -> World:
        dearer = {"s0": 1.25}
        return world.with_(
            demand=[{**x, "mw": x["mw"] * 1.5} for x in world.demand],
            sites=[{**x, "capacity_mw": x["capacity_mw"] * 0.75} for x in world.sites],
            site_hours=[
                {
                    **x,
                    "available_mw": x["available_mw"] * 0.75,
                    "energy_usd_per_mwh": x["energy_usd_per_mwh"] * dearer.get(x["site"], 1.0),
                }
                for x in world.site_hours
            ],
        )

    def by_scaled(world: World) -> float | None:
        scenario = world.scenario().scaled(
            demand=1.5, capacity_mw=0.75, energy_usd_per_mwh={"s0": 1.25}
        )
        return answer(scenario, world.own_rules())

    def by_replace(world: World) -> float | None:
        new = {
            name: pd.DataFrame(getattr(scaled(world), name))
            for name in ("demand", "sites", "site_hours")
        }
        return answer(world.scenario().replace(**new), world.own_rules())

    def round_trip(world: World) -> float | None:
        again = cg.Scenario.from_tables(**world.scenario().to_tables())
        return answer(again, world.own_rules())

    seeds = range(400, 400 + FEW)
    assert not disagreements(seeds, by_scaled, lambda w: least(scaled(w)))
    assert not disagreements(seeds, by_replace, lambda w: least(scaled(w)))
    assert not disagreements(seeds, round_trip, least)


def frozen(world: World, who: str) -> World:
    """The world while ``who`` shuts its sites to all but its own."""
    rule = {
        "kind": "Forbid",
        "label": "freeze",
        "supply": {"control": who},
        "demand": {"bloc": {"not": who}},
        "hours": None,
    }
    return world.with_(rules=[*world.rules, rule])


def test_freezes_in_which_work_keeps_its_place() -> None:
    thrown = 0
    for seed in range(500, 500 + SOME):
        world = world_of(seed, minima=False)
        bloc = {r["region"]: r["bloc"] for r in world.regions}
        control = {s["site"]: s["control"] for s in world.sites}
        try:
            found = cg.freeze(
                world.scenario(),
                regime=world.own_rules(),
                give_way=False,
                reserve_usd_per_mw_year=None,
            )
        except (cg.InfeasibleError, cg.ScenarioError) as none:
            assert least(world) is None or "unknown" in str(none), seed
            continue
        for outcome in found.outcomes:
            who = outcome.switch.label
            floor = {
                (f.region, f.workload, f.site, f.hour): f.mw * KEPT
                for f in found.before.flows.itertuples()
                if control[f.site] != who or bloc[f.region] == who
            }
            expected = least(frozen(world, who), floor=floor)
            ours = found.before.cost_usd + outcome.added_cost_usd if outcome.feasible else None
            assert same(ours, expected), (seed, who, ours, expected)
            thrown += outcome.dispatch is not found.before
    assert thrown >= SOME / 2


def test_the_cheapest_reserve() -> None:
    """What is held is all that the best answer needs: fixed at it, none is better."""
    held = 0
    for seed in range(600, 600 + SOME):
        world = world_of(seed, minima=False)
        try:
            found = cg.freeze(
                world.scenario(), regime=world.own_rules(), reserve_usd_per_mw_year=1e6
            )
        except (cg.InfeasibleError, cg.ScenarioError) as none:
            assert least(world) is None or "unknown" in str(none), seed
            continue
        length = sum(h["weight_hours"] for h in world.hours)
        most = {
            s["site"]: max(x["available_mw"] for x in world.site_hours if x["site"] == s["site"])
            for s in world.sites
        }
        for outcome in found.outcomes:
            if outcome.reserve is None:
                continue
            who = outcome.switch.label
            asked = {
                "usd_per_mw": 1e6 * length / HOURS_PER_YEAR,
                "room": {
                    s["site"]: RESERVE_MOST * most[s["site"]]
                    for s in world.sites
                    if s["control"] not in (who, "unknown") and most[s["site"]] > 0
                },
            }
            fixed = outcome.reserve.sites["reserve_mw"].to_dict()
            during = frozen(world, who)
            best = least(during, reserve=asked)
            assert same(least(during, reserve={**asked, "fixed": fixed}), best), (seed, who)
            assert outcome.reserve.usd_per_year == pytest.approx(1e6 * sum(fixed.values()))
            held += bool(fixed)
    assert held >= SOME / 4


def test_a_price_is_what_one_more_mwh_costs() -> None:
    """Between the slopes of the least cost to either side, where work waits and hours weigh.

    Where nothing is wanted it is the slope upwards. What was broken on purpose to see it fail: the
    weight of an hour in what a deadline is worth.
    """
    step, checked = 0.01, 0
    for seed in range(800, 800 + SEEDS):
        world = world_of(seed, kind=("numbers", "days")[seed % 2])
        if not any(w["defer_hours"] > 0 for w in world.workloads) or least(world) is None:
            continue
        table = cg.solve(world.scenario(), world.own_rules()).prices
        found = table.set_index(["region", "workload", "hour"])["usd_per_mwh"]
        weight = {h["hour"]: h["weight_hours"] for h in world.hours}
        some = [i for i, row in enumerate(world.demand) if row["mw"] > step]
        asked = {(row["region"], row["workload"]) for row in world.demand if row["mw"] > 0}
        none = [i for i, row in enumerate(world.demand)
                if row["mw"] == 0 and (row["region"], row["workload"]) in asked]
        for i in [*some[:: max(len(some) // 4, 1)], *none[:: max(len(none) // 2, 1)]]:
            row = world.demand[i]

            def cost(mw: float, world: World = world, i: int = i) -> float | None:
                demand = [{**one, "mw": one["mw"] + mw * (k == i)}
                          for k, one in enumerate(world.demand)]
                return least(world.with_(demand=demand))

            now, more = cost(0.0), cost(step)
            less = cost(-step) if row["mw"] > 0 else now
            if less is None or now is None or more is None:
                continue
            size = step * weight[row["hour"]]
            price = found[row["region"], row["workload"], row["hour"]]
            slack = 1e-4 * max(1.0, abs(price))
            upwards = (more - now) / size
            downwards = (now - less) / size if row["mw"] > 0 else upwards
            assert downwards - slack <= price <= upwards + slack, (seed, row, price, upwards)
            checked += 1
    assert checked >= SEEDS
