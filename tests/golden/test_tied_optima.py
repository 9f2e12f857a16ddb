"""Which of equally cheap dispatches is held: least and most, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.studies.reserve import RESERVE_USD_PER_MW_YEAR


def world(cloud_usd: float = 1.0, **sites: float) -> cg.Scenario:
    """Paris wants 4 MW of critical work and 4 of public; a US cloud and a French site of 4 each."""
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR"]}, index=["Paris"]),
        sites=pd.DataFrame({"capacity_mw": [4.0, sites.get("local", 4.0)],
                            "control": ["US", "FR"]}, index=["cloud", "local"]),
        workloads=pd.DataFrame({"data_class": ["critical", "public"],
                                "unserved_usd_per_mwh": [sites.get("core", 1000.0), 200.0]},
                               index=["core", "batch"]),
        demand=pd.DataFrame({"region": "Paris", "workload": ["core", "batch"], "mw": [4.0, 4.0]}),
        hours=pd.DataFrame({"hour": [0], "weight_hours": [10.0]}),
        lanes=pd.DataFrame([("Paris", w, s, usd) for w in ("core", "batch")
                            for s, usd in (("cloud", cloud_usd), ("local", 1.0))],
                           columns=["region", "workload", "site", "network_usd_per_mwh"]))


def test_what_lost_its_place_is_a_matter_of_ties():
    """Both sites are full at one price: core at the cloud is anything from 0 to 4 MW.

    A freeze of the cloud, nobody giving way: 4 MW are lost whatever they are, 0 to 4 of them core,
    worth 1000 or 200 a MWh; reserve for core in place of what batch holds is 0 to 4 MW.
    """
    found = cg.freeze(world(), give_way=False, only="US")
    us = found.table.loc["US"]
    ends = {name: (us[f"{name}_least"], us[f"{name}_most"]) for name in (
        "unserved_mwh", "critical_unserved_mwh", "critical_unserved_share", "added_cost_usd",
        "reserve_mw", "reserve_usd_per_year")}
    assert ends["unserved_mwh"] == pytest.approx((40.0, 40.0), rel=1e-6)
    assert ends["critical_unserved_mwh"] == pytest.approx((0.0, 40.0), rel=1e-6, abs=1e-4)
    assert ends["critical_unserved_share"] == pytest.approx((0.0, 1.0), rel=1e-6, abs=1e-5)
    # 10 h x 4 MW at 200 or 1000 USD, less 1 USD of network that is saved
    assert ends["added_cost_usd"] == pytest.approx((7960.0, 39960.0), rel=1e-5)
    assert ends["reserve_mw"] == pytest.approx((0.0, 4.0), abs=1e-5)
    assert ends["reserve_usd_per_year"][1] == pytest.approx(4 * RESERVE_USD_PER_MW_YEAR, rel=1e-5)
    for name, (least, most) in ends.items():
        assert least - 1e-6 <= us[name] <= most + 1e-6, name
    assert set(found.tied["figure"]) == {*ends} - {"unserved_mwh"}


def test_a_figure_that_hangs_on_nothing_is_its_own_range():
    """The cloud costs a USD more: batch and core fill the French site first, but 4 MW each remain.

    With room for all at home nothing lies at the cloud, and nothing is lost.
    """
    found = cg.freeze(world(cloud_usd=2.0, local=8.0), give_way=False, only="US")
    us = found.table.loc["US"]
    assert found.tied.empty
    assert us["critical_unserved_mwh_least"] == us["critical_unserved_mwh_most"] == 0.0
    assert us["reserve_mw_most"] == 0.0


def test_work_that_lies_abroad_only_in_another_optimum_counts():
    """Room for all at home at the cloud's price: nothing need lie there, and 4 MW of core may."""
    found = cg.freeze(world(local=8.0), give_way=False, only="US")
    us = found.table.loc["US"]
    assert us["unserved_mwh_most"] == pytest.approx(0.0, abs=1e-4), "what is free takes it in"
    assert us["added_cost_usd"] == pytest.approx(0.0, abs=1e-4)


def test_where_work_gives_way_only_work_of_one_value_ties():
    """4 MW remain for 8: core first where it is worth more; either where both are worth 200."""
    worth_more = cg.freeze(world(), only="US")
    assert worth_more.tied.empty
    assert worth_more.table.loc["US", "critical_unserved_mwh_most"] == 0.0
    us = cg.freeze(world(core=200.0), only="US").table.loc["US"]
    assert (us["critical_unserved_mwh_least"], us["critical_unserved_mwh_most"]) == pytest.approx(
        (0.0, 40.0))
    assert us["unserved_mwh_least"] == us["unserved_mwh_most"] == pytest.approx(40.0)
    assert us["added_cost_usd_least"] == us["added_cost_usd_most"] == us["added_cost_usd"]


