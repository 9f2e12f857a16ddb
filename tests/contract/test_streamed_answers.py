"""A streamed run answers like a dispatch: the same names, columns, types and figures."""

import inspect

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.answer.base import Answer
from computegrid.maps.payload import page_values
from computegrid.maps.streamed import view_of
from computegrid.maps.views import View
from computegrid.streaming.answer import INSTEAD, NotStreamedError
from computegrid.streaming.excerpt import days_of, mean_day

N_REGIONS, N_SITES, N_DAYS, STEPS = 3, 4, 4, 6
CAP = cg.Limit(label="cap", quantity="carbon_t", max=50.0, per="horizon", penalty_usd=35.0,
               each="country")
TIGHT = cg.Limit(label="tight", supply={"control": "US"}, quantity="carbon_t", max=220.0,
                 per="horizon")
SHARE = cg.Share(label="own", demand={"country": "FR"}, supply={"control": "FR"}, min=0.12)
LICENCE = cg.Limit(label="licence", demand={"bloc": "EU"}, supply={"site": "s0"}, quantity="it_mw",
                   max=3.0)
BASE = cg.Limit(label="base", supply={"site": "s2"}, quantity="it_mw", min=14.0, penalty_usd=11.0)
MEAN = cg.Limit(label="mean", supply={"site": "s3"}, quantity="utilisation", max=0.4,
                per="horizon")
NIGHT = cg.Forbid(label="night", supply={"site": "s3"}, hours={"hour_utc": {"max": 6}})
CLOSED = cg.Forbid(label="closed", demand={"region": "r1"}, supply={"site": "s1"})
LEVY = cg.Charge(label="levy", supply={"control": "US"}, quantity="energy_mwh", usd=7.0)
TOLL = cg.Charge(label="toll", demand={"region": "r1"}, quantity="carbon_t", usd=9.0)
DUTY = cg.Charge(label="duty", demand={"region": "r2"}, quantity="carbon_t", usd=21.0)
STAMP = cg.Charge(label="stamp", demand={"workload": "live"}, quantity="carbon_t", usd=13.0)
"""By region, workload and hour: without them work of two could change hours at no cost."""
WAIT = cg.Defer("batch", 8)

REGIMES = {
    "none": [],
    "by lane": [NIGHT, CLOSED, LEVY, TOLL],
    "by hour": [LICENCE, BASE, NIGHT],
    "over the horizon": [SHARE, TIGHT, MEAN],
    "soft": [CAP, BASE, LEVY],
    "deferral": [WAIT, LEVY, NIGHT, TOLL, DUTY, STAMP],
    "all": [SHARE, TIGHT, CAP, LICENCE, BASE, NIGHT, CLOSED, LEVY, TOLL, DUTY,
            STAMP, WAIT],
}
TABLES = {
    "flows": ["region", "workload", "site", "hour"],
    "unserved": ["region", "workload", "hour"],
    "utilisation": ["site", "hour"],
    "prices": ["region", "workload", "hour"],
    "rents": ["site", "hour"],
    "rule_prices": ["rule", "group", "hour"],
    "waiting": ["region", "workload", "arrived", "run"],
    "backlog": ["region", "workload", "hour"],
    "control_shares": [],
    "by_workload": [],
    "delays": [],
    "summary": [],
}
CALLS = {
    "exchange": [(), ("country",)],
    "unserved_by": [(), ("region",)],
    "rents_by": [(), ("control",), ("site",)],
}
FIGURES = ("cost_usd", "operating_cost_usd", "dependence", "objective")


def world(stamped=True, idle=False, seed=7):
    rng = np.random.default_rng(seed)
    n = N_DAYS * STEPS
    stamps = pd.DatetimeIndex([  # Mondays: work waits within a day
        day + pd.Timedelta(hours=4 * step) for step in range(STEPS)
        for day in pd.date_range("2025-03-03", periods=N_DAYS, freq="7D", tz="UTC")]).sort_values()
    hours = pd.DataFrame({"hour": stamps if stamped else range(n), "weight_hours": 4.0})
    if not stamped:
        hours["day"] = np.arange(n) // STEPS
        hours["hour_utc"] = np.arange(n) % STEPS * 4
    regions, sites = [f"r{i}" for i in range(N_REGIONS)], [f"s{i}" for i in range(N_SITES)]
    work = ["batch", "live"]

    def every(**names):
        index = pd.MultiIndex.from_product([*names.values(), hours["hour"]],
                                           names=[*names, "hour"])
        return index.to_frame(index=False)

    asks, at = every(region=regions, workload=work), every(site=sites)
    lanes = pd.MultiIndex.from_product([regions, work, sites], names=["region", "workload", "site"])
    lanes = lanes.to_frame(index=False)
    mw = rng.uniform(1, 7, len(asks))
    if idle:
        mw[rng.random(len(asks)) < 0.1] = 0.0
    mw[asks["hour"].isin(hours["hour"][2::STEPS]).to_numpy()] *= 3.0
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR", "DE", "FR"], "bloc": "EU",
                              "lon_deg": [2.0, 13.0, 5.0], "lat_deg": [48.0, 52.0, 43.0]},
                             index=regions),
        sites=pd.DataFrame({"capacity_mw": 12.0, "power_ratio": [1.0, 1.5, 1.0, 1.2],
                            "country": ["FR", "DE", "US", "US"], "operator": ["a", "b", "c", "c"],
                            "control": ["FR", "DE", "US", "US"],
                            "lon_deg": [1.0, 9.0, -74.0, -77.0],
                            "lat_deg": [47.0, 50.0, 40.0, 38.0],
                            "rent_usd_per_mwh": rng.uniform(1, 9, N_SITES)}, index=sites),
        demand=asks.assign(mw=mw),
        workloads=pd.DataFrame({"defer_hours": [0.0, 0.0], "unserved_usd_per_mwh": [3000.0, 300.0],
                                "data_class": ["plain", "critical"]}, index=work),
        lanes=lanes.assign(network_usd_per_mwh=rng.uniform(1, 20, len(lanes)),
                           rtt_ms=rng.uniform(5, 90, len(lanes))),
        site_hours=at.assign(energy_usd_per_mwh=rng.uniform(20, 120, len(at)),
                             carbon_kg_per_mwh=rng.uniform(10, 500, len(at)),
                             pue=rng.uniform(1.1, 1.5, len(at))),
        hours=hours, name="contract")


