"""Names that carry code do nothing: every sink, every payload, every view of the page."""

import html
import json
import re
from pathlib import Path

import dispatches
import pandas as pd
import pytest

from computegrid import report
from computegrid.dispatch import solve
from computegrid.maps import draw_comparison, draw_dispatch, draw_freeze, save_page
from computegrid.scenario.regime import Charge, Forbid, Regime
from computegrid.scenario.scenario import Scenario
from computegrid.studies.compare import compare
from computegrid.studies.freeze import freeze

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]

PAYLOADS = {
    "script": "<script>hit('{}')</script>",
    "image": "<img src=x onerror=\"hit('{}')\">",
    "svg": "<svg/onload=hit('{}')>",
    "attribute": '" onmouseover="hit(\'{}\')" x="',
    "single": "' autofocus onfocus='hit(\"{}\")' x='",
    "template": "`${{hit('{}')}}`",
    "jinja": "{{{{ 7919 * 7907 }}}}{{{{ cycler.__init__.__globals__ }}}}{{% raw %}}{{# {}",
    "backslash": "\\\\');hit('{}');//\\",
    "close": "</script></style></title></textarea>--><script>hit('{}')</script>",
    "direction": "\u202e\u2066{}\u2029\u2028\x00",
    "formula": "=HYPERLINK(\"javascript:hit('{}')\")",
}
SINKS = (
    "region", "region_zh", "region_key", "site", "site_zh", "site_key", "operator", "control",
    "chip", "workload", "workload_zh", "workload_key", "title", "title_zh", "as_of", "name",
    "regime", "regime_zh", "regime_name", "publisher", "day", "rule", "rule_note", "rule_source",
    "source_title",
)  # fmt: skip


FOREIGN = (
    "script:not([type]), img, object, iframe, embed, a:not(.leaflet-bar a)"
    ", [onload], [onerror], [onfocus], [onmouseover]"
)


def hostile(payload: str):
    scenario, regime = hostile_scenario(payload)
    return solve(scenario, regime)


def text_columns(table: str) -> list[str]:
    """Columns of text in the bundled facts that hold words, not codes the program reads."""
    found: dict[str, None] = {}
    for path in sorted((ROOT / "data" / "regions").glob(f"*/{table}.csv")):
        frame = pd.read_csv(path, keep_default_na=False)
        found |= dict.fromkeys(frame.select_dtypes(exclude="number").columns)
    coded = {"country", "bloc", "grid", "status", "kind", "confidence", "source_id", "chip_origin"}
    numbers = ("_mw", "_mwh", "_ms", "_deg", "_hours", "_twh", "_share", "_scale", "pue")
    return [c for c in found if c not in coded | {"region", "site", "workload"}
            and not c.endswith((*numbers, "_kind", "_profile"))]  # fmt: skip


def hostile_scenario(payload: str):
    says = {sink: payload.format(sink) for sink in SINKS}
    for key in ("region_key", "site_key", "workload_key"):  # keys may hold no control characters
        says[key] = re.sub(r"[\x00-\x1f\x7f\u2028\u2029]", "", says[key])
    base = dispatches.scenario()
    keyed = {"region": {"SH": says["region_key"]}, "site": {"GA": says["site_key"]}}
    regions = base.regions.assign(name=says["region"], name_zh=says["region_zh"], source_id="S")
    sites = base.sites.assign(
        name=says["site"], name_zh=says["site_zh"], operator=says["operator"],
        control=says["control"], chip=says["chip"], source_id="S",
    )  # fmt: skip
    regions, sites = (
        table.assign(**{c: payload.format(c) for c in text_columns(name) if c not in table})
        for name, table in (("regions", regions), ("sites", sites))
    )
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
        sources=pd.DataFrame(
            {"publisher": [says["publisher"]], "title": [says["source_title"]]}, index=["S"]
        ),
    )  # fmt: skip
    rules = [
        Forbid(label=says["rule"], supply={"site": "DXB"}, note=says["rule_note"], source="S"),
        Charge(label="second", quantity="it_mw", usd=1.0, source=says["rule_source"]),
    ]
    regime = Regime(
        says["regime_name"], rules, title=says["regime"], title_zh=says["regime_zh"]
    )
    return scenario, regime


