"""How long eight regimes of Europe take to compare, against one cold solve.

Run ``python benchmarks/compare.py [MODEL] [REGIME ...]``; prints seconds and the ratio.
"""

from __future__ import annotations

import sys
import time
import warnings

import computegrid as cg

EIGHT = ["status-quo", "data-residency", "secnumcloud", "seal-3", "eu-control", "eu-share-40",
         "carbon-cap", "ai-act-cost"]


def main(model: str, regimes: list[str]) -> None:
    """Time one cold solve of the first regime, then a comparison of all."""
    warnings.simplefilter("ignore", cg.RuleWarning)
    cg.solve(cg.load("china"), "open-market")  # compiled code is loaded before the clock starts
    begin = time.perf_counter()
    scenario = cg.load(model)
    loaded = time.perf_counter()
    cold = cg.solve(scenario, regimes[0])
    solve_s, load_s = time.perf_counter() - loaded, loaded - begin
    print(f"one cold solve of {model}, {cold.regime.name}: {solve_s:.1f} s, "
          f"after {load_s:.1f} s of loading")
    scenario = cg.load(model)
    times: list[float] = []
    comparison = cg.compare(scenario, regimes,
                            progress=lambda *_: times.append(time.perf_counter()))
    for name, before, after in zip(regimes, times, times[1:], strict=False):
        print(f"  {name:16s} {after - before:6.1f} s  {comparison.dispatches[name].solver[:70]}")
    all_s = times[-1] - times[0]
    whole = (all_s + load_s) / (solve_s + load_s)
    print(f"compare of {len(regimes)} regimes: {all_s:.1f} s; ratio {all_s / solve_s:.2f} of "
          f"solves alone, {whole:.2f} from the model file to the answer")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "europe", sys.argv[2:] or EIGHT)
