"""Cost and carbon of a MWh of work, by hand.

near: energy 1.5 * 2 * 30 = 90, rent 3, network 1: 94 USD; carbon 1.5 * 2 * 100 = 300 kg.
far:  energy 1.2 * 1 * 10 = 12, rent 4, network 5: 21 USD; carbon 1.2 * 500 = 600 kg.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.program import objective
from golden.scenarios import flow_of, two_sites


def test_energy_mwh():
    assert objective.energy_mwh(two_sites().arrays).ravel().tolist() == [3.0, 1.2]


def test_energy_usd():
    assert objective.energy_usd(two_sites().arrays).ravel().tolist() == [90.0, 12.0]


def test_energy_usd_at_sites():
    assert objective.energy_usd_at_sites(two_sites().arrays).ravel().tolist() == [90.0, 12.0]


def test_carbon_kg():
    assert objective.carbon_kg(two_sites().arrays).ravel().tolist() == [300.0, 600.0]


def test_operating_usd():
    assert objective.operating_usd(two_sites().arrays).ravel().tolist() == [94.0, 21.0]


def test_flow_cost_follows_what_is_minimised():
    a = two_sites().arrays
    assert objective.flow_cost(a, "cost").ravel().tolist() == [94.0, 21.0]
    assert objective.flow_cost(a, "carbon").ravel().tolist() == [300.0, 600.0]


def test_unserved_cost():
    a = two_sites().arrays
    assert objective.unserved_cost(a, "cost").tolist() == [10_000.0]
    assert objective.unserved_cost(a, "carbon").tolist() == [6_000.0]


def test_kg_per_usd():
    a = two_sites().arrays  # the dirtiest lane emits 600 kg, work is worth 10,000 USD
    assert objective.kg_per_usd(a) == pytest.approx(10 * 600 / 10_000)
    clean = replace(a, carbon_kg_per_mwh=np.zeros_like(a.carbon_kg_per_mwh))
    assert objective.kg_per_usd(clean) == pytest.approx(10 * 1 / 10_000)
    worthless = replace(a, unserved_usd_per_mwh=np.zeros_like(a.unserved_usd_per_mwh))
    assert objective.kg_per_usd(worthless) == pytest.approx(10 * 600 / 1)


def test_cost_is_the_cheap_site():
    dispatch = cg.solve(two_sites())
    assert dispatch.cost_usd == pytest.approx(8 * 21.0)
    assert flow_of(dispatch, "far") == pytest.approx(8.0)
    assert dispatch.summary["carbon_t"] == pytest.approx(8 * 0.6)


def test_carbon_is_the_clean_site_as_far_as_it_goes():
    dispatch = cg.solve(two_sites(), minimise="carbon")
    assert flow_of(dispatch, "near") == pytest.approx(5.0)  # 10 MW of power at 2 MW per MW
    assert flow_of(dispatch, "far") == pytest.approx(3.0)
    assert dispatch.summary["carbon_t"] == pytest.approx((5 * 300 + 3 * 600) / 1000)
    assert dispatch.prices["kg_per_mwh"].tolist() == pytest.approx([600.0])
    assert dispatch.cost_usd == pytest.approx(5 * 94 + 3 * 21)


def test_cost_parts_add_up():
    s = cg.solve(two_sites(demand=None), [
        cg.Charge(label="tax", quantity="carbon_t", usd=50.0),
        cg.Forbid(label="no-far", supply={"site": "far"}),
    ]).summary
    assert s["energy_cost_usd"] == pytest.approx(5 * 90)
    assert s["rent_cost_usd"] == pytest.approx(5 * 3)
    assert s["network_cost_usd"] == pytest.approx(5 * 1)
    assert s["charges_usd"] == pytest.approx(5 * 0.3 * 50)
    assert s["unserved_cost_usd"] == pytest.approx(3 * 10_000)
    assert s["cost_usd"] == pytest.approx(5 * (94 + 15) + 30_000)
    assert s["operating_cost_usd"] == pytest.approx(5 * (94 + 15))
    assert np.isclose(s["dependence"], 0.0)


def test_no_work_is_dropped_and_no_wish_sold_to_save_carbon():
    s = cg.Scenario.from_tables(
        regions=pd.DataFrame(index=["r"]),
        sites=pd.DataFrame({"capacity_mw": [6.0, 9.0], "carbon_kg_per_mwh": [900.0, 100.0]},
                           index=["dirty", "clean"]),
        workloads=pd.DataFrame({"unserved_usd_per_mwh": [1e9, 50.0, 0.0]}, index=list("abc")),
        demand=pd.DataFrame({"region": "r", "workload": list("abc"), "mw": 5.0}),
        lanes=pd.DataFrame({"region": "r", "site": ["dirty", "clean"]}))
    assert cg.solve(s, minimise="carbon").summary["unserved_mwh"] == pytest.approx(0.0)
    wish = cg.Limit(label="wish", quantity="it_mw", max=4.0, supply={"site": "clean"},
                    penalty_usd=10.0)
    told = cg.solve(s, [wish], minimise="carbon").summary
    assert told["penalties_usd"] == pytest.approx(50.0)
