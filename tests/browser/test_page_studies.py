"""Comparisons and freezes in a real browser: what the page says is what the tables say."""

import re
from pathlib import Path

import pytest
from pages import flow_mw, values

import computegrid as cg
from computegrid.maps import save_page
from computegrid.maps.layers import draw_layers

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]


def small(model: str, folder: Path) -> cg.Scenario:
    text = (ROOT / "models" / f"{model}.toml").read_text("utf-8")
    text = re.sub(r"(?m)^seasons = .*$", 'seasons = ["JJA"]', text)
    text = re.sub(r"(?m)^step_hours = .*$", "step_hours = 6", text)
    (folder / "model.toml").write_text(text, "utf-8")
    return cg.load(str(folder))


@pytest.fixture(scope="module")
def china(tmp_path_factory) -> cg.Scenario:
    return small("china", tmp_path_factory.mktemp("china"))


@pytest.fixture(scope="module")
def comparison(china):
    return cg.compare(china, list(china.regimes)[:3])


@pytest.fixture(scope="module")
def freeze(china):
    only = ["CN", "US"]
    found = cg.freeze(china, by="chip_origin", only=only, exempt_own=False)
    assert (found.table["unserved_mwh"] > 0).any()
    return found


def number(text: str) -> float:
    return float(re.sub(r"[^0-9.\-]", "", text.replace("−", "-")))


def mode(page, value: str) -> None:
    page.locator(f"input[name=cg-mode][value={value}]").check()


def test_a_radio_shows_each_regime(comparison, open_page, tmp_path: Path):
    opened = open_page(save_page(comparison.explore(), tmp_path / "page.html"))
    page = opened.page
    mode(page, "is")
    for k, (name, dispatch) in enumerate(comparison.dispatches.items()):
        page.locator(f"[data-view='{k}']").check()
        if page.locator("[data-part=least]").count():
            page.locator("[data-part=least]").fill("0")
        pairs = len(dispatch.flows[["region", "site"]].drop_duplicates())
        assert page.locator(".cg-page").get_attribute("data-drawn") == str(pairs)
        assert dispatch.regime.title in page.locator("[data-part=regime]").inner_text(), name
        served = dispatch.summary["served_mwh"] / dispatch.scenario.hours["weight_hours"].sum()
        assert f"{served:,.0f} MW" in page.locator("[data-part=totals]").inner_text()
        assert sum(flow_mw(values(page), k).values()) == pytest.approx(served, rel=1e-6)
    opened.check()


def test_what_moved_is_the_difference_of_the_tables(comparison, open_page, tmp_path: Path):
    opened = open_page(save_page(comparison.explore(lang="en"), tmp_path / "page.html"))
    page, names = opened.page, list(comparison.dispatches)
    base = names.index(comparison.base)
    other = next(k for k in range(len(names)) if k != base)
    mode(page, "moved")
    page.locator(f"[data-view='{other}']").check()
    if page.locator("[data-part=least]").count():
        page.locator("[data-part=least]").fill("0")
    flows = [
        draw_layers(comparison.dispatches[names[k]]).flows.set_index(["region", "site"])["mw"]
        for k in (base, other)
    ]
    moved = flows[1].sub(flows[0], fill_value=0.0)
    drawn = int(page.locator(".cg-page").get_attribute("data-drawn"))
    assert drawn == (moved.abs() > 1e-5).sum() or drawn == (moved.abs() > 1e-6).sum()
    colours = page.evaluate(
        """() => {
            const map = window[document.querySelector('.folium-map').id], out = {};
            map.eachLayer((layer) => {
                if (layer.index === undefined || !layer.getLatLngs || layer.empty) return;
                out[layer.index] = [layer.options.color, !!layer.options.dashes];
            });
            return out;
        }"""
    )
    data = values(page)
    regions, sites = comparison.scenario.regions.index, comparison.scenario.sites.index
    less, _, more = data["change"]
    for at, (colour, dashed) in colours.items():
        pair = (regions[data["flows"]["region"][int(at)]], sites[data["flows"]["site"][int(at)]])
        assert (colour, dashed) == ((more, False) if moved[pair] > 0 else (less, True))
    page.locator(f"[data-view='{base}']").check()
    assert page.locator(".cg-page").get_attribute("data-drawn") == "0"
    assert "Nothing moves" in page.locator("[data-part=views]").inner_text()
    opened.check()


