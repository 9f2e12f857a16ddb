"""Every bundled model, in a real browser: nothing is asked for, and everything is drawn."""

from pathlib import Path

import pytest
from test_page_studies import small

import computegrid as cg
from computegrid.maps import draw_dispatch, save_page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("model", cg.models())
def test_a_bundled_model_is_drawn_whole(model, open_page, tmp_path: Path):
    scenario = cg.load(model)
    dispatch = cg.solve(scenario, scenario.default_regime)
    path = save_page(draw_dispatch(dispatch), tmp_path / "map.html")
    assert path.stat().st_size < 1_000_000
    opened = open_page(path)
    page = opened.page
    pairs = len(dispatch.flows[["region", "site"]].drop_duplicates())
    if page.locator("[data-part=least]").count():
        page.locator("[data-part=least]").fill("0")
    assert page.locator(".cg-page").get_attribute("data-drawn") == str(pairs)
    assert page.locator("path[role=button]").count() == len(scenario.sites) + len(scenario.regions)
    total = page.evaluate(
        "() => JSON.parse(document.querySelector('[id^=cg-data]').textContent).views[0].flows.mw"
    )
    served = dispatch.summary["served_mwh"] / scenario.hours["weight_hours"].sum()
    assert sum(total) == pytest.approx(served, rel=1e-6)
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
    studies = {
        "comparison": cg.compare(scenario, list(regimes)[:2]),
        "freeze": cg.freeze(scenario, only=holders, reserve_usd_per_mw_year=None),
    }
    for name, study in studies.items():
        path = save_page(study.explore(), tmp_path / f"{name}.html")
        assert path.stat().st_size < 2_500_000
        opened = open_page(path)
        page = opened.page
        for mode in page.locator("input[name=cg-mode]").all():
            mode.check()
            for radio in page.locator("input[name=cg-view]:enabled").all():
                radio.check()
                assert page.locator("[data-part=legend] .cg-ramp").count() == 1
        opened.check()