def same(whole, streamed, keys):
    """Equal columns, types and, by sorted keys, figures to a millionth of the largest."""
    if isinstance(whole, pd.Series):
        pd.testing.assert_index_equal(whole.index, streamed.index, exact=True)
        whole, streamed = whole.to_frame("value"), streamed.to_frame("value")
    assert list(whole.columns) == list(streamed.columns)
    assert whole.dtypes.to_dict() == streamed.dtypes.to_dict()
    if keys:
        whole, streamed = (one.sort_values(keys, ignore_index=True) for one in (whole, streamed))
    for column in whole.columns:
        figures = whole[column]
        if figures.dtype.kind == "f":
            finite = figures[np.isfinite(figures)]
            size = max(float(finite.abs().max()) if len(finite) else 0.0, 1.0)
            np.testing.assert_allclose(streamed[column], figures, rtol=1e-6, atol=1e-6 * size,
                                       err_msg=column)
        else:
            pd.testing.assert_series_equal(streamed[column], figures)


@pytest.mark.parametrize("name", REGIMES)
def test_every_shared_name_gives_the_same_streamed_and_whole(tmp_path, name):
    scenario, rules = world(name != "soft", idle=name == "none"), REGIMES[name]
    whole = cg.solve(scenario, rules)
    run = cg.solve_streamed(scenario, tmp_path / "run", rules, gap=1e-9)
    for figure in FIGURES:
        assert getattr(run, figure) == pytest.approx(getattr(whole, figure), rel=1e-6)
    for table, keys in TABLES.items():
        try:
            same(getattr(whole, table), getattr(run, table), keys)
        except AssertionError as error:
            raise AssertionError(f"{table}: {error}") from error
    for method, calls in CALLS.items():
        for given in calls:
            same(getattr(whole, method)(*given), getattr(run, method)(*given), [])
    again = cg.read(tmp_path / "run")
    assert isinstance(again, cg.StreamedRun)
    assert [rule.label for rule in again.regime.rules] == [rule.label for rule in rules]
    for table in TABLES:
        same(getattr(run, table), getattr(again, table), [])
    rows = ["rule", "group", "hour"]
    pd.testing.assert_frame_equal(run.rule_prices[rows], whole.rule_prices[rows])
    if name == "all":
        kinds = set(whole.rule_prices["kind"])
        assert kinds == {"Limit", "Share", "Forbid", "Charge"}
        assert whole.summary["penalties_usd"] > 0 and len(whole.waiting)
        assert whole.summary["unserved_mwh"] > 0 and whole.rents["usd_per_mwh"].max() > 0
        assert (whole.rule_prices.groupby("kind")["shadow_price"].apply(
            lambda price: price.abs().max()) > 0).all()


def test_where_nothing_is_wanted_the_price_is_that_of_a_first_mwh(tmp_path):
    scenario, rules = world(idle=True, seed=2), REGIMES["over the horizon"]
    run = cg.solve_streamed(scenario, tmp_path / "run", rules, gap=1e-9)
    same(cg.solve(scenario, rules).prices, run.prices, TABLES["prices"])


def test_what_only_a_dispatch_has_is_refused_with_the_cure(tmp_path):
    scenario = world()
    run = cg.solve_streamed(scenario, tmp_path / "run", [])
    public = {name for name, _ in inspect.getmembers(cg.Dispatch) if not name.startswith("_")}
    public |= {name for name in cg.Dispatch.__dataclass_fields__ if not name.startswith("_")}
    missing = {name for name in public if not hasattr(run, name)}
    assert set(INSTEAD) <= missing
    for name in missing:
        with pytest.raises(NotStreamedError, match=f"no '{name}': .+"):
            getattr(run, name)
    assert public - missing >= {*TABLES, *CALLS, *FIGURES, "scenario", "regime", "minimise",
                                "status", "solver"}
    with pytest.raises(AttributeError, match="has no attribute 'flowz'"):
        run.flowz  # noqa: B018
    with pytest.raises(cg.ScenarioError, match="copy the folder"):
        run.save(tmp_path / "copy")