def test_the_range_of_lanes_and_of_dependence():
    """8 MW at two sites of 4 are 0 to 4 of core at either; with 8 at home the cloud has 0 to 4."""
    tight, roomy = cg.solve(world(), []), cg.solve(world(local=8.0), [])
    core = tight.range({"workload": "core"}, {"site": "cloud"})
    assert core[["least_mwh", "most_mwh"]].tolist() == pytest.approx([0.0, 40.0])
    assert core["mwh"] == pytest.approx(
        tight.flows.query("workload == 'core' and site == 'cloud'")["mw"].sum() * 10)
    assert tight.dependence_range == pytest.approx((0.5, 0.5))
    assert roomy.dependence_range == pytest.approx((0.0, 0.5))
    whole = roomy.range()
    assert whole.tolist() == pytest.approx([80.0] * 3)
    with pytest.raises(cg.ScenarioError, match="no column 'contrl'"):
        roomy.range(supply={"contrl": "US"})


def test_a_dearer_site_is_no_tie_and_a_last_digit_is():
    """At 1.01 against 1 USD the cloud is dearer; at 1.00001 nobody knows which is."""
    assert cg.solve(world(1.01, local=8.0), []).dependence_range == pytest.approx((0.0, 0.0))
    assert cg.solve(world(1.00001, local=8.0), []).dependence_range == pytest.approx((0.0, 0.5))


def test_dependence_where_work_may_go_unserved_at_its_cost():
    """Serving costs 1 USD a MWh, as much as not serving: any part of the work may be served.

    So dependence, a ratio of two sums that both vary, is 0 (all at home) to 1 (only the cloud's).
    """
    scenario = world(local=8.0, core=1.0).replace(workloads=pd.DataFrame(
        {"unserved_usd_per_mwh": [1.0, 1.0]}, index=["core", "batch"]))
    dispatch = cg.solve(scenario, [])
    assert dispatch.cost_usd == pytest.approx(80.0)
    assert dispatch.dependence_range == pytest.approx((0.0, 1.0))
    optima, site = dispatch._optima, scenario.arrays.lane_site
    # a mean of 3 at the cloud (4 MW) and 1 at home: from work at home alone to the cloud's alone
    three_or_one = optima.weights(lanes=np.where(site == 0, 3.0, 1.0))
    served = optima.weights(lanes=np.ones(len(site)))
    assert optima.share_range(three_or_one, served) == pytest.approx((1.0, 3.0))


def test_a_full_site_whose_place_is_worth_a_last_digit_is_no_bound():
    """Home is 6 MW at 1 USD, the cloud 4 MW at 1.00001: of 8 MW 2 to 4 lie at the cloud."""
    assert cg.solve(world(1.00001, local=6.0), []).dependence_range == pytest.approx((0.25, 0.5))
    assert cg.solve(world(1.01, local=6.0), []).dependence_range == pytest.approx((0.25, 0.25))


def test_a_range_holds_every_optimum_of_a_drawn_world():
    """Random weights over equally cheap dispatches never leave the range."""
    draw = np.random.default_rng(7)
    s = cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR", "DE"]}, index=["Paris", "Bonn"]),
        sites=pd.DataFrame({"capacity_mw": [5.0, 4.0, 6.0], "control": ["US", "FR", "DE"]},
                           index=["a", "b", "c"]),
        demand=pd.DataFrame([(r, h, float(draw.integers(1, 6))) for r in ("Paris", "Bonn")
                             for h in range(3)], columns=["region", "hour", "mw"]),
        hours=pd.DataFrame({"hour": range(3), "weight_hours": [1.0, 2.0, 0.5]}),
        lanes=pd.DataFrame([(r, t, float(draw.integers(1, 3))) for r in ("Paris", "Bonn")
                            for t in "abc"], columns=["region", "site", "network_usd_per_mwh"]))
    d = cg.solve(s, [])
    found, optima = d.range(supply={"control": "US"}), d._optima
    weights = optima.weights(lanes=(s.arrays.lane_site == 0).astype(float))
    for _ in range(20):
        x = optima.at_least(draw.normal(size=len(d._x)))
        assert d._lp.cost @ x == pytest.approx(d._lp.cost @ d._x, rel=1e-4)
        assert found["least_mwh"] - 1e-7 <= weights @ x <= found["most_mwh"] + 1e-7


@pytest.mark.parametrize(("local", "told"), [(8.0, True), (4.0, False)])
def test_a_run_says_where_dependence_hangs_on_a_tie(local: float, told: bool):
    from computegrid.commands.console import stdout
    from computegrid.commands.say import print_dispatch

    # batch lies at the cloud, so that both control something; core may join it there or not
    keep = cg.Share(label="keep", supply={"control": "US"}, min=0.125)
    console = stdout()
    with console.capture() as said:
        print_dispatch(console, cg.solve(world(local=local), [keep]))
    text = " ".join(said.get().split())
    assert ("over all of them dependence is 0.125 to 0.500" in text) is told
    assert ("equally cheap" in text) is told
