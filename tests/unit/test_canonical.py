"""Of equally good answers one is given: by the networks' own trees as by HiGHS."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.program.build import build_program
from computegrid.program.tiebreak import preference
from computegrid.solvers.canonical import canonical
from computegrid.solvers.engine import solve_network_program

pytest.importorskip("numba")

RULES = {
    "none": [],
    "waiting": [cg.Defer(hours=4)],
    "most": [cg.Limit(label="x", quantity="it_mw", max=3, supply={"site": "s"})],
    "least": [cg.Limit(label="x", quantity="it_mw", min=1, supply={"site": "s"})],
    "soft most": [cg.Limit(label="x", quantity="it_mw", max=3, penalty_usd=1.0,
                           supply={"site": "s"}), cg.Defer(hours=4)],
    "soft least": [cg.Limit(label="x", quantity="it_mw", min=6, penalty_usd=1.0,
                            supply={"site": "s"}), cg.Defer(hours=4)],
}


def tied(seed: int) -> cg.Scenario:
    """Prices of two values only, so that many answers are equally good."""
    draw = np.random.default_rng(seed)
    n = 16
    return cg.Scenario.from_tables(
        regions=pd.DataFrame(index=list("AB")),
        sites=pd.DataFrame({"capacity_mw": [6.0, 5.0, 4.0], "power_ratio": [1.0, 2.0, 1.0]},
                           index=list("stu")),
        demand=pd.DataFrame([(r, w, h, float(draw.integers(0, 4))) for r in "AB" for w in "vw"
                             for h in range(n)], columns=["region", "workload", "hour", "mw"]),
        workloads=pd.DataFrame({"unserved_usd_per_mwh": [50.0, 40.0]}, index=list("vw")),
        lanes=pd.DataFrame([(r, s, float(d)) for r, s, d in zip(
            "AAABBB", "stustu", (1, 2, 3, 3, 1, 2), strict=True)],
            columns=["region", "site", "distance_km"]),
        site_hours=pd.DataFrame([(s, h, float(draw.integers(1, 3))) for s in "stu"
                                 for h in range(n)],
                                columns=["site", "hour", "energy_usd_per_mwh"]),
        hours=pd.DataFrame({"hour": range(n), "weight_hours": draw.integers(1, 4, n) / 2.0,
                            "day": np.repeat([0, 1], n // 2)}))


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", range(4))
def test_trees_and_highs_choose_the_same_of_equals(name, seed):
    s = tied(seed)
    lp = build_program(s, s.regime(RULES[name]))
    found, weights = solve_network_program(lp), preference(s, lp)
    assert found.among_equals is not None
    by_tree = canonical(lp, found, weights)
    by_highs = canonical(lp, replace(found, among_equals=None), weights)
    assert by_tree.x == pytest.approx(by_highs.x, abs=1e-8)
    assert lp.cost @ by_tree.x == pytest.approx(lp.cost @ found.x, rel=1e-12)
    assert weights @ by_tree.x <= weights @ found.x + 1e-9


def test_some_answer_was_another():
    """The networks' own first answer is not always the one of least weights."""
    moved = []
    for seed in range(4):
        s = tied(seed)
        lp = build_program(s, s.regime(RULES["waiting"]))
        found, weights = solve_network_program(lp), preference(s, lp)
        moved.append(weights @ found.x - weights @ canonical(lp, found, weights).x)
    assert max(moved) > 1e-3
