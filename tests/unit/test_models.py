"""The bundled models: they load, their rules can be read, and they say what the facts say."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import computegrid as cg
from computegrid.program.build import build_program

NEEDED = {
    "china": {"open-market", "edwc", "provincial-silos"},
    "europe": {"open-market", "data-residency", "eu-control"},
    "gulf": {"open-market", "chip-caps", "us-freeze"},
    "usa": {"open-market"},
    "world": {"open-market"},
}


@pytest.fixture(scope="module")
def scenarios():
    return {name: cg.load(name) for name in cg.models()}


def test_the_five_are_there(scenarios):
    assert set(scenarios) == set(NEEDED)
    for name, regimes in NEEDED.items():
        assert regimes <= set(scenarios[name].regimes), name
        assert scenarios[name].remarks == ()


@pytest.mark.parametrize("name", NEEDED)
def test_every_regime_can_be_built_and_every_rule_selects_something(scenarios, name):
    scenario = scenarios[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error", cg.RuleWarning)
        for regime in scenario.regimes.values():
            lp = build_program(scenario, regime)
            assert lp.n_columns < 1_000_000


@pytest.mark.parametrize("name", NEEDED)
def test_a_year_is_a_year(scenarios, name):
    assert scenarios[name].arrays.weight_hours.sum() == pytest.approx(8760.0)


@pytest.mark.parametrize("name", NEEDED)
def test_rules_cite_their_source(scenarios, name):
    for regime in scenarios[name].regimes.values():
        for rule in regime.rules:
            assert rule.source, f"{name}/{regime.name}/{rule.label}"


def test_china_moves_batch_west_and_keeps_real_time_home(small_model):
    dispatch = cg.solve(cg.load(small_model), "open-market")
    done = dispatch.exchange("side").xs("east", level="wanted_in")
    west = done["west"] / done.sum(axis=1)
    assert west["training"] > 0.2
    assert west["real-time"] < 0.05
    assert dispatch.by_workload.loc["training", "mean_distance_km"] > 3 * (
        dispatch.by_workload.loc["real-time", "mean_distance_km"])


def test_china_carbon_goes_where_the_grid_says(scenarios):
    """Shanghai to Sichuan lowers carbon; Beijing to Inner Mongolia need not."""
    sites = scenarios["china"].sites

    def carbon(province: str) -> float:
        here = sites[sites["province"] == province]
        return float((here["carbon_kg_per_mwh"] * here["pue"]).mean())

    assert carbon("CN-SC") < 0.5 * carbon("CN-SH")
    assert carbon("CN-NM") > 0.95 * carbon("CN-BJ")


def test_a_model_beside_its_facts_stays_in_its_folder(tmp_path: Path):
    (tmp_path / "model.toml").write_text('title = "t"\ndata = "../elsewhere"\n', encoding="utf-8")
    with pytest.raises(cg.DataError, match="leads out of its folder"):
        cg.load(tmp_path)


@pytest.mark.parametrize(("text", "says"), [
    ('title = "t"\ndata = "china"\nreginos = {}\n', "did you mean 'regions'"),
    ('title = "t"\ndata = "china"\n[hours]\nseasons = ["DJF"]\nstep_hours = 5\n', "step_hours"),
    ('title = "t"\ndata = "china"\n[hours]\nseasons = ["winter"]\n', "seasons"),
    ('title = "t"\n', "data"),
    ('title = 3\ndata = "china"\n', "title"),
    ('title = "t"\ndata = "china"\n[regimes.a]\nextends = "b"\n', "extends no regime"),
    ('title = "t"\ndata = "china"\n[regimes.a]\nextends = "b"\n[regimes.b]\nextends = "a"\n',
     "extends it"),
    ('title = "t"\ndata = "china"\n[[regimes.a.rules]]\nkind = "Forbidd"\nlabel = "x"\n',
     "did you mean 'Forbid'"),
    ('title = "t"\ndata = "china"\n[[regimes.a.rules]]\nkind = "Limit"\nlabel = "x"\n', "quantity"),
    ('title = "t"\ndata = "china"\n[[regimes.a.rules]]\nkind = "Share"\nlabel = "x"\nmin = 40\n',
     "40 % is 0.4"),
    ('title = "t"\ndata = "china"\n[[regimes.a.rules]]\nkind = "Forbid"\nlabel = "x"\n'
     'source = "S_NOBODY"\n', "is not in sources.csv"),
    ('title = "t"\ndata = "nowhere"\n', "nowhere"),
    ('title = \n', "not valid TOML"),
])
def test_a_wrong_model_file_is_refused_with_the_place(tmp_path: Path, text, says):
    (tmp_path / "model.toml").write_text(text, encoding="utf-8")
    with pytest.raises(cg.ComputegridError, match=says) as caught:
        cg.load(tmp_path)
    assert isinstance(caught.value, (cg.ScenarioError, cg.DataError))
    assert "model.toml" in str(caught.value)


def test_rules_name_unknown_columns(small_model):
    with (small_model / "model.toml").open("a", encoding="utf-8") as file:
        file.write('\n[regimes.odd]\n[[regimes.odd.rules]]\nkind = "Forbid"\nlabel = "odd-rule"\n'
                   'supply = { contol = "US" }\n')
    with pytest.raises(cg.ScenarioError, match=r"odd-rule.*contol.*did you mean 'control'"):
        cg.solve(cg.load(small_model), "odd")


def test_the_model_selects_by_ranges_of_known_columns(small_model):
    file = small_model / "model.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[sites]\n", "[sites]\ncapacity_mw = { min = 300 }\n", 1),
                    encoding="utf-8")
    chosen = cg.load(small_model).sites["capacity_mw"]
    assert 5 < len(chosen) < 40
    assert chosen.min() >= 300
