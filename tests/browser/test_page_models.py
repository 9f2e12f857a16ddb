"""Every bundled model, in a real browser: nothing is asked for, and everything is drawn."""

from pathlib import Path

import pytest
from pages import drawn, facts, flow_mw, hover, labels_apart, show_all, shown, values
from test_page_studies import small

import computegrid as cg
from computegrid.maps import draw_dispatch, save_page
from computegrid.maps.figures import price_column
from computegrid.maps.layers import draw_layers

pytestmark = pytest.mark.browser



def check_view(page, held: dict, dispatch: cg.Dispatch, view: int) -> None:
    """What a view draws and says is what the tables of its dispatch say."""
    layers = draw_layers(dispatch, arcs=False)
    total = float(dispatch.scenario.hours["weight_hours"].sum())
    served = dispatch.summary["served_mwh"] / total
    show_all(page)
    assert drawn(page) == len(layers.flows)
    carried = flow_mw(held, view)
    assert sum(carried.values()) == pytest.approx(served, rel=1e-6)
    assert sum(held["views"][view]["regions"]["served_mw"]) == pytest.approx(served, rel=1e-6)
    assert layers.sites["served_mw"].sum() == pytest.approx(served, rel=1e-6)
    flows = layers.flows.set_index(["region", "site"])["mw"]
    regions, sites = dispatch.scenario.regions.index, dispatch.scenario.sites.index
    for at, mw in carried.items():
        pair = (regions[held["flows"]["region"][at]], sites[held["flows"]["site"][at]])
        assert mw == pytest.approx(flows[pair], rel=1e-6, abs=1e-6)
    for kind, table, column, word in (
        ("site", layers.sites, "used_mw", "Power used"),
        ("region", layers.regions, price_column(dispatch), "Price"),
    ):
        i = int(table[column].reset_index(drop=True).idxmax())
        page.locator(f"path[data-kind={kind}][data-index='{i}']").focus()
        said = facts(page.locator(f".cg-tip [data-kind={kind}][data-index='{i}']"))
        assert shown(said[word]) == pytest.approx(table[column].iloc[i], rel=6e-3, abs=6e-3)


def hovered_flow(page, held: dict, dispatch: cg.Dispatch) -> None:
    """Point at flows until one answers; it says its MW, price and control of the table."""
    flows = draw_layers(dispatch).flows.set_index(["region", "site"])
    regions, sites = dispatch.scenario.regions.index, dispatch.scenario.sites.index
    for row in flows.itertuples():
        part = max(row.geometry.geoms, key=lambda line: line.length)
        answer = hover(page, *part.interpolate(0.6, normalized=True).coords[0])
        if part.length < 1 or answer is None:
            continue
        at, said = answer
        pair = (regions[held["flows"]["region"][at]], sites[held["flows"]["site"][at]])
        table = flows.loc[pair]
        assert shown(said["IT work"]) == pytest.approx(table.mw, rel=6e-3)
        assert shown(said["Price"]) == pytest.approx(table.usd_per_mwh, rel=6e-3)
        assert said["Control"] == table.control
        return
    pytest.fail("no flow could be hovered")


@pytest.mark.parametrize("model", cg.models())
def test_a_bundled_model_is_drawn_whole(model, open_page, tmp_path: Path):
    scenario = cg.load(model)
    dispatch = cg.solve(scenario, scenario.default_regime)
    path = save_page(draw_dispatch(dispatch, lang="en"), tmp_path / "map.html")
    assert path.stat().st_size < 1_000_000
    opened = open_page(path)
    page, held = opened.page, values(opened.page)
    assert labels_apart(page) >= 10
    hovered_flow(page, held, dispatch)
    check_view(page, held, dispatch, 0)
    assert page.locator("path[role=button]").count() == len(scenario.sites) + len(scenario.regions)
    for shade in page.locator("input[name=cg-shade]").all():
        shade.click()
    assert page.locator("[data-part=legend] .cg-ramp").count() == 1
    steps = len(scenario.hours)
    if steps > 1:
        page.locator("[data-part=hour]").fill(str(steps - 1))
        assert "UTC" in page.locator("[data-part=time]").inner_text()
    opened.check()


@pytest.mark.parametrize("model", cg.models())
def test_the_studies_of_a_bundled_model_are_drawn(model, open_page, tmp_path: Path):
    scenario = small(model, tmp_path)
    before = cg.solve(scenario, scenario.default_regime)
    holders = [who for who in before.control_shares.index if who != "unknown"][:2]
    regimes = dict.fromkeys([scenario.default_regime, *scenario.regimes])
    comparison = cg.compare(scenario, list(regimes)[:2])
    frozen = cg.freeze(scenario, only=holders, reserve_usd_per_mw_year=None)
    outcomes = {outcome.switch.label: outcome.dispatch for outcome in frozen.outcomes}
    studies = {
        "comparison": (comparison, list(comparison.dispatches.values())),
        "freeze": (frozen, [frozen.before, *(outcomes[name] for name in frozen.table.index
                                             if outcomes[name] is not None)]),
    }  # fmt: skip
    for name, (study, dispatches) in studies.items():
        path = save_page(study.explore(lang="en", land="fine"), tmp_path / f"{name}.html")
        assert path.stat().st_size < 2_500_000
        opened = open_page(path)
        page, held = opened.page, values(opened.page)
        for mode in ("moved", "is"):
            page.locator(f"input[name=cg-mode][value={mode}]").check()
            for k, dispatch in enumerate(dispatches):
                page.locator(f"[data-view='{k}']").check()
                assert page.locator("[data-part=legend] .cg-ramp").count() == 1
                if mode == "is":
                    check_view(page, held, dispatch, k)
        opened.check()
