"""The same linear program in Pyomo, linopy and computegrid: times and ratios of one run.

    python benchmarks/peers.py                    # every kind at 1e4 and 1e5 flow columns
    python benchmarks/peers.py shares 1000000     # one kind, one size

Every way runs in a process of its own (peak memory is the process's), all solve with HiGHS but
ours, which chooses by structure; objectives must agree to 1e-6. Peers are the ``bench`` extra.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from cases import KINDS, case
from computegrid.program.algebra import LinearProgram
from computegrid.program.build import build_program
from computegrid.solvers.certificate import certify
from computegrid.solvers.choose import solve_program

WAYS = ("ours", "highs", "linopy", "appsi", "contrib", "pypsa")
"""Ours; our arrays in HiGHS whole; linopy; Pyomo rules through appsi and contrib.solver; PyPSA."""


def run_ours(scenario, regime, solver=None):
    """Build, solve, extract and certify with computegrid."""
    steps, mark = {}, time.perf_counter()
    lp = build_program(scenario, regime)
    steps["build"], mark = time.perf_counter() - mark, time.perf_counter()
    found = solve_program(lp, solver=solver)
    steps["hand-over"] = found.handover_seconds
    steps["solve"], mark = time.perf_counter() - mark - found.handover_seconds, time.perf_counter()
    certificate, _ = certify(lp, found)
    steps["extract"] = time.perf_counter() - mark
    return steps, certificate.objective, found.solver


def run_linopy(scenario, regime):
    """Variables and grouped expressions over labelled arrays, solved by HiGHS."""
    import linopy
    import pandas as pd
    import xarray as xr

    lp = build_program(scenario, regime)
    mark, steps = time.perf_counter(), {}
    model = linopy.Model()
    columns = pd.RangeIndex(lp.n_columns, name="column")
    x = model.add_variables(lower=xr.DataArray(lp.col_lower, coords=[columns]),
                            upper=xr.DataArray(lp.col_upper, coords=[columns]), name="x")
    for block in lp.blocks:
        of_block = lp.rows_of(block.name)
        matrix = lp.matrix()[of_block].tocoo()
        rows, cols = matrix.coords
        entry = pd.RangeIndex(len(rows), name="entry")
        terms = x.sel(column=xr.DataArray(cols, coords=[entry])) * xr.DataArray(
            matrix.data, coords=[entry])
        left = terms.groupby(xr.DataArray(rows, coords=[entry], name="row")).sum()
        for side, sign in ((lp.row_lower[of_block], ">="), (lp.row_upper[of_block], "<=")):
            bound = xr.DataArray(side, dims="row", coords={"row": np.arange(len(side))})
            present = np.intersect1d(np.flatnonzero(np.isfinite(side)), left.indexes["row"])
            if len(present):
                model.add_constraints(left.sel(row=present), sign, bound.sel(row=present),
                                      name=f"{block.name}{sign}")
    model.add_objective((x * xr.DataArray(lp.cost, coords=[columns])).sum())
    steps["build"], mark = time.perf_counter() - mark, time.perf_counter()
    model.solve("highs", io_api="direct", output_flag=False)
    steps["solve"], mark = time.perf_counter() - mark, time.perf_counter()
    float(model.solution["x"].sum())
    steps["extract"] = time.perf_counter() - mark
    return steps, float(model.objective.value), "linopy, HiGHS"


def run_pyomo(scenario, regime, how):
    """Plain Pyomo rules: one expression per row, written as a planner would."""
    import pyomo.environ as pyo

    lp = build_program(scenario, regime)
    mark, steps = time.perf_counter(), {}
    model = _pyomo_model(lp, pyo)
    steps["build"], mark = time.perf_counter() - mark, time.perf_counter()
    if how == "appsi":
        from pyomo.contrib.appsi.solvers import Highs

        solver = Highs()
        result = solver.solve(model)
        objective = float(result.best_feasible_objective)
    else:
        from pyomo.contrib.solver.common.factory import SolverFactory

        result = SolverFactory("highs").solve(model)
        objective = float(result.incumbent_objective)
    steps["solve"], mark = time.perf_counter() - mark, time.perf_counter()
    sum(pyo.value(v) for v in model.x.values())
    steps["extract"] = time.perf_counter() - mark
    return steps, objective, f"Pyomo {how}, HiGHS"


def _pyomo_model(lp: LinearProgram, pyo):
    model = pyo.ConcreteModel()
    bound = [(float(a), None if np.isinf(b) else float(b))
             for a, b in zip(lp.col_lower, lp.col_upper, strict=True)]
    model.x = pyo.Var(range(lp.n_columns), bounds=lambda _, j: bound[j])
    start, index, value = lp.start.tolist(), lp.index.tolist(), lp.value.tolist()
    lower, upper = lp.row_lower.tolist(), lp.row_upper.tolist()

    def row(m, i):
        if start[i] == start[i + 1]:
            return pyo.Constraint.Skip
        body = sum(value[k] * m.x[index[k]] for k in range(start[i], start[i + 1]))
        if lower[i] == upper[i]:
            return body == lower[i]
        return pyo.inequality(None if np.isinf(lower[i]) else lower[i], body,
                              None if np.isinf(upper[i]) else upper[i])

    model.rows = pyo.Constraint(range(lp.n_rows), rule=row)
    cost = lp.cost.tolist()
    model.cost = pyo.Objective(expr=sum(cost[j] * model.x[j] for j in range(lp.n_columns)))
    return model


def run_pypsa(scenario, regime):
    """Sites as generators, lanes as links, asks as loads: natural where no rule and no waiting."""
    import pandas as pd
    import pypsa

    if regime.rules or (scenario.arrays.defer_hours > 0).any():
        raise SystemExit("PyPSA has no natural mapping of this kind")
    a = scenario.arrays
    mark, steps = time.perf_counter(), {}
    asks = pd.Index([f"ask{i}" for i in range(a.n_asks)])
    sites = pd.Index([f"site{i}" for i in range(a.n_sites)])
    lanes = pd.Index([f"lane{i}" for i in range(a.n_lanes)])
    work_mw = (a.available_mw / a.power_ratio[:, None]).max(axis=1)
    cost = a.pue * a.power_ratio[:, None] * a.energy_usd_per_mwh + a.rent_usd_per_mwh[:, None]
    network = pypsa.Network(snapshots=range(a.n_hours))
    network.add("Bus", asks)
    network.add("Bus", sites)
    network.add("Load", asks, bus=asks, p_set=pd.DataFrame(a.demand_mw.T, columns=asks))
    network.add("Generator", sites, bus=sites, p_nom=work_mw,
                marginal_cost=pd.DataFrame(cost.T, columns=sites))
    network.add("Generator", asks + "-unserved", bus=asks, p_nom=a.demand_mw.max(axis=1),
                marginal_cost=a.unserved_usd_per_mwh[a.ask_workload])
    network.add("Link", lanes, bus0=sites[a.lane_site], bus1=asks[a.lane_ask],
                p_nom=work_mw[a.lane_site], marginal_cost=a.network_usd_per_mwh)
    steps["build"], mark = time.perf_counter() - mark, time.perf_counter()
    network.optimize(solver_name="highs", output_flag=False)
    steps["solve"] = time.perf_counter() - mark
    return steps, float(network.objective), "PyPSA, linopy, HiGHS"


def one(way: str, kind: str, size: int) -> dict:
    """Run one way in this process; times [s] and peak memory [MB]."""
    warnings.simplefilter("ignore")
    scenario, regime = case(kind, size)
    _ = scenario.arrays
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if way == "ours":
        run_ours(*case(kind, 60_000))
    runs = {"ours": run_ours, "highs": lambda s, r: run_ours(s, r, "highs"),
            "linopy": run_linopy, "pypsa": run_pypsa}
    begin = time.process_time()
    steps, objective, solver = (
        runs[way](scenario, regime) if way in runs else run_pyomo(scenario, regime, way)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"way": way, **steps, "total": sum(steps.values()), "objective": objective,
            "cpu": time.process_time() - begin, "peak_mb": peak / 1024, "solver": solver,
            "before_mb": before / 1024}


def compare(kind: str, size: int, ways: tuple[str, ...], limit_s: float) -> list[dict]:
    """Run every way in its own process; print seconds, and totals over ours."""
    found = []
    print(f"\n{kind}, {size:,} flow columns\n{'':8s}" + "".join(
        f"{h:>10s}" for h in ("build", "hand-over", "solve", "extract", "total", "CPU", "MB",
                              "x ours")))
    for way in ways:
        try:
            done = subprocess.run([sys.executable, __file__, "--one", way, kind, str(size)],
                                  capture_output=True, text=True, timeout=limit_s, check=True)
        except subprocess.TimeoutExpired:
            print(f"{way:8s}  stopped after {limit_s:.0f} s", flush=True)
            continue
        except subprocess.CalledProcessError as failed:
            print(f"{way:8s}  failed: {failed.stderr.strip().splitlines()[-1][:110]}", flush=True)
            continue
        got = json.loads(done.stdout.strip().splitlines()[-1])
        found.append(got)
        first = found[0]
        if abs(got["objective"] - first["objective"]) > 1e-6 * abs(first["objective"]):
            print(f"{way:8s}  OBJECTIVES DIFFER: {got['objective']!r}, {first['objective']!r}")
        row = [got.get(k, 0.0) for k in ("build", "hand-over", "solve", "extract", "total", "cpu")]
        print(f"{way:8s}" + "".join(f"{v:10.3f}" for v in row)
              + f"{got['peak_mb']:10.0f}{got['total'] / first['total']:10.1f}", flush=True)
    if found:
        print("ours:", found[0]["solver"])
    return found


def main() -> None:
    """Compare, and fit the slope of time against size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", nargs="?", choices=KINDS)
    parser.add_argument("sizes", nargs="*", type=int, default=[])
    parser.add_argument("--one", metavar="WAY")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--limit-s", type=float, default=900.0)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(given.one, given.kind, given.sizes[0])))
        return
    ways = tuple(given.ways.split(","))
    for kind in [given.kind] if given.kind else KINDS:
        sizes = given.sizes or [10_000, 100_000]
        rows = [compare(kind, size, ways, given.limit_s) for size in sizes]
        for way in ways if len(sizes) > 1 else ():
            points = [(n, r["total"]) for n, found in zip(sizes, rows, strict=True)
                      for r in found if r["way"] == way]
            if len(points) > 1:
                slope = np.polyfit(*np.log(np.array(points)).T, 1)[0]
                print(f"log-log slope of {way}: {slope:.2f}")


if __name__ == "__main__":
    main()
