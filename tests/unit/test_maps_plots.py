"""Plots draw, and a base map of one's own is shapes only, from a local file."""

from dataclasses import replace

import matplotlib as mpl
import pandas as pd
import pytest

import computegrid as cg
from computegrid.dispatch import Dispatch, solve
from computegrid.errors import ScenarioError
from computegrid.maps import plot_dispatch
from computegrid.maps.palette import CONTROL_COLOURS
from computegrid.scenario.regime import Regime
from computegrid.scenario.scenario import Scenario

mpl.use("Agg")


@pytest.fixture(scope="module")
def dispatch() -> Dispatch:
    keys = [f"r{i}" for i in range(15)]
    regions = pd.DataFrame(
        {"lon_deg": range(15), "lat_deg": 40.0, "name": "cash $x^{2 $"}, index=keys
    )
    sites = pd.DataFrame(
        {"lon_deg": [2.0, 9.0], "lat_deg": [48.0, 50.0], "capacity_mw": [40.0, 60.0],
         "energy_usd_per_mwh": [50.0, 90.0], "control": ["US", "FR"]},
        index=["a", "b"],
    )  # fmt: skip
    demand = pd.DataFrame({"region": keys, "mw": 4.0})
    return solve(Scenario.from_tables(regions, sites, demand))


@pytest.mark.parametrize("kind", ["supply", "prices", "utilisation", "control"])
def test_each_plot_draws(dispatch, kind):
    ax = plot_dispatch(dispatch, kind)
    ax.figure.canvas.draw()
    assert ax.get_title(loc="left")
    mpl.pyplot.close(ax.figure)


def test_the_ribbons_carry_all_that_was_served(dispatch):
    ax = plot_dispatch(dispatch, "control")
    text = " ".join(item.get_text() for item in ax.texts)
    assert "United States · 40 MW, 67 %" in text and "European Union · 20 MW, 33 %" in text
    assert "3 others" in text
    mpl.pyplot.close(ax.figure)


def test_supply_is_coloured_by_control(dispatch):
    ax = plot_dispatch(dispatch, "supply")
    colours = {mpl.colors.to_hex(bar.get_facecolor()) for bar in ax.patches}
    assert colours == {CONTROL_COLOURS["US"], CONTROL_COLOURS["EU"]}
    mpl.pyplot.close(ax.figure)


@pytest.mark.parametrize("lang", ["en", "zh", "both"])
@pytest.mark.parametrize("kind", ["supply", "map"])
def test_plots_speak_chinese_without_a_missing_glyph(dispatch, kind, lang):
    ax = dispatch.plot(kind, lang=lang)
    ax.figure.canvas.draw()
    assert ("供给" in ax.get_title(loc="left")) == (lang == "zh" and kind == "supply")
    mpl.pyplot.close(ax.figure)
    with pytest.raises(ScenarioError, match="lang must be"):
        dispatch.plot(kind, lang="fr")


def test_a_frontier_is_plotted_with_its_price():
    regions = pd.DataFrame({"country": ["FR"]}, index=["Paris"])
    sites = pd.DataFrame({"capacity_mw": [9.0, 9.0], "control": ["US", "FR"]}, index=["a", "b"])
    lanes = pd.DataFrame(
        {"region": "Paris", "site": ["a", "b"], "network_usd_per_mwh": [1.0, 3.0]}
    )
    demand = pd.DataFrame({"region": ["Paris"], "mw": [8.0]})
    found = cg.frontier(Scenario.from_tables(regions, sites, demand, lanes=lanes), points=3)
    ax = found.plot()
    assert ax.lines[0].get_xdata().tolist() == [100.0, 50.0, 0.0]
    assert ax.lines[0].get_ydata().tolist() == pytest.approx(found.table["cost_usd"].tolist())
    assert len(ax.figure.axes) == 2
    mpl.pyplot.close(ax.figure)
    _, own = mpl.pyplot.subplots()
    assert found.plot(ax=own, lang="zh") is own and "外方控制" in own.get_xlabel()
    mpl.pyplot.close(own.figure)


def test_a_notebook_shows_the_totals(dispatch):
    shown = dispatch._repr_html_()
    assert "60 MW" in shown and ".explore()" in shown and "<script" not in shown
    named = replace(dispatch, regime=Regime("<script>", (), title="<script>alert(1)</script>"))
    assert "<script" not in named._repr_html_()


def test_a_notebook_shows_studies_safely(dispatch):
    hostile = "<script>alert(1)</script>"
    scenario = dispatch.scenario
    regimes = [Regime("a", (), title="Alpha"), Regime("b", (), title=hostile)]
    compared = cg.compare(scenario, regimes)._repr_html_()
    assert "Alpha" in compared and "Own control" in compared and "<script" not in compared
    frozen = cg.freeze(scenario, by="control", regime=regimes[1])._repr_html_()
    assert "Who can switch off what, by control" in frozen and "<script" not in frozen
    assert "US" in frozen and "Reserve" in frozen
    ladder = cg.ladder(scenario, {hostile: [cg.Forbid(label="x", supply={"control": "US"})]})
    assert "usd_per_mwh" in ladder._repr_html_() and "<script" not in ladder._repr_html_()


def test_a_map_for_paper_stands_on_what_is_asked(dispatch):
    ax = dispatch.plot("map", worldview="natural-earth-de-facto")
    assert any("natural-earth-de-facto" in text.get_text() for text in ax.texts)
    mpl.pyplot.close(ax.figure)
    ax = dispatch.plot("map")
    assert any("no borders" in text.get_text() for text in ax.texts)
    mpl.pyplot.close(ax.figure)
    with pytest.raises(ScenarioError, match="only the plot 'map' takes worldview"):
        dispatch.plot("supply", worldview="natural-earth-de-facto")


def test_a_sankey_is_the_plot_of_control(dispatch):
    ax = dispatch.plot("sankey")
    assert ax.get_title(loc="left").startswith("Who controls what")
    mpl.pyplot.close(ax.figure)


def test_no_other_kind(dispatch):
    with pytest.raises(ScenarioError, match="did you mean 'supply'"):
        plot_dispatch(dispatch, "suply")
