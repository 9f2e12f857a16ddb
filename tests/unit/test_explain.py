"""Explanations name the rule, its bound, why it took the lane, and where it comes from."""

from __future__ import annotations

import pandas as pd
import pytest

import computegrid as cg


@pytest.fixture
def one_lane() -> cg.Scenario:
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR"]}, index=["Paris"]),
        sites=pd.DataFrame({"capacity_mw": [9.0, 9.0], "country": ["FR", "US"],
                            "control": ["US", "unknown"]}, index=["cloud", "far"]),
        workloads=pd.DataFrame({"max_rtt_ms": [50.0], "data_class": ["critical"]}, index=["core"]),
        demand=pd.DataFrame({"region": ["Paris"], "mw": [8.0]}),
        lanes=pd.DataFrame({"region": "Paris", "site": ["cloud", "far"], "rtt_ms": [5.0, 92.5]}),
        sources=pd.DataFrame({"title": ["A law"]}, index=pd.Index(["S_LAW"], name="source_id")),
    )


def said(scenario: cg.Scenario, *rules: cg.Forbid | cg.Limit | cg.Share | cg.Charge,
         site: str = "cloud") -> str:
    return str(scenario.explain("Paris", "core", site, rules))


def test_open_too_slow_and_absent(one_lane, trnsport):
    assert said(one_lane).endswith("open: no rule touches it")
    slow = one_lane.explain("Paris", "core", "far")
    assert slow.too_slow_ms == pytest.approx(42.5)
    assert not slow.open
    assert "too slow by 42.5 ms: the round trip takes 92.5 ms, the workload bears" in str(slow)


def test_a_forbid_says_why_and_from_where(one_lane):
    rule = cg.Forbid(label="no foreign parent", demand={"data_class": "critical"},
                     supply={"control": {"not": "FR"}, "same_country": True}, source="S_LAW;S_X")
    text = said(one_lane, rule)
    assert "forbidden by 'no foreign parent'" in text
    assert "because data_class = critical, control = US, same_country = True (FR, FR)" in text
    assert "source: S_LAW: A law; S_X" in text
    assert not one_lane.explain("Paris", "core", "cloud", [rule]).open
    assert one_lane.explain("Paris", "core", "cloud", [rule]).matched[0]["control"] == "US"


@pytest.mark.parametrize(("rule", "words"), [
    (cg.Limit(label="x", quantity="carbon_t", max=5e6, per="horizon", penalty_usd=100.0),
     "limited by 'x': carbon_t at most 5e+06 t over the horizon, or 100 USD for each unit beyond"),
    (cg.Limit(label="x", quantity="utilisation", min=0.65, each="site"),
     "limited by 'x': utilisation at least 65 % in every hour, for each site"),
    (cg.Share(label="x", min=0.4, max=0.9, each=["country", "hour"]),
     "counted by 'x': at least 40 % and at most 90 % of the demand it selects, for each country, "
     "hour"),
    (cg.Charge(label="x", quantity="carbon_t", usd=82.5), "charged by 'x' with 82.5 USD per t"),
])
def test_bounds_in_words(one_lane, rule, words):
    text = said(one_lane, rule)
    assert words in text
    assert "open, with rules that touch it" in text
    assert "which takes every lane (source: none given)" in text


def test_a_forbid_of_some_hours_leaves_the_lane_open(one_lane):
    rule = cg.Forbid(label="night", hours=[0])
    assert one_lane.explain("Paris", "core", "cloud", [rule]).open
    assert "in the hours [0]" in said(one_lane, rule)


def test_a_share_met_elsewhere_holds_the_lane_back(one_lane):
    far = cg.Share(label="abroad", demand={"country": "FR"}, supply={"country": "US"}, min=0.4)
    assert ("held back by 'abroad': 40 % of the demand it selects is to be served elsewhere, "
            "at {'country': 'US'}") in said(one_lane, far)
    other = cg.Share(label="of others", demand={"country": "DE"}, supply={"country": "US"}, min=0.4)
    assert said(one_lane, other).endswith("open: no rule touches it")


def test_dates_of_a_switch_are_said(one_lane):
    dated = cg.Forbid(label="x", hours={"min": "2025-07-01", "max": "2025-08-01"})
    with pytest.raises(cg.ScenarioError, match="hours"):
        cg.solve(one_lane, [dated])  # its hours are numbers
    assert "'x' from 2025-07-01 until 2025-08-01, which takes" in said(one_lane, dated)


def test_a_site_without_capacity_is_not_open(one_lane):
    sites = one_lane.sites.drop(columns="geometry").assign(status=["damaged", "operational"])
    hit = cg.Scenario.from_tables(
        regions=pd.DataFrame(one_lane.regions.drop(columns="geometry")),
        sites=pd.DataFrame(sites), demand=one_lane.demand, workloads=one_lane.workloads,
        lanes=pd.DataFrame({"region": "Paris", "site": ["cloud", "far"], "rtt_ms": [5.0, 92.5]}))
    found = hit.explain("Paris", "core", "cloud")
    assert not found.open
    assert "nothing is available at the site: its status is 'damaged'" in str(found)


def test_names_are_checked(one_lane):
    with pytest.raises(cg.ScenarioError, match="did you mean 'cloud'"):
        one_lane.explain("Paris", "core", "clod")
