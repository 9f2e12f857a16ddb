"""Three thousand flows: drawn within a second, in a page below a megabyte."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from computegrid.dispatch import Dispatch, solve
from computegrid.maps import draw_dispatch, save_page
from computegrid.scenario.scenario import Scenario

pytestmark = pytest.mark.browser
REGIONS, SITES, HOURS = 60, 52, 12


class Everywhere:
    """A dispatch whose flows run from every region to every site."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        lanes = dispatch.scenario.lanes[["region", "workload", "site"]]
        flows = lanes.merge(pd.DataFrame({"hour": dispatch.scenario.hours.index}), how="cross")
        self.flows = flows.assign(mw=np.random.default_rng(1).gamma(0.5, 20.0, len(flows)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dispatch, name)


@pytest.fixture(scope="module")
def many():
    dice = np.random.default_rng(0)
    regions = pd.DataFrame(
        {"lon_deg": dice.uniform(-170, 170, REGIONS), "lat_deg": dice.uniform(-50, 65, REGIONS)},
        index=[f"r{i}" for i in range(REGIONS)],
    )
    sites = pd.DataFrame(
        {
            "lon_deg": dice.uniform(-170, 170, SITES),
            "lat_deg": dice.uniform(-50, 65, SITES),
            "capacity_mw": dice.gamma(1.0, 200.0, SITES),
            "control": dice.choice(["US", "CN", "FR", "AE", "JP", "unknown"], SITES),
        },
        index=[f"s{i}" for i in range(SITES)],
    )
    demand = pd.DataFrame({"region": regions.index, "mw": 10.0})
    hours = pd.date_range("2025-01-15", periods=HOURS, freq="2h", tz="UTC")
    return Everywhere(solve(Scenario.from_tables(regions, sites, demand, hours=hours)))


def test_three_thousand_flows_are_drawn_and_redrawn(many, open_page, tmp_path: Path):
    path = save_page(draw_dispatch(many, max_flows=3000), tmp_path / "many.html")
    assert path.stat().st_size < 1_000_000
    opened = open_page(path)
    page = opened.page
    assert "of 3,120 flows drawn" in page.locator("[data-part=rule]").inner_text()
    page.locator("[data-part=least]").fill("0")
    assert page.locator(".cg-page").get_attribute("data-drawn") == "3000"
    assert "The other 120 are below" in page.locator("[data-part=rule]").inner_text()
    spent = page.evaluate(
        """() => new Promise((done) => {
            const slider = document.querySelector('[data-part=hour]'), start = performance.now();
            slider.value = 5;
            slider.dispatchEvent(new Event('input'));
            const later = () => done(performance.now() - start);
            requestAnimationFrame(() => requestAnimationFrame(later));
        })"""
    )
    # Told, not tested: docs/maps.md says what it takes on a quiet machine.
    print(f"3000 flows: {spent:.0f} ms, {path.stat().st_size:,} bytes")
    opened.check()
