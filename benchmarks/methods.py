"""Which HiGHS method is fastest for what a program's rows couple.

``python benchmarks/methods.py`` solves bundled models whole with HiGHS's simplex and interior point
(with crossover), every answer certified, and prints seconds and the ratio. The engine is not used.
"""

from __future__ import annotations

import argparse

import computegrid as cg
from computegrid.program.build import build_program
from computegrid.solvers.certificate import certify
from computegrid.solvers.highs import solve_highs
from computegrid.solvers.solution import Status

CASES = (("usa", "open-market"), ("gulf", "open-market"), ("china", "edwc"))


def main() -> None:
    """Solve every case with both methods and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for each solve")
    limit = parser.parse_args().limit
    print(f"{'model':8}{'regime':14}{'columns':>10}  {'couples':22}{'simplex s':>10}{'ipx s':>8}")
    for model, name in CASES:
        scenario = cg.load(model)
        lp = build_program(scenario, scenario.regime(name))
        seconds = [f"{_seconds(lp, method, limit):.1f}" for method in ("simplex", "ipx")]
        print(f"{model:8}{name:14}{lp.n_columns:>10,}  {', '.join(sorted(lp.couples)):22}"
              f"{seconds[0]:>10}{seconds[1]:>8}", flush=True)


def _seconds(lp, method: str, limit: float) -> float:
    """Wall time of one certified solve [s]; infinite past the limit."""
    found = solve_highs(lp, method=method, time_limit_s=limit)
    if found.status is not Status.OPTIMAL:
        return float("inf")
    certify(lp, found)
    return found.seconds


if __name__ == "__main__":
    main()
