"""Names that carry code do nothing: every sink, every payload, every view of the page."""

from pathlib import Path

import dispatches
import pandas as pd
import pytest

from computegrid.dispatch import solve
from computegrid.maps import draw_dispatch, save_page
from computegrid.scenario.regime import Regime
from computegrid.scenario.scenario import Scenario

pytestmark = pytest.mark.browser

PAYLOADS = {
    "script": "<script>hit('{}')</script>",
    "image": "<img src=x onerror=\"hit('{}')\">",
    "svg": "<svg/onload=hit('{}')>",
    "attribute": '" onmouseover="hit(\'{}\')" x="',
    "single": "' autofocus onfocus='hit(\"{}\")' x='",
    "template": "`${{hit('{}')}}`",
    "jinja": "{{{{ 7 * 191 }}}}{{{{ cycler.__init__.__globals__ }}}}{{% raw %}}{{# {}",
    "backslash": "\\\\');hit('{}');//\\",
    "close": "</script></style></title></textarea>--><script>hit('{}')</script>",
    "direction": "\u202e\u2066{}\u2029\u2028\x00",
    "formula": "=HYPERLINK(\"javascript:hit('{}')\")",
}
SINKS = (
    "region", "region_zh", "region_key", "site", "site_zh", "site_key", "operator", "control",
    "chip", "workload", "workload_zh", "workload_key", "title", "title_zh", "as_of", "name",
    "regime", "regime_zh", "regime_name", "publisher", "day",
)  # fmt: skip


def hostile(payload: str):
    says = {sink: payload.format(sink) for sink in SINKS}
    base = dispatches.scenario()
    keyed = {"region": {"SH": says["region_key"]}, "site": {"GA": says["site_key"]}}
    regions = base.regions.assign(name=says["region"], name_zh=says["region_zh"], source_id="S")
    sites = base.sites.assign(
        name=says["site"], name_zh=says["site_zh"], operator=says["operator"],
        control=says["control"], chip=says["chip"], source_id="S",
    )  # fmt: skip
    for table in (regions, sites):
        table.loc[table.index[0], ["name", "name_zh"]] = ""  # this one shows its key
    regions, sites = regions.rename(index=keyed["region"]), sites.rename(index=keyed["site"])
    workloads = base.workloads.assign(name=says["workload"], name_zh=says["workload_zh"])
    workloads = workloads.rename(index={"chat": says["workload_key"]})
    demand = base.demand.replace(
        {"region": keyed["region"], "workload": {"chat": says["workload_key"]}}
    )
    scenario = Scenario.from_tables(
        regions, sites, demand, workloads=workloads, hours=base.hours.assign(day=says["day"]),
        name=says["name"], title=says["title"], title_zh=says["title_zh"], as_of=says["as_of"],
        sources=pd.DataFrame({"publisher": [says["publisher"]], "title": "t"}, index=["S"]),
    )  # fmt: skip
    regime = Regime(says["regime_name"], (), title=says["regime"], title_zh=says["regime_zh"])
    return solve(scenario, regime)


@pytest.mark.parametrize("payload", PAYLOADS, ids=PAYLOADS)
@pytest.mark.parametrize("lang", ["both"])
def test_no_payload_runs_in_any_sink(payload, lang, open_page, tmp_path: Path):
    drawn = draw_dispatch(hostile(PAYLOADS[payload]), lang=lang)
    opened = open_page(save_page(drawn, tmp_path / "map.html"))
    page = opened.page
    for mark in page.locator("path[role=button]").all():
        mark.focus()
        page.keyboard.press("Enter")
    for tab in range(3):
        page.locator("[data-part=open-table]").click()
        page.locator("dialog [role=tab]").nth(tab).click()
        page.locator("dialog .cg-close").click()
    page.locator("[data-part=hour]").fill("2")
    page.wait_for_timeout(200)
    assert page.evaluate("window.hits") == []
    foreign = "script:not([type]), img, object, iframe, embed, a:not(.leaflet-bar a)"
    foreign += ", [onload], [onerror], [onfocus], [onmouseover]"
    assert page.locator(foreign).count() == 2  # Leaflet and the page itself
    assert "1337" not in page.content()
    opened.check()
    if payload != "direction":
        assert page.locator("h1").inner_text().startswith(PAYLOADS[payload].format("title"))


def test_the_page_without_scripts_says_so(browser, tmp_path: Path):
    path = save_page(draw_dispatch(dispatches.dispatch(), lang="zh"), tmp_path / "map.html")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert "JavaScript" in page.locator("noscript").inner_text()
    assert page.locator("html").get_attribute("lang") == "zh"
    context.close()
