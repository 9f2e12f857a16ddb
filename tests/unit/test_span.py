"""Figures too far apart to be told beside each other are refused or remarked, by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.accounts import flow_table
from computegrid.maps.header import large
from computegrid.maps.scales import price_range
from computegrid.maps.touch import rule_book
from computegrid.scenario.span import NOISE, SPAN, noise_mw

UNUSUAL = ["capacity_mw", "mw", "energy_usd_per_mwh"]


def two(small: float, large: float = 1e6, price: float = 10.0, rent: float = 10.0) -> cg.Scenario:
    """A small and a large region over two hours; the small one wants ``small`` in the second."""
    return cg.Scenario.from_tables(
        regions=pd.DataFrame(index=["isle", "main"]),
        sites=pd.DataFrame({"capacity_mw": [2 * large] * 2, "energy_usd_per_mwh": [price, 30.0],
                            "rent_usd_per_mwh": [rent, 0.0]}, index=["a", "b"]),
        demand=pd.DataFrame({"region": ["isle", "isle", "main", "main"], "hour": [0, 1, 0, 1],
                             "mw": [1.0, small, large, large]}),
        lanes=pd.DataFrame([(r, s) for r in ("isle", "main") for s in "ab"],
                           columns=["region", "site"]), unusual=UNUSUAL)


def test_demand_lost_beside_the_largest_is_refused_by_name(tmp_path) -> None:
    s = two(0.9e6 / SPAN)
    said = ("demand, row isle/work, column mw: 0.0009: is less than 1e-9 of the largest demand "
            "(1e+06 MW) in 1 of 2 hours: an answer cannot hold both; write 0 if it is a rounding, "
            "check the unit, or give it a scenario of its own")
    assert said in [str(remark) for remark in s.remarks]
    for ask in (lambda: cg.solve(s, []), lambda: cg.solve_streamed(s, tmp_path / "run", []),
                lambda: cg.solve_pyomo(cg.to_pyomo(s, []))):
        with pytest.raises(cg.DataError) as caught:
            ask()
        assert [str(fault) for fault in caught.value.faults] == [said]


@pytest.mark.parametrize("solver", ["highs", "network"])
def test_demand_that_is_just_not_lost_is_served_to_its_own_digits(solver: str) -> None:
    s = two(1.1e6 / SPAN)
    assert not [r for r in s.remarks if "less than 1e-9" in str(r)]
    flows = cg.solve(s, [], solver=solver).flows
    isle = flows[(flows["region"] == "isle") & (flows["hour"] == 1)]
    assert isle["mw"].sum() == pytest.approx(1.1e6 / SPAN, rel=1e-9)
    assert set(isle["site"]) == {"a"}


def test_prices_lost_beside_the_largest_cost_are_remarked() -> None:
    said = [str(r) for r in two(1.0, price=1e-6).remarks if "less than 1e-9" in str(r)]
    assert said == ["sites, row a, column energy_usd_per_mwh: 1e-06: is less than 1e-9 of the "
                    "largest cost of a MWh (1e+04 USD): answers count it as 0 beside that; check "
                    "the unit of both, or write 0"]
    assert not [r for r in two(1.0, price=1e-4).remarks if "less than 1e-9" in str(r)]
    assert [r.column for r in two(1.0, rent=1e-7).remarks if "less than 1e-9" in str(r)] == [
        "rent_usd_per_mwh"]


@pytest.mark.parametrize("mw", [1e-9, 1e-6, 1.0, 1e9])
@pytest.mark.parametrize("usd", [1e-5, 1.0, 1e7])
@pytest.mark.parametrize("solver", ["highs", "network"])
def test_every_size_is_right(mw: float, usd: float, solver: str) -> None:
    """3 MW at 1 USD, the rest of 5 at 3: 9 USD; at any size, in any money."""
    s = cg.Scenario.from_tables(
        pd.DataFrame(index=["r"]),
        pd.DataFrame({"capacity_mw": [3 * mw, 9 * mw], "energy_usd_per_mwh": [usd, 3 * usd]},
                     index=["a", "b"]),
        pd.DataFrame({"region": ["r"], "mw": [5 * mw]}),
        workloads=pd.DataFrame({"unserved_usd_per_mwh": [1e4 * usd]}, index=["work"]),
        lanes=pd.DataFrame({"region": "r", "site": ["a", "b"]}),
        unusual=[*UNUSUAL, "unserved_usd_per_mwh"])
    found = cg.solve(s, [], solver=solver)
    assert found.cost_usd == pytest.approx(9 * mw * usd, rel=1e-9)
    assert found.flows["mw"].tolist() == pytest.approx([3 * mw, 2 * mw], rel=1e-9)
    assert found.prices["usd_per_mwh"].tolist() == pytest.approx([3 * usd], rel=1e-9)


@pytest.mark.parametrize("mw", [1e-7, 1e5])
def test_work_nobody_can_reach_is_left_unserved_at_any_size(mw: float) -> None:
    s = cg.Scenario.from_tables(
        pd.DataFrame(index=["r", "far"]), pd.DataFrame({"capacity_mw": [9e5]}, index=["a"]),
        pd.DataFrame({"region": ["r", "far"], "mw": [1.0, mw]}),
        lanes=pd.DataFrame({"region": ["r"], "site": ["a"], "network_usd_per_mwh": 2.0}),
        unusual=UNUSUAL)
    for solver in ("highs", "network"):
        found = cg.solve(s, [], solver=solver)
        assert found.unserved["mw"].tolist() == pytest.approx([0.0, mw], rel=1e-12)
        assert found.operating_cost_usd == pytest.approx(2.0)


def test_noise_is_relative_to_what_each_place_asks() -> None:
    s = two(1.0, large=1e5)
    least = noise_mw(s.arrays)
    assert sorted(set(least)) == [NOISE, NOISE * 1e5]
    flow = np.repeat(least[:, None], 2, axis=1) * [0.9, 1.1]
    assert flow_table(s, flow)["hour"].tolist() == [1] * len(least)


def test_small_figures_are_printed_and_rules_that_bind_bind() -> None:
    """A cost of 9e-6 USD is no 0, and what a rule costs there is said."""
    said = {}
    for size in (1e-9, 1.0):
        s = cg.Scenario.from_tables(
            pd.DataFrame(index=["r"]),
            pd.DataFrame({"capacity_mw": [3 * size, 9 * size],
                          "energy_usd_per_mwh": [10.0 * size, 30.0 * size]}, index=["a", "b"]),
            pd.DataFrame({"region": ["r"], "mw": [5 * size]}),
            workloads=pd.DataFrame({"unserved_usd_per_mwh": [900.0 * size]}, index=["work"]),
            lanes=pd.DataFrame({"region": "r", "site": ["a", "b"]}),
            unusual=[*UNUSUAL, "unserved_usd_per_mwh"])
        d = cg.solve(s, [cg.Share(label="half", supply={"site": "a"}, max=0.5),
                         cg.Share(label="idle", supply={"site": "a"}, max=0.9)])
        said[size] = repr(d)
        assert [row[3] for row in rule_book([d]).prices(d)] == [True, False]
    assert "cost 100 USD, 5 MWh served" in said[1.0]
    assert "cost 1e-16 USD, 5e-09 MWh served, 0 MWh unserved" in said[1e-9]


def test_ranges_of_prices_and_sizes_of_maps_follow_the_figures() -> None:
    for unit in (1e-9, 1.0, 1e9):
        prices = np.linspace(1.0, 2.0, 101) * unit
        low, high, below, above = price_range(prices)
        assert (low / unit, high / unit) == pytest.approx((1.03, 1.97))
        assert below and above
        same = price_range(np.array([1.0, 1.0 + 1e-9]) * unit)
        assert same[2:] == [False, False]
    assert large(4.2e-7) == "4.2e-07 " and large(1234.0) == "1.23 k" and large(0.5) == "0.5 "
    assert large(0.0) == "0.00 " and large(9.0) == "9.00 "