def test_the_table_of_the_comparison_is_in_the_page(comparison, open_page, tmp_path: Path):
    opened = open_page(save_page(comparison.explore(lang="en"), tmp_path / "page.html"))
    page = opened.page
    page.locator("[data-part=open-table]").click()
    head = page.locator("dialog thead th").all_inner_texts()
    assert head == ["regime", *comparison.table.columns]
    rows = page.locator("dialog tbody tr").all()
    for row, name in zip(rows, comparison.table.index, strict=True):
        cells = row.locator("th, td").all_inner_texts()
        assert cells[0] == name
        cost = comparison.table.loc[name, "cost_usd"]
        assert number(cells[head.index("cost_usd")]) == pytest.approx(cost, rel=1e-6)
    opened.check()


def test_a_switch_shows_who_goes_dark(freeze, open_page, tmp_path: Path):
    opened = open_page(save_page(freeze.explore(lang="en"), tmp_path / "page.html"))
    page, worst = opened.page, freeze.table.index[0]
    assert f"Frozen: {worst}" in page.locator("[data-part=regime]").inner_text()
    lost = freeze.victims[freeze.victims[freeze.by] == worst].set_index("region")
    hours = freeze.scenario.hours["weight_hours"].sum()
    bars = page.locator("[data-part=victims] .cg-bar")
    first = lost.sort_values("unserved_mwh", ascending=False).iloc[0]
    shown = bars.first.locator(".cg-bar-value").inner_text().split("·")
    assert -number(shown[0]) == pytest.approx(first["unserved_mwh"] / hours, rel=5e-3)
    assert number(shown[1]) == pytest.approx(100 * first["unserved_share"], abs=0.06)
    closed = page.evaluate(
        "() => JSON.parse(document.querySelector('[id^=cg-data]').textContent)"
        ".views[1].sites.closed.filter((shut) => shut).length"
    )
    assert closed == (freeze.scenario.sites["chip_origin"] == worst).sum()
    page.locator("[data-view='0']").check()
    assert bars.count() == 0
    page.locator("[data-part=hour]").fill("2")
    page.locator("[data-view='1']").check()
    assert "UTC" in page.locator("[data-part=victims] h3").first.inner_text()
    opened.check()


def test_the_panel_says_which_rules_touch_a_place(china, open_page, tmp_path: Path):
    name = next(n for n, r in china.regimes.items() if any(x.kind == "Forbid" for x in r.rules))
    dispatch = cg.solve(china, name)
    opened = open_page(save_page(dispatch.explore(lang="en"), tmp_path / "page.html"))
    page, found = opened.page, set()
    for mark in page.locator("path[aria-label^='Region:']").all()[:40]:
        mark.focus()
        page.keyboard.press("Enter")
        found |= set(page.locator("[data-part=rules] .cg-rule span").all_inner_texts())
    assert found and found <= {rule.label for rule in dispatch.regime.rules}
    assert {r.label for r in dispatch.regime.rules if r.kind == "Forbid"} & found
    opened.check()


def test_regimes_can_be_changed_with_the_keyboard(comparison, open_page, tmp_path: Path):
    opened = open_page(save_page(comparison.explore(), tmp_path / "page.html"))
    page = opened.page
    page.locator("[data-view='0']").focus()
    page.locator("[data-view='0']").check()
    page.keyboard.press("ArrowDown")
    assert page.locator("[data-view='1']").is_checked()
    assert page.evaluate("document.activeElement.dataset.view") == "1"
    opened.check()
