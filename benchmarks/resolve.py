"""What a solve costs from near against from nothing: each owner frozen in turn, each regime.

    python benchmarks/resolve.py                       # Europe's open market
    python benchmarks/resolve.py europe status-quo --owners 6
    python benchmarks/resolve.py --case shares 1000000 # the synthetic case of peers.py, by site

CPU seconds of the whole solve (build, engine, tie-break, certificate), all answers certified.
``HiGHS cold`` is the reference path on the same program; ``cold`` is the engine from nothing.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import computegrid as cg
from cases import KINDS, case
from computegrid.scenario.regime import Forbid, Regime
from computegrid.scenario.scenario import Scenario


def frozen(scenario: Scenario, regime: Regime, owners: int, column: str) -> list[Regime]:
    """The regime with the sites of each owner closed in turn, the largest first."""
    sites = scenario.sites.reset_index(names="site")
    size = sites.groupby(column)["capacity_mw"].sum().sort_values(ascending=False)
    return [Regime(f"{regime.name}-without-{who}",
                   (*regime.rules, Forbid(label=f"freeze-{who}", supply={column: who})))
            for who in size.index[:owners]]


def seconds(scenario: Scenario, regime: Regime, **how) -> tuple[float, cg.Dispatch | None]:
    """CPU seconds of a solve, and its answer; None where there is none."""
    begin = time.process_time()
    try:
        answer = cg.solve(scenario, regime, **how)
    except cg.InfeasibleError:
        answer = None
    return time.process_time() - begin, answer


def main() -> None:
    """Solve each from nothing and from near, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", default="europe")
    parser.add_argument("regime", nargs="?", default="open-market")
    parser.add_argument("--case", nargs=2, metavar=("KIND", "COLUMNS"), help=f"{KINDS}")
    parser.add_argument("--owners", type=int, default=100)
    parser.add_argument("--no-highs", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore", cg.RuleWarning)
    if given.case:
        cg.solve(*case(given.case[0], 60_000))
        scenario, regime = case(given.case[0], int(given.case[1]))
    else:
        cg.solve(cg.load("china"), "open-market")
        scenario = cg.load(given.model)
        regime = scenario.regime(given.regime)
    cold_s, base = seconds(scenario, regime)
    highs_s = np.nan if given.no_highs else seconds(scenario, regime, solver="highs")[0]
    columns = scenario.arrays.n_lanes * scenario.arrays.n_hours
    print(f"{scenario.name}, {regime.name}: {columns:,} flow columns; HiGHS cold {highs_s:.2f} s, "
          f"cold {cold_s:.2f} s, {base.solver[:60]}")
    rows = []
    for one in frozen(scenario, regime, given.owners, "site" if given.case else "control"):
        alone, first = seconds(scenario, one)
        near, second = seconds(scenario, one, warm_start=base)
        if first is None or second is None:
            continue
        gap = abs(first.cost_usd - second.cost_usd) / max(1.0, first.operating_cost_usd)
        rows.append((alone, near))
        print(f"  {one.name:34s} cold {alone:6.2f}  near {near:6.2f}  costs differ by {gap:.0e}",
              flush=True)
    if not rows:
        sys.exit("no owner leaves a dispatch: hard rules forbid it")
    alone, near = np.mean(rows, axis=0)
    print(f"mean of {len(rows)}: near {near:.2f} s = {near / alone:.2f} of cold, "
          f"{near / highs_s:.3f} of HiGHS cold")


if __name__ == "__main__":
    main()
