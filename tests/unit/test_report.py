"""The report says what the tables say, whole or not at all, and asks nothing of a network."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from computegrid.errors import ScenarioError
from computegrid.maps.estimates import estimates
from computegrid.maps.reportwords import describe
from computegrid.report import report_html, write_report
from computegrid.scenario.regime import Charge, Forbid, Limit, Regime, Share
from computegrid.scenario.scenario import Scenario
from computegrid.studies.compare import compare


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    regions = pd.DataFrame(
        {"lon_deg": [2.3, 13.4], "lat_deg": [48.9, 52.5], "name": ["Paris", "Berlin"],
         "name_zh": ["巴黎", "柏林"], "country": ["FR", "DE"], "bloc": "EU",
         "kind": ["published", "estimate"], "confidence": ["high", "low"], "source_id": ["A", "B"]},
        index=["PAR", "BER"],
    )  # fmt: skip
    sites = pd.DataFrame(
        {"lon_deg": [2.0, 9.0], "lat_deg": [48.0, 50.0], "capacity_mw": [40.0, 60.0],
         "energy_usd_per_mwh": [50.0, 90.0], "control": ["US", "FR"], "name": ["West", "East"],
         "capacity_kind": ["estimate", "published"]},
        index=["w", "e"],
    )  # fmt: skip
    demand = pd.DataFrame({"region": ["PAR", "BER"], "mw": [30.0, 10.0]})
    free = Regime("free", (), title="Free", title_zh="自由")
    cap = Limit(label="half west", supply={"site": "w"}, quantity="it_mw", max=20.0, source="A")
    bound = Regime("bound", [cap], title="Bound")
    none = Regime("none", [Share(label="too much", supply={"site": "w"}, min=1.0), cap])
    sources = pd.DataFrame(
        {"title": ["A book", "B book"], "publisher": "P", "year": 2020, "url": "https://a.example"},
        index=pd.Index(["A", "B"], name="source_id"),
    )
    return Scenario.from_tables(
        regions, sites, demand, title="Two towns", title_zh="两城", sources=sources,
        regimes={regime.name: regime for regime in (free, bound, none)}, default_regime="free",
    )  # fmt: skip


@pytest.fixture(scope="module")
def text(scenario, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    seen: list[str] = []
    found = write_report(scenario, None, path, progress=lambda _d, _t, name: seen.append(name))
    assert found == path and seen[0] == "free"
    return path.read_text("utf-8")


def test_it_is_whole_and_asks_for_nothing(text):
    class Reader(HTMLParser):
        void, open_, wrong = {"meta", "link", "img"}, [], []

        def handle_starttag(self, tag, attrs):
            for name, value in attrs:
                if name in ("src", "href") and not value.startswith(("data:", "#")):
                    self.wrong.append(value)
            if tag not in self.void:
                self.open_.append(tag)

        def handle_endtag(self, tag):
            if self.open_.pop() != tag:
                self.wrong.append(tag)

    reader = Reader()
    reader.feed(text)
    assert reader.wrong == [] and reader.open_ == []
    assert "<script" not in text and "default-src 'none'" in text
    assert text.count("<img ") == 3 + 2 * 2
    assert all(re.search(r'alt="[^"]+"', image) for image in re.findall(r"<img [^>]*>", text))


def test_it_says_what_each_regime_comes_to(text):
    words = re.sub(r"<[^>]+>", " ", text)
    assert "40 MW" in words and "Free" in words and "Bound" in words
    assert "too much" in words, "a regime that cannot hold is named with its rules"
    assert "A book" in words and "P" in words


def test_it_owns_up_to_what_is_estimated(text, scenario):
    found = {one.table: one for one in estimates(scenario)}
    assert (found["regions"].estimated, found["regions"].share) == (1, pytest.approx(0.25))
    assert (found["sites"].estimated, found["sites"].share) == (1, pytest.approx(0.4))
    assert found["sites"].listed["name"].tolist() == ["West"]
    assert "1 of 2 rows" in text and "25.0 %" in text and "40.0 %" in text


def test_it_speaks_chinese(scenario, tmp_path):
    path = write_report(scenario, ["free"], tmp_path / "r.html", lang="zh")
    text = path.read_text("utf-8")
    assert 'lang="zh"' in text and "两城" in text and "自由" in text and "Summary" not in text
    with pytest.raises(ScenarioError, match="lang must be"):
        write_report(scenario, ["free"], tmp_path / "r.html", lang="fr")


def test_the_same_question_makes_the_same_report(scenario, tmp_path):
    one, two = (write_report(scenario, ["free"], tmp_path / f"{k}.html") for k in "ab")
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Forbid(label="x", demand={"bloc": "EU"}, supply={"control": {"not": ["FR", "DE"]}}),
         "Forbid: demand bloc is EU; supply control is not FR or DE"),
        (Limit(label="x", quantity="carbon_t", max=1e6, per="horizon", each="site"),
         "Limit: at most 1e+06 t CO₂, per horizon, for each site; all lanes"),
        (Share(label="x", min=0.4, supply={"rtt_ms": {"max": 20}}),
         "Share: at least 0.4 of demand; supply rtt_ms at most 20"),
        (Charge(label="x", quantity="carbon_t", usd=82.5, hours={"hour_utc": [1]}),
         "Charge: 82.5 USD per t CO₂; all lanes; in some hours"),
    ],
)  # fmt: skip
def test_rules_are_said_in_words(rule, said):
    assert describe(rule) == said


def test_the_base_stands_beside_what_was_published(scenario, text):
    """All 40 MW are at the west, cheap and large enough: 25 % are published and, held out, 95 %."""
    assert "Beside what was published" not in text
    controls = pd.DataFrame({
        "title": ["Work in the west", "The same, held out"], "title_zh": ["西部", "西部留出"],
        "quantity": "work_share", "at": "site = 'w'", "value": [25.0, 95.0],
        "tolerance_pct": 10.0, "use": ["binding", "hold-out"]}, index=["a", "b"])
    english = report_html(compare(scenario.replace(controls=controls)))
    assert "Beside what was published" in english
    for cells in (("Work in the west", "%", "25", "22.5 – 27.5", "100", "no", "binding"),
                  ("The same, held out", "%", "95", "85.5 – 104", "100", "yes", "hold-out")):
        assert re.search("".join(f"<t[dh][^>]*>{cell}</t[dh]>" for cell in cells), english)
    # at home there is none here, so both benchmarks spread by capacity: 40 of 100 MW
    assert "meets 1 of 2 published figures" in english
    assert "model 5 %, all work at home 58 %, work in proportion to capacity 58 %" in english
    assert "与公开数据对照" in report_html(compare(scenario.replace(controls=controls)), lang="zh")
