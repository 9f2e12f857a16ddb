"""Site capacity: IT power drawn stays within what is available, hour by hour."""

from __future__ import annotations

import pandas as pd
import pytest

import computegrid as cg
from golden.scenarios import flow_of, two_sites


def test_site_capacity_binds_on_power_not_on_work():
    """near holds 10 MW of power: 5 MW of work on a chip that draws double."""
    dispatch = cg.solve(two_sites(demand=pd.DataFrame({"region": ["home"], "mw": [24.0]})))
    assert flow_of(dispatch, "near") == pytest.approx(4.0)
    near = dispatch.utilisation.set_index("site").loc["near"]
    assert near["power_mw"] == pytest.approx(8.0)
    assert near["utilisation"] == pytest.approx(0.8)


def test_site_capacity_has_a_rent():
    """One more MW at far replaces work of 94 by work of 21."""
    dispatch = cg.solve(two_sites(demand=pd.DataFrame({"region": ["home"], "mw": [24.0]})))
    rents = dispatch.rents.set_index("site")["usd_per_mwh"]
    assert rents["far"] == pytest.approx(94 - 21)
    assert rents["near"] == pytest.approx(0.0)


def test_site_capacity_by_hour_and_status():
    hours = pd.date_range("2025-01-15", periods=2, freq="h", tz="UTC")
    dispatch = cg.solve(two_sites(
        hours=hours,
        site_hours=pd.DataFrame({"site": "far", "hour": hours, "available_mw": [6.0, 0.0]})))
    assert flow_of(dispatch, "far", hours[0]) == pytest.approx(6.0)
    assert flow_of(dispatch, "far", hours[1]) == 0.0
    damaged = cg.solve(two_sites(sites={"status": ["operational", "damaged"]}))
    assert flow_of(damaged, "far") == 0.0


def test_weights_scale_cost_and_leave_prices():
    one = cg.solve(two_sites(hours=pd.DataFrame({"hour": [0], "weight_hours": [1.0]})))
    many = cg.solve(two_sites(hours=pd.DataFrame({"hour": [0], "weight_hours": [91.25]})))
    assert many.cost_usd == pytest.approx(91.25 * one.cost_usd)
    assert many.prices["usd_per_mwh"].tolist() == pytest.approx(
        one.prices["usd_per_mwh"].tolist())
