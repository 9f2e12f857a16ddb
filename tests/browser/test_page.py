"""The page in a real browser: it asks for nothing and shows what the tables say."""

import json
import re
from pathlib import Path

import dispatches
import geopandas as gpd
import pytest
from pages import facts, hover, labels_apart, pixel, shown
from shapely.geometry import Point, box

from computegrid.maps import draw_dispatch, save_page
from computegrid.maps.layers import draw_layers
from computegrid.scenario.regime import Regime
from computegrid.studies.compare import compare
from computegrid.studies.freeze import freeze

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def answer():
    return dispatches.dispatch()


@pytest.fixture
def opened(answer, open_page, tmp_path: Path):
    return open_page(save_page(draw_dispatch(answer), tmp_path / "map.html"))


def test_nothing_is_asked_for_and_nothing_goes_wrong(opened):
    opened.page.wait_for_timeout(300)
    opened.check()


def test_every_flow_of_the_table_is_drawn(opened, answer):
    pairs = answer.flows[["region", "site"]].drop_duplicates()
    assert int(opened.page.locator(".cg-page").get_attribute("data-drawn")) == len(pairs)


def test_the_hovered_values_of_a_flow_are_those_of_the_table(opened, answer):
    flows = draw_layers(answer).flows
    for i, row in flows.iterrows():
        part = max(row.geometry.geoms, key=lambda line: line.length)
        lon, lat = part.interpolate(0.62, normalized=True).coords[0]
        answered = hover(opened.page, lon, lat)
        if answered is None or answered[0] != i:
            continue  # out of sight, or another flow lies above this one here
        values = answered[1]
        assert shown(values["IT work 算力负荷"]) == pytest.approx(row.mw, rel=5e-3)
        assert shown(values["Price 价格"]) == pytest.approx(row.usd_per_mwh, rel=5e-3)
        assert values["Control 控制方"] == row.control
        assert "Chat 对话" in " ".join(values) or "Training 训练" in " ".join(values)
        return
    pytest.fail("no flow could be hovered")


def test_the_hovered_values_of_sites_and_regions_are_those_of_the_table(opened, answer):
    layers = draw_layers(answer)
    for kind, label, table, column, word in (
        ("site", "Site 站点", layers.sites, "capacity_mw", "IT capacity IT 容量"),
        ("region", "Region 地区", layers.regions, "demand_mw", "Demand 需求"),
    ):
        for i, (_, row) in enumerate(table.iterrows()):
            mark = f'path[aria-label="{label}: {row["name"]} {row["name_zh"]}"]'
            opened.page.locator(mark).focus()
            values = facts(opened.page.locator(f".cg-tip [data-kind={kind}][data-index='{i}']"))
            assert shown(values[word]) == pytest.approx(row[column], rel=5e-3)


def test_the_legend_names_units_controls_and_marks(opened):
    legend = opened.page.locator("[data-part=legend]").inner_text()
    for text in (
        "MW",
        "USD/MWh",
        "United States 美国",
        "China 中国",
        "Gulf",
        "estimate",
        "damaged",
    ):
        assert text in legend


def test_chinese_is_drawn_with_glyphs(opened):
    assert "三城" in opened.page.locator("h1").inner_text()
    different = opened.page.evaluate(
        """() => {
            const draw = (text) => {
                const c = document.createElement('canvas'); c.width = c.height = 40;
                const x = c.getContext('2d');
                x.font = '30px ' + getComputedStyle(document.querySelector('.cg-page')).fontFamily;
                x.fillText(text, 2, 32); return c.toDataURL();
            };
            return new Set(['海', '京', '贵', '\\uffff'].map(draw)).size;
        }"""
    )
    assert different == 4


