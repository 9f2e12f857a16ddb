"""An answer beside published figures, every measure worked out by hand."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import computegrid as cg
from computegrid.cli import app
from computegrid.errors import DataError, ScenarioError

# One year of 8,760 h. North wants 60 MW, South 40 MW. N1 (100 MW, PUE 1.5, at 20) is North's own,
# S1 (50 MW, PUE 1.2, at 40, two MW drawn for one of work) South's. South may use both, North only
# N1; crossing costs 5. N1: 1.5 x 20 = 30, from South 35; S1: 1.2 x 2 x 40 = 96. So N1 does all
# 100 MW and S1 nothing.
YEAR = 8760.0
DOCS = Path(__file__).parents[2] / "docs"


def world(controls: pd.DataFrame | None = None, **columns: object) -> cg.Scenario:
    regions = pd.DataFrame({"country": ["NN", "SS"], "bloc": ["B", "B"]}, index=["North", "South"])
    sites = pd.DataFrame({
        "capacity_mw": [100.0, 50.0], "country": ["NN", "SS"], "bloc": ["B", "B"],
        "pue": [1.5, 1.2], "power_ratio": [1.0, 2.0], "energy_usd_per_mwh": [20.0, 40.0],
        "operator": ["one", "two"], **columns}, index=["N1", "S1"])
    lanes = pd.DataFrame({"region": ["North", "South", "South"], "site": ["N1", "N1", "S1"],
                          "network_usd_per_mwh": [0.0, 5.0, 0.0]})
    return cg.Scenario.from_tables(
        regions, sites, pd.DataFrame({"region": ["North", "South"], "mw": [60.0, 40.0]}),
        lanes=lanes, hours=pd.DataFrame({"hour": [0], "weight_hours": [YEAR]}),
        workloads=pd.DataFrame({"data_class": ["public"]}, index=pd.Index(["work"])),
        controls=controls)


def control(quantity: str, value: float = 1.0, **said: object) -> pd.DataFrame:
    return pd.DataFrame({"quantity": [quantity], "value": [value], "use": "hold-out", **said},
                        index=pd.Index(["c"], name="control"))


@pytest.mark.parametrize(("quantity", "said", "modelled", "at_home", "by_capacity"), [
    # N1 does 100 MW x 1.5; at home 60 x 1.5 there and 40 x 1.2 x 2; by capacity of work
    # (100 and 25): 80 x 1.5 and 20 x 1.2 x 2
    ("electricity_twh", {}, 1.314, (90 + 96) * YEAR / 1e6, (120 + 48) * YEAR / 1e6),
    ("electricity_twh", {"at": "country = 'SS'"}, 0.0, 96 * YEAR / 1e6, 48 * YEAR / 1e6),
    ("electricity_twh", {"of": "region = 'South'"}, 60 * YEAR / 1e6, 96 * YEAR / 1e6,
     (32 * 1.5 + 8 * 2.4) * YEAR / 1e6),
    ("electricity_twh", {"model_share": 0.5}, 2.628, 2 * 186 * YEAR / 1e6, 2 * 168 * YEAR / 1e6),
    ("it_twh", {}, 0.876, (60 + 80) * YEAR / 1e6, (80 + 40) * YEAR / 1e6),
    ("work_share", {"at": "country = 'NN'"}, 100.0, 60.0, 80.0),
    ("work_share", {"at": "country = 'NN'", "of": "region = 'South', data_class = 'public'"},
     100.0, 0.0, 80.0),
    ("electricity_share", {"at": "operator = 'two'"}, 0.0, 100 * 96 / 186, 100 * 48 / 168),
    ("electricity_share", {"at": "operator = 'two'", "within": "country = 'SS'"},
     float("nan"), 100.0, 100.0),
    ("load_factor", {"at": "country = 'NN'"}, 100.0, 60.0, 80.0),
    ("load_factor", {"at": "country = 'SS'"}, 0.0, 160.0, 80.0),
    ("capacity_mw", {}, 150.0, 150.0, 150.0),
    ("capacity_share", {"at": "country = 'SS'"}, 100 / 3, 100 / 3, 100 / 3),
])
def test_every_measure_of_the_answer_and_of_the_benchmarks(
    quantity, said, modelled, at_home, by_capacity
):
    row = cg.backcast(world(control(quantity, **said))).table.loc["c"]
    found = [row["modelled"], row["at_home"], row["by_capacity"]]
    assert found == pytest.approx([modelled, at_home, by_capacity], nan_ok=True)
    assert row["routed"] != quantity.startswith("capacity")


def test_a_region_without_a_site_at_home_uses_its_bloc():
    scenario = world(control("work_share", at="country = 'NN'"), status=["operational", "closed"])
    assert cg.backcast(scenario).table.loc["c", "at_home"] == pytest.approx(100.0)


@pytest.mark.parametrize(("said", "least", "most", "within"), [
    ({}, 90.0, 90.0, False),
    ({"tolerance_pct": 10.0}, 81.0, 99.0, False),
    ({"tolerance_pct": 12.0}, 79.2, 100.8, True),
    ({"high": 101.0}, 90.0, 101.0, True),
    ({"low": 89.0, "high": 95.0, "tolerance_pct": 12.0}, 79.2, 100.8, True),
    ({"low": 50.0, "high": 95.0, "tolerance_pct": 1.0}, 50.0, 95.0, False),
])
def test_what_is_accepted_is_the_wider_of_bounds_and_tolerance(said, least, most, within):
    controls = control("work_share", 90.0, at="country = 'NN'", **said)
    row = cg.backcast(world(controls)).table.loc["c"]
    assert [row["least"], row["most"]] == pytest.approx([least, most])
    assert row["within"] == within
    assert row["error"] == pytest.approx(1 / 9)


def several(*use: str) -> pd.DataFrame:
    return pd.DataFrame({
        "quantity": ["work_share", "work_share", "capacity_mw"], "at": "country = 'NN'",
        "of": ["", "region = 'South'", ""], "value": [80.0, 50.0, 100.0],
        "tolerance_pct": 10.0, "use": use}, index=["all", "south", "room"])


def test_the_score_sets_the_model_beside_both_benchmarks():
    found = cg.backcast(world(several("binding", "hold-out", "binding")))
    score = found.score
    assert score.loc[("binding", "modelled")].tolist() == pytest.approx([1, 0, 0.25, 0.25])
    assert score.loc[("binding", "by_capacity")].tolist() == pytest.approx([1, 1, 0.0, 0.0])
    assert score.loc[("hold-out", "modelled")].tolist() == pytest.approx([1, 0, 1.0, 1.0])
    assert score.loc[("hold-out", "at_home")].tolist() == pytest.approx([1, 0, 1.0, 1.0])
    assert score.loc[("all", "modelled")].tolist() == pytest.approx([3, 1, 1.25 / 3, 0.25])
    assert found.missed == ["all"]
    assert not found.beats_benchmarks  # as far off as at home


def test_better_than_both_benchmarks_on_the_hold_out_alone_counts():
    near = several("binding", "hold-out", "binding").assign(value=[80.0, 99.0, 100.0])
    assert cg.backcast(world(near)).beats_benchmarks
    assert not cg.backcast(world(near.assign(use="binding"))).beats_benchmarks


def test_a_dispatch_is_taken_as_it_is():
    scenario = world(several("binding", "hold-out", "binding"))
    home = cg.solve(scenario, [cg.Forbid(label="home", supply={"same_country": False})])
    assert cg.backcast(home).table.loc["all", "modelled"] == pytest.approx(60 / 85 * 100)
    with pytest.raises(ScenarioError, match="has a regime already"):
        cg.backcast(home, "other")


def test_what_the_price_decides_is_told_apart():
    """Without its price S1 is 5 nearer to South than N1, and holds 25 of its 40 MW."""
    scenario = world(control("work_share", at="country = 'NN'", of="region = 'South'"))
    for seen, north in ((1.0, 100.0), (0.2, 100.0), (0.05, 37.5), (0.0, 37.5)):
        found = cg.backcast(scenario, price_seen=seen)
        # S1 costs 61 more for energy: 12.2 at a fifth, 3.05 at a twentieth, against 5
        assert found.table.loc["c", "modelled"] == pytest.approx(north)
        assert found.price_seen == seen
    for seen in (-0.1, 1.1, float("nan")):
        with pytest.raises(ScenarioError, match="from 0 to 1"):
            cg.backcast(scenario, price_seen=seen)
    with pytest.raises(ScenarioError, match="routed by its prices already"):
        cg.backcast(cg.solve(scenario), price_seen=0.5)


def test_without_published_figures_there_is_nothing_to_say():
    with pytest.raises(ScenarioError, match=r"add controls\.csv"):
        cg.backcast(world())


@pytest.mark.parametrize(("said", "message"), [
    ({"quantity": "watts"}, "did you mean|known: "),
    ({"use": "maybe"}, "binding"),
    ({"unit": "GWh"}, r"electricity_twh is in TWh"),
    ({"low": 2.0}, "wrong side of value 1"),
    ({"high": 0.5}, "wrong side of value 1"),
    ({"at": "country is NN"}, "is no selector"),
    ({"at": "contry = 'NN'"}, "did you mean 'country'"),
    ({"of": "operator = 'one'"}, "no column 'operator'"),
    ({"within": "country = 'NN'"}, "is no share"),
    ({"quantity": "capacity_mw", "of": "region = 'North'"}, "whatever work is asked for"),
])
def test_what_cannot_be_measured_is_refused_by_row_and_column(said, message):
    with pytest.raises(DataError, match=message) as caught:
        world(control("electricity_twh").assign(**said))
    assert caught.value.faults[0].row == "c"


def test_a_selector_that_takes_nothing_is_said():
    scenario = world(control("electricity_twh", at="country = 'Nn'"))
    assert any("takes none of the sites" in str(note) for note in scenario.remarks)
    assert not any("takes none" in str(note) for note in world(control("it_twh")).remarks)


def test_a_place_without_a_site_is_no_slip():
    scenario = world(control("electricity_twh", at="country = 'SS'"), country=["NN", "TT"])
    assert not any("takes none" in str(note) for note in scenario.remarks)
    assert cg.backcast(scenario).table.loc["c", "modelled"] == 0.0


def test_controls_outlive_saving_and_replacing(tmp_path):
    scenario = world(several("binding", "hold-out", "binding"))
    table = cg.backcast(scenario).table
    cg.solve(scenario).save(tmp_path / "run")
    for again in (cg.read(tmp_path / "run"), scenario.replace(),
                  scenario.scaled(demand=1.0)):
        pd.testing.assert_frame_equal(cg.backcast(again).table, table)


def test_the_command_says_every_figure_and_ends_with_five(tmp_path):
    kept = tmp_path / "table.csv"
    done = CliRunner().invoke(app, ["backcast", "gulf", "--csv", str(kept), "--lang", "zh"])
    table = pd.read_csv(kept, index_col="control")
    found = cg.backcast(cg.load("gulf"))
    assert table["modelled"].tolist() == pytest.approx(found.table["modelled"].tolist())
    assert "数据中心用电" in done.stdout and "Electricity" not in done.stdout
    assert done.exit_code == (5 if found.missed else 0), done.output
    for name in found.missed:
        assert name in done.stdout


def test_the_page_of_the_docs_is_of_this_model():
    """All models would take long; one that went stale shows in the page as a whole."""
    spec = spec_from_file_location("make_backcast", DOCS / "make_backcast.py")
    assert spec is not None and spec.loader is not None
    maker = module_from_spec(spec)
    spec.loader.exec_module(maker)
    text = (DOCS / "backcast.md").read_text(encoding="utf-8")
    for name in ("china", "gulf"):
        found = cg.backcast(cg.load(name))
        assert maker.section(found) in text
        assert maker.summary({name: found}).splitlines()[-1] in text


@pytest.mark.parametrize("model", cg.models())
def test_every_bundled_model_has_figures_that_bind_and_figures_held_out(model):
    controls = cg.load(model).controls
    assert set(controls["use"]) == {"binding", "hold-out"}
    assert controls["title"].ne("").all() and controls["title_zh"].ne("").all()
    assert controls["source_id"].ne("").all()
    assert not [note for note in cg.load(model).remarks if note.table == "controls"]