def test_the_page_of_a_streamed_run_shows_what_the_page_of_a_dispatch_shows(tmp_path):
    scenario, rules = world(), REGIMES["all"]
    whole = cg.solve(scenario, rules)
    run = cg.solve_streamed(scenario, tmp_path / "run", rules, gap=1e-9)
    days = ["2025-03-03", "2025-03-10", "2025-03-17", "2025-03-24"]
    one, other, mean = (page_values([view], lang="en", max_flows=3000) for view in (
        View(whole), view_of(run, days), view_of(run)))
    assert one["hours"] == other["hours"] and len(mean["hours"]) == STEPS
    assert mean["hours"][1] == {"label": "mean of 4 days · 04:00 UTC", "utc": 4.0}
    for page in (other, mean):
        for name in ("regions", "sites"):
            assert page[name] == one[name]
        here, there = page["views"][0], one["views"][0]
        assert here["totals"] == there["totals"]
        for part in ("regions", "sites"):
            for figure, values in there[part].items():
                assert here[part][figure] == pytest.approx(values, rel=1e-4, abs=1e-6), figure
        assert here["flows"]["mw"] == pytest.approx(there["flows"]["mw"], rel=1e-4)
    for given in ({}, {"days": days[:2]}):
        run.explore(**given).save(tmp_path / "page.html")
        page = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert ("mean of 4 days" in page) == (not given)


def test_the_mean_day_adds_up_to_the_run(tmp_path):
    scenario = world(idle=True)
    run = cg.solve_streamed(scenario, tmp_path / "run", REGIMES["by hour"], gap=1e-9)
    day = mean_day(run)
    lasts = day.scenario.hours["weight_hours"]
    for name, figure, keys in (("flows", "mw", ["region", "site"]), ("unserved", "mw", ["region"]),
                               ("utilisation", "power_mw", ["site"])):
        weight = getattr(run, name)["hour"].map(scenario.hours["weight_hours"])
        whole, mean = getattr(run, name), getattr(day, name)
        was = (whole[figure] * weight).groupby([whole[key] for key in keys]).sum()
        now = (mean[figure] * mean["hour"].map(lasts)).groupby([mean[key] for key in keys]).sum()
        pd.testing.assert_series_equal(now.sort_index(), was.sort_index(), check_names=False)
    spent = [(one.prices["usd_per_mwh"] * one.prices.merge(
        demand_of(one.scenario), on=["region", "workload", "hour"])["mwh"]).sum()
        for one in (run, day)]
    assert spent[1] == pytest.approx(spent[0])


def demand_of(scenario):
    a, tables = scenario.arrays, scenario.tables
    ask, hour = (axis.ravel() for axis in np.indices(a.demand_mw.shape))
    return pd.DataFrame({
        "region": tables["regions"].index.take(a.ask_region[ask]),
        "workload": tables["workloads"].index.take(a.ask_workload[ask]),
        "hour": tables["hours"].index.take(hour), "mwh": (a.demand_mw * a.weight_hours).ravel()})


def test_days_add_up_to_the_run_and_an_unknown_one_is_refused(tmp_path):
    scenario, rules = world(stamped=False), [BASE, LEVY, NIGHT]
    run = cg.solve_streamed(scenario, tmp_path / "run", rules, gap=1e-9)
    first, rest = days_of(run, 0), days_of(run, [1, 2, 3])
    assert first.summary["penalties_usd"] > 0
    for name in ("cost_usd", "penalties_usd", "charges_usd", "served_mwh", "carbon_t",
                 "unserved_mwh"):
        assert first.summary[name] + rest.summary[name] == pytest.approx(run.summary[name]), name
    assert len(first.flows) + len(rest.flows) == len(run.flows)
    with pytest.raises(cg.ScenarioError, match="no day '9'"):
        run.explore(days=9)


def test_a_streamed_run_is_plotted_and_told_in_a_notebook(tmp_path):
    scenario = world()
    run = cg.solve_streamed(scenario, tmp_path / "run", REGIMES["by hour"], gap=1e-9)
    whole = cg.solve(scenario, REGIMES["by hour"])
    for kind in ("supply", "prices", "utilisation", "control", "map"):
        assert run.plot(kind).get_title("left") == whole.plot(kind).get_title("left")
    plt.close("all")
    assert "contract" in run._repr_html_() and "network simplex" in run._repr_html_()
    assert repr(run).startswith("StreamedRun of 'contract' under")


def test_an_answer_defines_what_both_share():
    assert issubclass(cg.Dispatch, Answer) and issubclass(cg.StreamedRun, Answer)
    for name in ("summary", "cost_usd", "exchange", "control_shares", "by_workload", "unserved_by",
                 "rents_by", "dependence"):
        assert getattr(cg.Dispatch, name) is getattr(cg.StreamedRun, name), name