def test_the_layer_controls_change_what_is_drawn(opened):
    page = opened.page
    for name, selector in (
        ("sites", "path[aria-label^=Site]"),
        ("regions", "path[aria-label^=Region]"),
    ):
        assert page.locator(selector).count() > 0
        page.locator(f"input[data-layer={name}]").click()
        assert page.locator(selector).count() == 0
    page.locator("input[data-layer=flows]").click()
    assert page.locator(".cg-page").get_attribute("data-drawn") == "0"


def test_the_hour_moves_flows_and_says_its_time(opened, answer):
    page, hour = opened.page, dispatches.HOURS[1]
    page.locator("[data-part=hour]").fill("1")
    assert "06:00 UTC" in page.locator("[data-part=time]").inner_text()
    assert "14:00" in page.locator("[data-part=time]").inner_text()
    page.locator("[data-part=open-table]").click()
    rows = page.locator("dialog tbody tr").all()
    sums = sum(shown(row.locator("td").nth(2).inner_text()) for row in rows)
    served = answer.flows.loc[answer.flows["hour"] == hour, "mw"].sum()
    assert sums == pytest.approx(served, rel=5e-3)
    opened.check()


def test_play_moves_on_and_pauses(opened):
    page = opened.page
    page.locator("[data-part=play]").click()
    first = page.locator("[data-part=time]").inner_text()
    page.wait_for_timeout(1000)
    assert page.locator("[data-part=time]").inner_text() != first
    page.locator("[data-part=play]").click()


def test_a_region_can_be_chosen_from_the_keyboard(opened):
    page = opened.page
    page.locator('path[aria-label^="Region 地区: Shanghai"]').focus()
    page.keyboard.press("Enter")
    panel = page.locator("[data-part=selected]")
    assert "Shanghai 上海" in panel.inner_text() and "Served by 由谁承载" in panel.inner_text()
    assert "The price is made of 价格构成" in panel.inner_text()


def test_the_parts_of_the_price_add_up(answer):
    flows = draw_layers(answer).flows
    parts = flows[[column for column in flows if column.endswith("_usd_per_mwh")]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(flows["usd_per_mwh"].to_numpy())


def test_it_shows_in_a_notebook_frame(answer, browser, tmp_path: Path):
    (tmp_path / "notebook.html").write_text(
        f"<!doctype html><html><body>{draw_dispatch(answer)._repr_html_()}</body></html>", "utf-8"
    )
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text))
    page.goto((tmp_path / "notebook.html").as_uri())
    frame = page.frame_locator("iframe")
    frame.locator(".cg-page[data-ready=true]").wait_for(timeout=20_000)
    assert int(frame.locator(".cg-page").get_attribute("data-drawn")) > 0
    assert complaints == []
    page.close()


def test_the_page_stays_small(answer, tmp_path: Path):
    assert save_page(draw_dispatch(answer), tmp_path / "map.html").stat().st_size < 500_000


def test_the_policy_names_every_script(answer):
    page = draw_dispatch(answer).get_root().render()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy and "default-src 'none'" in policy[1] and "unsafe-eval" not in policy[1]
    assert "'unsafe-inline'" not in policy[1].split("style-src")[0]
    assert policy[1].count("sha256-") == len(re.findall(r"<script>", page)) == 2
    data = re.search(
        r'<script type="application/json" id="cg-data-[^"]*">(.*?)</script>', page, re.S
    )
    assert data and json.loads(data[1])["views"][0]["flows"]["mw"]


def test_the_arcs_of_the_page_are_those_of_the_table(opened, answer):
    drawn = opened.page.evaluate(
        """() => {
            const map = window[document.querySelector('.folium-map').id], out = {};
            map.eachLayer((layer) => {
                if (layer.index === undefined || !layer.getLatLngs) return;
                out[layer.index] = layer.getLatLngs().flat(Infinity).map((at) => [at.lng, at.lat]);
            });
            return out;
        }"""
    )
    flows = draw_layers(answer).flows
    assert len(drawn) == len(flows)
    for i, row in flows.iterrows():
        assert max(row.geometry.distance(Point(at)) for at in drawn[str(i)]) < 0.25  # degrees


