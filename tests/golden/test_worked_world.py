"""One world worked out by hand, to the last figure a planner reads.

Paris wants ``chat`` (6 MW, then 8 MW) and ``batch`` (4 MW, then nothing); both are of the data
class ``critical``. The first hour stands for 1 h, the second for 3 h, so 6 + 4 + 24 = 34 MWh are
wanted. Three sites, PUE 1 and 1 MW drawn per MW of work:

===== ========= ======= ======== ==========
site  control   MW      USD/MWh  kg/MWh
===== ========= ======= ======== ==========
green FR        4       40       100
old   FR        3       20       300
cloud US        10      10       500
===== ========= ======= ======== ==========

``open``: all 34 MWh run at the cloud: 340 USD, 17 t.

``half``: at most half of the work at US sites: 17 MWh. The old site is full (3 MW × 4 h = 12 MWh)
and the green one takes the other 5: 170 + 240 + 200 = 610 USD; 8.5 + 3.6 + 0.5 = 12.6 t. A MWh
more that is wanted runs at the green site (40) and lets half a MWh go over to the cloud
(saves 0.5 × 30): 25 USD.

``frozen``: nothing at US sites: 7 MW are left. In the first hour 3 MWh of batch go unserved
(500 USD each), in the second 1 MW × 3 h of chat (1,000 USD each): 16 × 40 + 12 × 20 = 880 USD of
operation and 4,500 USD of unserved work.

Broken on purpose, and each seen to fail here: the available capacity over the weights of hours
instead of times them (utilisation), the sum of carbon as its largest term (frontier), the dual of
a share with the wrong sign, rents of a controller as the largest of its sites' (owners), unserved
work of a class as the largest of its workloads' (measures), prices where nothing is wanted left as
the solver gave them, saved places read without their geometry, a place with one coordinate taken,
an unknown solver taken, and moved work listed smallest first or by sign.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.errors import Fault
from computegrid.scenario.lanes import Network, links_from_places

RULES = {
    "open": [],
    "half": [cg.Share(label="half", supply={"control": "US"}, max=0.5)],
    "frozen": [cg.Forbid(label="freeze", supply={"control": "US"})],
}
WEIGHTS = (1.0, 3.0)


def tables() -> dict[str, pd.DataFrame]:
    return {
        "regions": pd.DataFrame(
            {"country": ["FR"], "lon_deg": [2.35], "lat_deg": [48.86]},
            index=pd.Index(["Paris"], name="region"),
        ),
        "sites": pd.DataFrame(
            {
                "capacity_mw": [4.0, 3.0, 10.0],
                "energy_usd_per_mwh": [40.0, 20.0, 10.0],
                "carbon_kg_per_mwh": [100.0, 300.0, 500.0],
                "control": ["FR", "FR", "US"],
                "country": "FR",
                "lon_deg": [3.0, 5.4, 4.8],
                "lat_deg": [50.6, 43.3, 45.7],
            },
            index=pd.Index(["green", "old", "cloud"], name="site"),
        ),
        "workloads": pd.DataFrame(
            {"unserved_usd_per_mwh": [1000.0, 500.0], "data_class": "critical"},
            index=pd.Index(["chat", "batch"], name="workload"),
        ),
        "demand": pd.DataFrame(
            {
                "region": "Paris",
                "workload": ["chat", "chat", "batch", "batch"],
                "hour": [0, 1, 0, 1],
                "mw": [6.0, 8.0, 4.0, 0.0],
            }
        ),
        "hours": pd.DataFrame({"hour": [0, 1], "weight_hours": WEIGHTS}),
        "lanes": pd.DataFrame(
            {"region": "Paris", "site": ["green", "old", "cloud"], "rtt_ms": [5.0, 15.0, 10.0]}
        ),
    }


@pytest.fixture(scope="module")
def world() -> cg.Scenario:
    return cg.Scenario.from_tables(**tables(), regimes=RULES)


@pytest.fixture(scope="module")
def comparison(world: cg.Scenario) -> cg.Comparison:
    return cg.compare(world)


def test_cost_carbon_and_utilisation(comparison: cg.Comparison) -> None:
    table = comparison.table
    expected = {  # USD, USD, t, MWh unserved, part of 17 MW × 4 h that is drawn
        "open": (340.0, 340.0, 17.0, 0.0, 34 / 68),
        "half": (610.0, 610.0, 12.6, 0.0, 34 / 68),
        "frozen": (5380.0, 880.0, 5.2, 6.0, 28 / 68),
    }
    columns = ["cost_usd", "operating_cost_usd", "carbon_t", "unserved_mwh", "utilisation"]
    for name, figures in expected.items():
        assert table.loc[name, columns].tolist() == pytest.approx(figures), name
    assert table["own_control_share"].tolist() == pytest.approx([0.0, 0.5, 1.0])
    assert table["home_share"].tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert table["foreign_spend_usd"].tolist() == pytest.approx([340.0, 170.0, 0.0])
    assert table["control_FR_share"].tolist() == pytest.approx([0.0, 0.5, 1.0])
    assert table["controllers_hhi"].tolist() == pytest.approx([1.0, 0.5, 1.0])
    assert table["mean_rtt_ms"].tolist() == pytest.approx(
        [10.0, (17 * 10 + 12 * 15 + 5 * 5) / 34, (16 * 5 + 12 * 15) / 28]
    )


def test_unserved_work_of_a_class_is_that_of_all_its_workloads(comparison: cg.Comparison) -> None:
    assert comparison.table["unserved_critical_mwh"].tolist() == pytest.approx([0.0, 0.0, 6.0])
    by_workload = comparison.dispatches["frozen"].by_workload
    assert by_workload["unserved_mwh"].to_dict() == pytest.approx({"chat": 3.0, "batch": 3.0})
    assert by_workload["demand_mwh"].to_dict() == pytest.approx({"chat": 30.0, "batch": 4.0})
    lost = comparison.dispatches["frozen"].unserved_by("country").loc["FR"]
    assert lost[["unserved_mwh", "unserved_share"]].tolist() == pytest.approx([6.0, 6 / 34])


def test_prices_follow_the_share_and_are_known_where_nothing_is_wanted(
    comparison: cg.Comparison,
) -> None:
    expected = {  # chat in both hours, batch in both hours; batch is not wanted in the second
        "open": [10.0, 10.0, 10.0, 10.0],
        "half": [25.0, 25.0, 25.0, 25.0],
        "frozen": [500.0, 1000.0, 500.0, 500.0],
    }
    for name, prices in expected.items():
        table = comparison.dispatches[name].prices.set_index(["workload", "hour"])["usd_per_mwh"]
        found = [table[w, h] for w in ("chat", "batch") for h in (0, 1)]
        assert found == pytest.approx(prices), name
    row = comparison.dispatches["half"].rule_prices.iloc[0]
    assert row[["activity", "upper", "shadow_price"]].tolist() == pytest.approx([17.0, 17.0, -30.0])


def test_rents_of_a_controller_are_those_of_all_its_sites(comparison: cg.Comparison) -> None:
    """A MW more saves what goes unserved less what it costs to run."""
    rents = comparison.dispatches["frozen"].rents.set_index(["site", "hour"])["usd_per_mwh"]
    assert [rents[s, h] for s in ("green", "old", "cloud") for h in (0, 1)] == pytest.approx(
        [460.0, 960.0, 480.0, 980.0, 0.0, 0.0]
    )
    green, old = 4 * (460 + 3 * 960), 3 * (480 + 3 * 980)
    table = comparison.dispatches["frozen"].rents_by("control")
    assert table.index.tolist() == ["FR", "US"]
    assert table["rent_usd"].tolist() == pytest.approx([green + old, 0.0])
    assert table["capacity_mw"].tolist() == pytest.approx([7.0, 10.0])
    assert table["share"].tolist() == pytest.approx([1.0, 0.0])
    assert table["usd_per_mw_year"].tolist() == pytest.approx([(green + old) / 7 * 8760 / 4, 0.0])


def test_moved_work_is_listed_largest_first(comparison: cg.Comparison) -> None:
    moved = comparison.flows_delta("frozen", "open")
    first = moved.iloc[0]
    assert (first["workload"], first["site"], first["delta_mwh"]) == (
        "chat",
        "cloud",
        pytest.approx(-30.0),
    )
    size = moved["delta_mwh"].abs().to_numpy()
    assert (np.diff(size) <= 0).all()
    assert moved["delta_mwh"].sum() == pytest.approx(-6.0)
    at_green = moved.loc[moved["site"] == "green", "delta_mwh"]
    assert at_green.sum() == pytest.approx(16.0)


def test_the_frontier_of_carbon(world: cg.Scenario) -> None:
    """From 17 t to 1.6 + 3.6 + 3.0 = 8.2 t; to the old site a tonne less costs 10 / 0.2 = 50 USD.

    That is 2.4 t, down to 14.6; to the green one a tonne costs 30 / 0.4 = 75 USD. The tangents of
    the ends, 340 USD and 940 - 75 (x - 8.2), meet at 16.2 t; the next two at the bend.
    """
    table = cg.frontier(world, x="carbon_t", points=4, regime=[]).table
    assert table["carbon_t_max"].tolist() == pytest.approx([17.0, 16.2, 14.6, 8.2])
    assert table["carbon_t"].tolist() == pytest.approx([17.0, 16.2, 14.6, 8.2])
    assert table["cost_usd"].tolist() == pytest.approx([340.0, 380.0, 460.0, 940.0])
    assert table["step_cost_usd"].tolist() == pytest.approx([0.0, 40.0, 80.0, 480.0])
    assert table["unserved_mwh"].tolist() == pytest.approx([0.0] * 4, abs=1e-6)
    assert table["shadow_price"].tolist()[:2] == pytest.approx([0.0, -50.0])


def test_a_saved_run_is_drawn_where_it_lies(comparison: cg.Comparison, tmp_path) -> None:
    saved = cg.read(comparison.dispatches["half"].save(tmp_path / "run"))
    assert saved.cost_usd == pytest.approx(610.0)
    for table in (saved.scenario.regions, saved.scenario.sites):
        assert isinstance(table, gpd.GeoDataFrame)
        assert table.geometry.geom_type.eq("Point").all()
    assert saved.scenario.sites.geometry["green"].x == 3.0
    assert saved.explore() is not None


@pytest.mark.parametrize("coordinate", ["lon_deg", "lat_deg"])
@pytest.mark.parametrize("table", ["regions", "sites"])
def test_a_place_needs_both_coordinates(table: str, coordinate: str) -> None:
    given = tables()
    del given["lanes"]
    name = given[table].index[0]
    given[table].loc[name, coordinate] = np.nan
    with pytest.raises(cg.DataError) as refused:
        cg.Scenario.from_tables(**given)
    assert any(name in fault.row and fault.table == table for fault in refused.value.faults)


@pytest.mark.parametrize("coordinate", ["lon_deg", "lat_deg"])
def test_no_lane_leads_to_half_a_place(world: cg.Scenario, coordinate: str) -> None:
    """Also where places come without the check of their table."""
    sites = world.sites
    sites.loc["old", coordinate] = np.nan
    faults: list[Fault] = []
    links_from_places(world.regions, sites, world.workloads, Network(), faults)
    assert [(fault.table, fault.row) for fault in faults] == [("sites", "old")]


def test_a_solver_nobody_knows_is_refused(world: cg.Scenario) -> None:
    with pytest.raises(cg.ScenarioError, match="cplex"):
        cg.solve(world, solver="cplex")
