"""Megawatts and money in other units: the same answer times the factor, to the last bit."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from seeded import World, world_of

import computegrid as cg
from computegrid.program.build import build_program
from computegrid.solvers.canonical import canonical
from computegrid.solvers.certificate import certify
from computegrid.solvers.choose import solve_program
from computegrid.solvers.highs import solve_highs
from computegrid.solvers.infeasibility import find_conflict
from computegrid.solvers.scaling import scaled
from computegrid.solvers.solution import Status

SEEDS = range(40)
USUAL = ["capacity_mw", "mw", "available_mw", "energy_usd_per_mwh", "rent_usd_per_mwh",
         "network_usd_per_mwh", "unserved_usd_per_mwh"]
PER_MW = {"it_mw", "power_mw", "energy_mwh", "carbon_t", "gbps"}


def times(world: World, mw: float, usd: float) -> cg.Scenario:
    """The scenario with all megawatts and all costs times a factor."""
    def grown(rows: list, **factors: float) -> list:
        return [{k: abs(v) * factors[k] if k in factors else v for k, v in row.items()}
                for row in rows]  # a price far below 0 is refused

    other = world.with_(
        sites=grown(world.sites, capacity_mw=mw, rent_usd_per_mwh=usd),
        workloads=grown(world.workloads, unserved_usd_per_mwh=usd),
        lanes=grown(world.lanes, network_usd_per_mwh=usd),
        site_hours=grown(world.site_hours, available_mw=mw, energy_usd_per_mwh=usd),
        demand=grown(world.demand, mw=mw))
    return cg.Scenario.from_tables(**other.frames(), unusual=USUAL)


def rules_times(world: World, mw: float, usd: float) -> list:
    """Bounds follow the megawatts and the money they speak of, charges and penalties the money."""
    made = []
    for rule in world.own_rules():
        changes = {}
        amount = getattr(rule, "quantity", "")
        size = mw if amount in PER_MW else mw * usd if amount == "spend_usd" else 1.0
        if isinstance(rule, cg.Limit):
            changes = {name: getattr(rule, name) * size for name in ("min", "max")
                       if getattr(rule, name) is not None}
            if rule.penalty_usd is not None:
                changes["penalty_usd"] = rule.penalty_usd * (1.0 if amount == "spend_usd" else usd)
        elif isinstance(rule, cg.Charge) and amount != "spend_usd":
            changes = {"usd": rule.usd * usd}
        made.append(replace(rule, **changes))
    return made


def program(world: World, mw: float = 1.0, usd: float = 1.0):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return build_program(times(world, mw, usd),
                             cg.Regime("own", tuple(rules_times(world, mw, usd))))


@pytest.mark.parametrize("solver", ["highs", "network"])
def test_megawatts_and_money_in_other_units_change_nothing_else(solver: str) -> None:
    solved, kinds = 0, set()
    for seed in SEEDS:
        world = world_of(seed)
        rng = np.random.default_rng(seed)
        mw, usd = (2.0 ** float(k) for k in rng.integers(-20, 21, 2))
        lp, other = program(world), program(world, mw, usd)
        own, far = scaled(lp), scaled(other)
        for name in ("cost", "row_lower", "row_upper", "value", "col_upper"):
            assert np.array_equal(getattr(own.lp, name), getattr(far.lp, name)), (seed, name)
        for factor in (own.column, own.row, np.array([own.money])):
            assert (np.frexp(factor)[0] == 0.5).all()  # powers of two: nothing is rounded
        try:
            here = solve_program(lp, solver=solver)
        except cg.SolverError:
            with pytest.raises(cg.SolverError):
                solve_program(other, solver=solver)
            continue
        there = solve_program(other, solver=solver)
        assert there.status is here.status
        if here.status is not Status.OPTIMAL:
            continue
        weights = np.random.default_rng(seed).random(lp.n_columns)
        work = slice(0, lp.columns_of("unserved").stop)
        ours, _ = certify(lp, here)
        theirs, _ = certify(other, there)
        assert np.array_equal(there.x[work], here.x[work] * mw)
        assert theirs.objective == ours.objective * mw * usd
        assert theirs.bound == pytest.approx(ours.bound * mw * usd, rel=1e-12)
        balance = lp.rows_of("demand_balance")
        assert np.array_equal(there.row_dual[balance], here.row_dual[balance] * usd)
        assert np.array_equal(canonical(other, there, weights).x[work],
                              canonical(lp, here, weights).x[work] * mw)
        solved += 1
        kinds |= {type(rule).__name__ for rule in world.own_rules()}
    assert solved >= len(SEEDS) // 2
    assert {"Limit", "Share", "Charge", "Forbid", "Defer"} <= kinds


def test_a_dispatch_is_the_same_in_other_units() -> None:
    """Through the front door, with the Pyomo interface beside it; labels and preferences too."""
    solved = 0
    for seed in range(12):
        world = world_of(seed)
        mw, usd = 2.0 ** (3 * seed - 18), 2.0 ** (18 - 3 * seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                here = cg.solve(times(world, 1.0, 1.0), world.own_rules())
            except cg.InfeasibleError as error:
                with pytest.raises(cg.InfeasibleError) as caught:
                    cg.solve(times(world, mw, usd), rules_times(world, mw, usd))
                assert list(caught.value.conflict["name"]) == list(error.conflict["name"])
                continue
            there = cg.solve(times(world, mw, usd), rules_times(world, mw, usd))
            door = cg.solve_pyomo(cg.to_pyomo(times(world, mw, usd),
                                              rules_times(world, mw, usd)))
        assert np.array_equal(there.flow_mw, here.flow_mw * mw)
        assert there.cost_usd == pytest.approx(here.cost_usd * mw * usd, rel=1e-12)
        assert door.cost_usd == pytest.approx(here.cost_usd * mw * usd, rel=1e-9)
        solved += 1
    assert solved >= 6


def test_a_contradiction_is_the_same_in_other_units() -> None:
    found = 0
    for seed in SEEDS:
        world = world_of(seed)
        lp, other = program(world), program(world, 2.0**-20, 2.0**20)
        if solve_highs(scaled(lp).lp).status is not Status.INFEASIBLE:
            continue
        here, there = find_conflict(lp), find_conflict(other)
        assert here is not None and there is not None
        assert np.array_equal(there.column_gives, here.column_gives * 2.0**-20)
        found += 1
    assert found >= 3


@pytest.mark.parametrize("seed", [3, 12])
@pytest.mark.parametrize("mw", [2.0**-30, 2.0**20])
def test_tables_of_studies_drop_nothing_at_any_size(mw: float, seed: int) -> None:
    """Flows, moves, freezes, reserves, losses: the same rows, the figures times the factor."""
    def tables(size: float) -> list:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            s = times(world_of(seed, minima=False), size, 1.0)
            compared = cg.compare(s, {"open": [], "own": [cg.Forbid(
                label="no", supply={"site": "s0"})]})
            frozen = cg.freeze(s, "control", regime=[], reserve_usd_per_mw_year=1000.0)
            report = compared.dispatches["own"]
        moved = compared.flows_delta("own", "open")
        return [
            (report.flows, ["mw"]), (moved, ["base_mwh", "mwh", "delta_mwh"]),
            (frozen.table, ["unserved_mwh", "critical_unserved_mwh", "reserve_mw"]),
            (report.unserved_by("region"), ["demand_mwh", "unserved_mwh"]),
            (compared.dispatches["open"].waiting, ["mwh"]),
            (frozen.outcomes[0].reserve.sites, ["reserve_mw"]),
        ]

    sizes = []
    for (here, columns), (there, _) in zip(tables(1.0), tables(mw), strict=True):
        assert len(here) == len(there)
        assert list(here.index) == list(there.index)
        for column in columns:
            assert there[column].to_numpy() == pytest.approx(
                here[column].to_numpy() * mw, rel=1e-6, abs=0.0, nan_ok=True), column
        sizes.append(len(here))
    assert min(sizes[:4]) > 0
    assert sizes[4 if seed == 12 else 5] > 0  # in one world work waits, in the other some is held


@pytest.mark.parametrize(("mw", "usd"), [(2.0**-30, 2.0**-20), (2.0**15, 2.0**15)])
def test_a_streamed_run_is_the_same_in_other_units(tmp_path, mw: float, usd: float) -> None:
    """Costs, bound and flows; the gap and the residuals are relative, so they do not change."""
    solved = 0
    for seed in range(2, 40, 3):  # days
        world = world_of(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                here = cg.solve_streamed(times(world, 1.0, 1.0), tmp_path / f"a{seed}",
                                         rules_times(world, 1.0, 1.0), gap=1e-6)
            except (cg.ScenarioError, cg.InfeasibleError) as error:
                with pytest.raises(type(error)):
                    cg.solve_streamed(times(world, mw, usd), tmp_path / f"b{seed}",
                                      rules_times(world, mw, usd), gap=1e-6)
                continue
            there = cg.solve_streamed(times(world, mw, usd), tmp_path / f"b{seed}",
                                      rules_times(world, mw, usd), gap=1e-6)
        for name in ("value", "bound"):
            assert getattr(there.proof, name) == pytest.approx(
                getattr(here.proof, name) * mw * usd, rel=1e-9)
        assert abs(there.proof.gap) <= 1e-6
        assert len(there.flows) == len(here.flows)
        assert there.flows["mw"].to_numpy() == pytest.approx(here.flows["mw"].to_numpy() * mw,
                                                             rel=1e-6)
        solved += 1
    assert solved >= 4


def test_least_carbon_is_the_same_in_other_units() -> None:
    solved = 0
    for seed in range(10):
        world = world_of(seed)
        mw, usd = 2.0**-20, 2.0**15
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                here = cg.solve(times(world, 1.0, 1.0), rules_times(world, 1.0, 1.0), "carbon")
            except cg.InfeasibleError:
                continue
            there = cg.solve(times(world, mw, usd), rules_times(world, mw, usd), "carbon")
        assert there.summary["carbon_t"] == pytest.approx(here.summary["carbon_t"] * mw, rel=1e-9)
        assert there.flow_mw == pytest.approx(here.flow_mw * mw, rel=1e-6, abs=1e-9 * mw)
        solved += 1
    assert solved >= 5


@pytest.mark.parametrize("mw", [2.0**-25, 1.0, 2.0**20])
def test_whole_numbers_stay_whole_at_any_size(mw: float) -> None:
    """A site of 6 MW that is cheap and costs 40 USD to open, beside a dear one: 5 MW are wanted."""
    import pyomo.environ as pyo

    s = cg.Scenario.from_tables(
        pd.DataFrame(index=["r"]),
        pd.DataFrame({"capacity_mw": [6 * mw, 9 * mw], "energy_usd_per_mwh": [1.0, 10.0]},
                     index=["a", "b"]),
        pd.DataFrame({"region": ["r"], "mw": [5 * mw]}),
        lanes=pd.DataFrame({"region": "r", "site": ["a", "b"]}), unusual=USUAL)
    for price, opened, cost in ((40.0, 1, 45.0), (46.0, 0, 50.0)):
        model = cg.to_pyomo(s, [])
        model.open = pyo.Var(domain=pyo.Binary)
        model.only = pyo.Constraint(expr=model.flow["r", "work", "a", 0] <= 6 * mw * model.open)
        model.cost.expr += price * mw * model.open
        found = cg.solve_pyomo(model)
        assert pyo.value(model.open) == opened
        assert found.certificate.objective == pytest.approx(cost * mw, rel=1e-9)