def test_the_filled_part_of_a_circle_is_the_used_part(opened, answer):
    sites = draw_layers(answer).sites
    areas = opened.page.evaluate(
        """() => {
            const map = window[document.querySelector('.folium-map').id], out = [];
            map.eachLayer((layer) => {
                if (!layer.getElement || !layer.options.fillColor || !layer._radius) return;
                const name = layer.getElement() && layer.getElement().getAttribute('aria-label');
                if (layer.options.stroke && !(name || '').startsWith('Site')) return;
                out.push([name, layer._radius ** 2, layer.getLatLng().lng]);
            });
            return out;
        }"""
    )
    for _, row in sites.iterrows():
        there = [(name, area) for name, area, lon in areas if abs(lon - row.geometry.x) < 1e-6]
        whole = next(area for name, area in there if name)
        used = sum(area for name, area in there if not name)
        assert used / whole == pytest.approx(row.used_share, rel=1e-6)


@pytest.fixture(scope="module")
def drawings(answer):
    regimes = [Regime("a", ()), Regime("b", ())]
    return {
        "dispatch": draw_dispatch(answer),
        "comparison": compare(answer.scenario, regimes).explore(),
        "freeze": freeze(answer.scenario, regime=regimes[0]).explore(),
    }


@pytest.mark.parametrize(
    ("view", "width"), [("dispatch", 360), ("comparison", 360), ("freeze", 360), ("freeze", 700)]
)
def test_a_narrow_screen_shows_everything(view, width, drawings, open_page, tmp_path: Path):
    path = save_page(drawings[view], tmp_path / "page.html")
    opened = open_page(path, width=width, height=740)
    page = opened.page
    across = page.evaluate(
        """() => [document.documentElement.scrollWidth, ...['head', 'side', 'foot', 'map']
            .map((name) => document.querySelector('.cg-' + name).scrollWidth)]"""
    )
    assert max(across) <= width
    box = page.locator(".folium-map").bounding_box()
    assert box["height"] >= 300 and box["width"] >= 360 * 0.6
    for part in ("open-table", "play", "hour"):
        assert page.locator(f"[data-part={part}]").is_visible()
    opened.check()


def test_no_label_lies_on_another(opened):
    assert labels_apart(opened.page) >= 4


def test_a_shape_is_shaded_and_can_be_pointed_at(answer, open_page, tmp_path: Path):
    shapes = gpd.GeoSeries([box(-2, 44, 6, 50)], index=["PAR"], crs="EPSG:4326")
    drawn = draw_dispatch(answer, lang="en", region_shapes=shapes)
    opened = open_page(save_page(drawn, tmp_path / "map.html"))
    page = opened.page
    x, y = pixel(page, 0.5, 45.5)
    page.mouse.move(x, y)
    page.wait_for_timeout(60)
    page.mouse.move(x + 1, y)
    page.wait_for_timeout(60)
    tip = page.locator(".cg-tip [data-kind=region]")
    assert facts(tip)["Demand"].endswith("MW") and "Paris" in tip.inner_text()
    page.mouse.click(x, y)
    assert "Paris" in page.locator("[data-part=selected]").inner_text()
    assert "Shaded area" in page.locator("[data-part=legend]").inner_text()
    opened.check()


def test_borders_are_drawn_with_the_name_of_their_worldview(answer, open_page, tmp_path: Path):
    drawn = draw_dispatch(answer, lang="zh", land="fine", worldview="natural-earth-de-facto")
    path = save_page(drawn, tmp_path / "map.html")
    assert path.stat().st_size < 2_500_000
    opened = open_page(path)
    assert "natural-earth-de-facto" in opened.page.locator("[data-part=ground]").inner_text()
    assert "leaflet" not in opened.page.locator(".cg-map").inner_text().lower()
    opened.check()
