"""Corridors: which lanes go through what, and what a cut of one does."""

from __future__ import annotations

import pandas as pd
import pytest

import computegrid as cg
from computegrid.scenario.routes import remark_on_routes, with_corridors

ROUTES = pd.DataFrame({"from_area": ["gulf", "gulf", "levant"],
                       "to_area": ["europe", "levant", "europe"],
                       "corridor": ["Strait;Red Sea", "Strait;Red Sea", ""]})


@pytest.fixture
def gulf() -> cg.Scenario:
    """Berlin and Cairo want 3 MW each; a cheap site in Dubai, a dear one in Paris."""
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"area": ["europe", "levant"]}, index=["Berlin", "Cairo"]),
        sites=pd.DataFrame({"capacity_mw": [10.0, 4.0], "area": ["gulf", "europe"]},
                           index=["Dubai", "Paris"]),
        demand=pd.DataFrame({"region": ["Berlin", "Cairo"], "mw": [3.0, 3.0]}),
        lanes=pd.DataFrame([(r, s, c) for r in ("Berlin", "Cairo")
                            for s, c in (("Dubai", 1.0), ("Paris", 5.0))],
                           columns=["region", "site", "network_usd_per_mwh"]),
        routes=ROUTES,
    )


def test_lanes_name_the_corridors_they_go_through(gulf):
    lanes = gulf.lanes.set_index(["region", "site"])["corridor"]
    assert lanes.to_dict() == {
        ("Berlin", "Dubai"): "Strait;Red Sea", ("Cairo", "Dubai"): "Strait;Red Sea",
        ("Berlin", "Paris"): "", ("Cairo", "Paris"): ""}


def test_a_corridor_given_with_the_lane_comes_first():
    links = pd.DataFrame({"region": ["a", "a"], "site": ["s", "t"], "corridor": ["own", None]})
    areas = pd.DataFrame({"area": ["gulf"]}, index=["a"])
    there = pd.DataFrame({"area": ["europe", "europe"]}, index=["s", "t"])
    found = with_corridors(links, areas, there, ROUTES)
    assert found["corridor"].tolist() == ["own", "Strait;Red Sea"]
    assert with_corridors(links, areas.drop(columns="area"), there, ROUTES) is links


def test_a_cut_closes_every_lane_through_it(gulf):
    """Paris has 4 MW for 6: 2 MWh go unserved at 10,000 USD, the rest costs 4 more each."""
    found = cg.freeze(gulf, by="corridor", reserve_usd_per_mw_year=None)
    assert set(found.table.index) == {"Red Sea", "Strait"}
    for corridor in found.table.index:
        row = found.table.loc[corridor]
        assert row["unserved_mwh"] == pytest.approx(2.0)
        assert row["added_cost_usd"] == pytest.approx(4 * 5.0 + 2 * 10_000 - 6 * 1.0)
    both = cg.freeze(gulf, by="corridor", depth=2, reserve_usd_per_mw_year=None)
    assert both.table.loc["Red Sea + Strait", "unserved_mwh"] == pytest.approx(2.0)


def test_where_no_lane_goes_through_a_corridor_it_is_said():
    inland = cg.Scenario.from_tables(
        regions=pd.DataFrame({"area": ["europe"]}, index=["Berlin"]),
        sites=pd.DataFrame({"capacity_mw": [4.0], "area": ["europe"]}, index=["Paris"]),
        demand=pd.DataFrame({"region": ["Berlin"], "mw": [3.0]}), routes=ROUTES,
        lanes=pd.DataFrame({"region": ["Berlin"], "site": ["Paris"]}))
    with pytest.raises(cg.ScenarioError, match="by corridor: no lane goes through one"):
        cg.freeze(inland, by="corridor")


def test_a_rule_selects_by_corridor_and_says_so(gulf):
    cut = cg.Forbid(label="cut", supply={"corridor": {"has": "Red Sea"}}, source="cable fault")
    assert cg.solve(gulf, [cut]).summary["unserved_mwh"] == pytest.approx(2.0)
    said = str(gulf.explain("Berlin", "work", "Dubai", [cut]))
    assert "forbidden by 'cut', because corridor = Strait;Red Sea (source: cable fault)" in said
    with pytest.warns(cg.RuleWarning, match="'typo' selects no lane"):
        cg.solve(gulf, [cg.Forbid(label="typo", supply={"corridor": {"has": "Red"}})])


PLACES = pd.DataFrame({"area": ["europe"]}, index=["Berlin"])


@pytest.mark.parametrize(("rows", "says"), [
    ({"from_area": ["a"], "to_area": ["b"]}, "column is missing"),
    ({"from_area": ["a", "b"], "to_area": ["b", "a"], "corridor": ["x", "y"]}, "stands twice"),
    ({"from_area": ["a", "a"], "to_area": ["b", "b"], "corridor": ["x", "y"]}, "stands twice"),
    ({"from_area": ["a"], "to_area": [None], "corridor": ["x"]}, "column to_area: is blank"),
])
def test_routes_that_cannot_be_used(rows, says):
    with pytest.raises(cg.DataError, match=says):
        cg.Scenario.from_tables(
            PLACES, PLACES.assign(capacity_mw=4.0),
            pd.DataFrame({"region": ["Berlin"], "mw": [3.0]}),
            lanes=pd.DataFrame({"region": ["Berlin"], "site": ["Berlin"]}),
            routes=pd.DataFrame(rows))


def test_lanes_of_which_no_route_is_told_are_remarked_on(gulf):
    assert not [one for one in gulf.remarks if "corridor" in str(one)]
    places = PLACES, pd.DataFrame({"area": ["gulf", "asia", ""]}, index=["a", "b", "c"])
    said = [str(one) for one in remark_on_routes(*places, ROUTES)]
    assert said[0].startswith("sites, row c, column area: its area is not known: lanes between")
    assert said[1].startswith("routes, row asia/europe: areas between which no route is told")
    said = [str(one) for one in remark_on_routes(PLACES, places[1].drop(columns="area"), ROUTES)]
    assert len(said) == 1 and said[0].startswith("sites, column area: has no column area")
    assert remark_on_routes(*places, None) == []
