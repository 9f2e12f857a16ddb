"""The weights that choose among equal answers: by the formula, and the same in every version."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.program.algebra import Family, LinearProgram
from computegrid.program.build import build_program
from computegrid.program.tiebreak import preference
from computegrid.units import EARTH_RADIUS_KM

MOST = 2**64
HOURS = [1.0, 4.0]


def scattered(code: int) -> int:
    """SplitMix64's finaliser, in whole numbers."""
    code = ((code ^ (code >> 30)) * 0xBF58476D1CE4E5B9) % MOST
    code = ((code ^ (code >> 27)) * 0x94D049BB133111EB) % MOST
    return code ^ (code >> 31)


def code_of(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def fraction(code: int) -> float:
    return (scattered(code) >> 11) / 2.0**53


def drawn(*names: str, hour: int | None = None) -> float:
    code = code_of(names[0])
    for name in names[1:]:
        code = scattered(code ^ (code_of(name) + 1))
    return fraction(code if hour is None else code ^ scattered(hour))


@pytest.fixture
def scenario() -> cg.Scenario:
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"lon_deg": [0.0, 90.0], "lat_deg": 0.0}, index=["a", "b"]),
        sites=pd.DataFrame({"capacity_mw": 5.0, "lon_deg": [0.0, 180.0], "lat_deg": 0.0},
                           index=["x", "y"]),
        demand=pd.DataFrame({"region": ["a", "b"], "mw": 2.0}),
        workloads=pd.DataFrame({"defer_hours": [1.0]}, index=["work"]),
        hours=pd.DataFrame({"hour": [0, 1], "weight_hours": HOURS, "day": "d"}))


def test_nearest_soonest_then_by_name(scenario: cg.Scenario) -> None:
    rule = cg.Limit(label="soft", quantity="it_mw", max=1.0, penalty_usd=1.0, each="site")
    lp = build_program(scenario, cg.Regime("own", (rule,)))
    weights = preference(scenario, lp)
    half_way = np.pi * EARTH_RADIUS_KM / 20_037.5
    far = {("a", "x"): 0.0, ("a", "y"): half_way,
           ("b", "x"): half_way / 2, ("b", "y"): half_way / 2}
    lanes = list(scenario.lanes[["region", "site"]].itertuples(index=False, name=None))
    of = weights[lp.columns_of("flow")].reshape(-1, 2)
    for k, (region, site) in enumerate(lanes):
        for t, hours in enumerate(HOURS):
            eta = drawn("flow", region, "work", site, hour=t)
            assert of[k, t] == pytest.approx(hours / 4 * (far[region, site] + 0.01 * eta),
                                             rel=1e-12)
    for name, extra in (("unserved", 0.0), ("backlog", 0.05)):
        of = weights[lp.columns_of(name)].reshape(2, 2)
        for k, region in enumerate("ab"):
            for t, hours in enumerate(HOURS):
                eta = drawn(name, region, "work", hour=t)
                assert of[k, t] == pytest.approx(hours / 4 * (extra + 0.01 * eta), rel=1e-12)
    of = weights[lp.columns_of("excess:soft")].reshape(2, 2)
    for k, site in enumerate("xy"):
        for t, hours in enumerate(HOURS):
            eta = drawn("excess:soft", site, site, hour=t)
            assert of[k, t] == pytest.approx(hours / 4 * 0.01 * eta, rel=1e-12)


def test_where_no_place_is_known_the_round_trip_stands_for_it(scenario: cg.Scenario) -> None:
    lanes = pd.DataFrame({"region": ["a", "a"], "site": ["x", "y"], "rtt_ms": [30.0, None]})
    nowhere = cg.Scenario.from_tables(
        pd.DataFrame(index=["a"]), pd.DataFrame({"capacity_mw": 5.0}, index=["x", "y"]),
        pd.DataFrame({"region": ["a"], "mw": [2.0]}), lanes=lanes)
    lp = build_program(nowhere, cg.Regime("none"))
    found = preference(nowhere, lp)[lp.columns_of("flow")]
    for weight, site, far in zip(found, "xy", (0.1, 0.0), strict=True):
        eta = drawn("flow", "a", "work", site, hour=0)
        assert weight == pytest.approx(far + 0.01 * eta, rel=1e-12)


def test_a_planners_own_variables_are_drawn_by_name_alone(scenario: cg.Scenario) -> None:
    lp = build_program(scenario, cg.Regime("none"))
    one = np.ones((2, 1))
    own = Family("planner", pd.DataFrame({"name": ["on[x]", "on[y]"], "number": [1, 2]}),
                 0 * one, one, one)
    wide: LinearProgram = replace(
        lp, families=(*lp.families, own), cost=np.r_[lp.cost, 1.0, 1.0])
    found = preference(scenario, wide)
    assert len(found) == lp.n_columns + 2
    for weight, name in zip(found[-2:], ("on[x]", "on[y]"), strict=True):
        assert weight * 4 == pytest.approx(0.01 * drawn("planner", name), rel=1e-12)