def texts(value) -> list[str]:
    """Every string in plain values."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []


def shown_texts() -> list[str]:
    """Every text that a page, a study, a notebook or a report takes from data, each named."""
    scenario, regime = hostile_scenario("«{}»")
    dispatch = solve(scenario, regime)
    comparison = compare(scenario, [regime])
    frozen = freeze(scenario, by="operator", regime=regime, reserve_usd_per_mw_year=None)
    found = []
    for page in (dispatch.explore(), comparison.explore(), frozen.explore()):
        body = page.body.split('<script type="application/json" id="cg-data-')
        values = json.loads(body[1].split(">", 1)[1].split("</script>")[0])
        fixed = {"words", "colours", "group_names", "ramp", "change", "hourly", "price_parts"}
        for view in values["views"]:
            del view["hourly"]
        found += [t for key in values.keys() - fixed for t in texts(values[key])]
        found += re.sub(r"<[^>]+>", "\n", html.unescape(body[0])).split("\n")
    for shown in (dispatch, comparison, frozen):
        found += re.sub(r"<[^>]+>", "\n", html.unescape(shown._repr_html_())).split("\n")
    document = report.report_html(comparison, lang="both").split("</style>", 1)[1]
    return found + re.sub(r"<[^>]+>", "\n", html.unescape(document)).split("\n")


def test_every_text_from_data_is_enrolled(monkeypatch):
    """A text column that newly reaches a page fails here until the payloads are tried on it."""
    monkeypatch.setattr(report, "_drawn", lambda draw, kind: b"")
    found = {sink for text in shown_texts() for sink in re.findall("«(\\w+)»", text)}
    assert found - set(SINKS) == set(), "shown, but no payload is tried on it: add it to SINKS"
    assert set(SINKS) - found <= {"name"}, "enrolled, but shown nowhere"  # the title stands for it
    assert len(SINKS) >= 15 and len(PAYLOADS) >= 11


@pytest.mark.parametrize("payload", ["attribute", "close", "jinja"])  # one machine draws all pages
def test_no_payload_runs_in_a_study(payload, open_page, tmp_path: Path):
    scenario, regime = hostile_scenario(PAYLOADS[payload])
    other = Regime("open", (), title=PAYLOADS[payload].format("other"))
    found = freeze(scenario, by="operator", regime=regime, reserve_usd_per_mw_year=None)
    pages = {"compare": draw_comparison(compare(scenario, [regime, other])),
             "freeze": draw_freeze(found)}  # fmt: skip
    for name, drawn in pages.items():
        opened = open_page(save_page(drawn, tmp_path / f"{name}.html"))
        page = opened.page
        for radio in page.locator("input[name=cg-view]:enabled").all():
            radio.check()
        page.locator("input[name=cg-mode]").nth(1).check()
        for mark in page.locator("path[role=button]").all()[:4]:
            mark.focus()
            page.keyboard.press("Enter")
        page.locator("[data-part=open-table]").click()
        assert page.evaluate("window.hits") == []
        assert page.locator(FOREIGN).count() == 2
        assert "62615533" not in page.content()
        opened.check()


@pytest.mark.parametrize("payload", PAYLOADS, ids=PAYLOADS)
def test_no_payload_runs_in_a_report(payload, browser, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(report, "_drawn", lambda draw, kind: b"")  # pictures are no sinks
    scenario, regime = hostile_scenario(PAYLOADS[payload])
    path = tmp_path / "report.html"
    path.write_text(report.report_html(compare(scenario, [regime]), lang="both"), "utf-8")
    page = browser.new_page()
    page.add_init_script("window.hits = []; window.hit = (sink) => { hits.push(sink); };")
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text))
    page.goto(path.as_uri())
    assert page.evaluate("window.hits") == [] and complaints == []
    assert page.locator("script, object, iframe, embed, [onload], [onerror]").count() == 0
    assert page.locator("[onfocus], [onmouseover], svg, img:not([src^='data:image/'])").count() == 0
    assert "62615533" not in page.content()
    if payload != "direction":
        assert page.locator("h1").inner_text().startswith(PAYLOADS[payload].format("title"))
    page.close()


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
    assert page.locator(FOREIGN).count() == 2  # Leaflet and the page itself
    assert "62615533" not in page.content()
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
