"""The bundled models: they load, their rules can be read, and they say what the facts say."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd
import pytest

import computegrid as cg
from computegrid.program.build import build_program
from computegrid.scenario.newmodel import new_model

NEEDED = {
    "china": {"open-market", "edwc", "public-pool", "provincial-silos", "export-bans-2022",
              "export-bans-2023", "export-bans-2025", "export-bans-2026", "domestic-chips",
              "belt-and-road"},
    "europe": {"open-market", "status-quo", "data-residency", "secnumcloud", "seal-3",
               "eu-control", "eu-share-40", "carbon-cap", "ai-act-cost", "us-cloud-freeze"},
    "gulf": {"open-hub", "chip-caps", "diffusion-rule", "dual-sourcing", "localisation",
             "strait-shock", "us-freeze", "diffusion-rule-as-dated"},
    "usa": {"open-market", "us-domestic-share", "cfius"},
    "world": {"open-market", "status-quo", "bloc-autarky", "three-blocs-with-gulf-hub",
              "us-cloud-freeze", "cn-cloud-freeze", "us-cloud-freeze-from-july", "strait-shock"},
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


def test_no_share_of_europe_is_held_and_the_published_one_comes_out(scenarios):
    """US control is an outcome of capacity and cost: 70-85 % of revenue, 70-93 % of cloud MW."""
    europe = scenarios["europe"]
    assert not [rule for rule in europe.regime("status-quo").rules if rule.kind == "Share"]
    sites = europe.sites[europe.sites["europe_set"] == "core"]
    mw = sites.groupby("control")["capacity_mw"].sum()
    assert 0.70 <= mw["US"] / mw.sum() <= 0.93
    shares = cg.solve(europe, "status-quo").control_shares
    assert 0.70 <= shares["US"] <= 0.85
    assert shares.sum() == pytest.approx(1.0)


def test_the_world_opens_with_its_laws(scenarios):
    world = scenarios["world"]
    assert world.default_regime == "status-quo"
    flows = cg.solve(world).flows
    wanted = world.regions["country"].loc[flows["region"]].to_numpy()
    done = world.sites["country"].loc[flows["site"]].to_numpy()
    assert not ((wanted == "CN") & ~pd.Series(done).isin(["CN", "HK"])).any()
    assert not ((done == "CN") & ~pd.Series(wanted).isin(["CN", "HK"])).any()
    assert not ((done == "RU") & (wanted != "RU")).any()


@pytest.mark.parametrize("name", ["europe", "gulf", "usa"])
def test_models_agree_with_the_world_where_they_overlap(scenarios, name):
    """The same sites have the same MW, and the same regions want the same work of a class."""
    ours, world = scenarios[name], scenarios["world"]
    both = ours.sites.index.intersection(world.sites.index)
    assert len(both) >= 40
    assert ours.sites.loc[both, "capacity_mw"].equals(world.sites.loc[both, "capacity_mw"])
    shared = ours.regions.index.intersection(world.regions.index)
    assert len(shared) == len(ours.regions)
    wanted = []
    for scenario in (ours, world):
        a = scenario.arrays
        mean = pd.Series(a.demand_mw @ a.weight_hours / a.weight_hours.sum(), index=[
            scenario.regions.index.take(a.ask_region),
            scenario.workloads.index.take(a.ask_workload)])
        wanted.append(mean)
    theirs = wanted[1].reindex(wanted[0].index).dropna()
    assert len(theirs) == 3 * len(shared)
    pd.testing.assert_series_equal(wanted[0].reindex(theirs.index), theirs, rtol=1e-6,
                                   check_names=False)


def test_partners_are_served_from_china_under_belt_and_road_alone(small_model):
    scenario = cg.load(small_model)
    sides = scenario.sites["side"]
    for regime, served in (("open-market", False), ("belt-and-road", True)):
        flows = cg.solve(scenario, regime).flows
        abroad = scenario.regions["side"].loc[flows["region"]].to_numpy() == "abroad"
        at_home = sides.loc[flows["site"]].to_numpy() != "abroad"
        assert bool((abroad & at_home).any()) == served, regime
        assert not (~abroad & ~at_home).any(), "China's work stays in China"


def test_edwc_asks_for_green_power(small_model):
    scenario = cg.load(small_model)
    green = scenario.sites["green_share"]
    shares = {}
    for regime in ("open-market", "edwc"):
        flows = cg.solve(scenario, regime).flows
        flows = flows[flows["workload"].isin(["training", "analytics", "backup"])
                      & flows["region"].str.startswith("CN-")]
        at_green = green.loc[flows["site"]].to_numpy() >= 0.8
        shares[regime] = flows.loc[at_green, "mw"].sum() / flows["mw"].sum()
    assert shares["open-market"] < 0.2 - 1e-6 <= shares["edwc"]


def test_installed_chips_grow_with_the_date_of_the_export_ban(scenarios):
    caps = [next(rule.max for rule in scenarios["china"].regimes[f"export-bans-{year}"].rules
                 if rule.label == "imported-accelerators") for year in (2022, 2023, 2025, 2026)]
    assert caps == sorted(caps)
    racks = [6.5, 8.1, 10.43, 10.85]
    sites = scenarios["china"].sites
    imported = sites.loc[(sites["country"] == "CN") & (sites["chip_origin"] == "US"),
                         "capacity_mw"].sum()
    assert caps == pytest.approx([0.32 * imported * n / racks[-1] for n in racks], rel=1e-3)


def test_a_dated_switch_holds_from_its_date(scenarios):
    """In the world's January nothing is frozen, in its July the US cloud is."""
    world = scenarios["world"]
    frozen = cg.solve(world, "us-cloud-freeze-from-july").unserved
    lost = frozen.groupby(frozen["hour"].dt.month)["mw"].sum()
    assert lost[1] == pytest.approx(0.0, abs=1e-6)
    assert lost[7] > 100
    said = str(world.explain("DE", "training", "aws:eu-west-3", "us-cloud-freeze-from-july"))
    assert "from 2025-07-01" in said
    said = str(scenarios["gulf"].explain("DE", "training", "gcp:me-central1",
                                         "diffusion-rule-as-dated"))
    assert "from 2025-01-15 until 2025-05-13" in said


def test_the_strait_shock_takes_sites_and_cables(scenarios):
    gulf = scenarios["gulf"]
    struck = str(gulf.explain("AE", "inference", "aws:me-central-1", "strait-shock"))
    assert "'struck-sites-are-out', because status = damaged (source: SRC_AWSDRONE" in struck
    cut = gulf.explain("DE", "training", "gcp:me-central1", "strait-shock")
    assert not cut.open and "Strait of Hormuz" in str(cut)
    assert gulf.explain("IN", "training", "huawei:me-east-1", "strait-shock").open, "Red Sea: slow"
    assert not gulf.explain("IN", "inference", "huawei:me-east-1", "strait-shock").open


@pytest.mark.parametrize("name", ["china", "gulf", "world", "europe"])
def test_theatres_have_corridors_that_can_be_cut(scenarios, name):
    lanes = scenarios[name].lanes
    named = {part for cell in lanes["corridor"].unique() for part in cell.split(";") if part}
    assert len(named) >= 4
    assert {"gulf": {"Red Sea", "Strait of Hormuz"}, "world": {"Red Sea", "Atlantic", "Pacific"},
            "china": {"North - Inner Mongolia"}, "europe": {"Atlantic"}}[name] <= named


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


def test_no_operator_is_owned_otherwise_than_controlled(scenarios):
    """Where more than half of an operator is known to be held from one place, it controls it."""
    file = Path(__file__).parents[2] / "data" / "regions" / "world" / "operators.csv"
    operators = pd.read_csv(file, keep_default_na=False).set_index("operator")
    owned = scenarios["world"].ownership
    most = owned[(owned["share"] > 0.5) & (owned["jurisdiction"] != "unknown")]
    assert len(most) > 30
    assert (most["operator"].map(operators["control"]) == most["jurisdiction"]).all()


def test_the_capital_finding_contradicts_no_published_stake(scenarios):
    """``non_eu_capital`` is a finding: never against what is published of stakes."""
    sites = scenarios["europe"].sites
    inside = sites[sites["eu_adequacy"] == "EU"]
    broken = (inside["foreign_share"] > 0.39) | (inside["largest_foreign_share"] > 0.24)
    assert broken.sum() > 20
    assert set(inside.loc[broken, "non_eu_capital"]) == {"above"}
    known = inside["foreign_share_most"] <= 0.24
    assert known.sum() > 5
    assert "above" not in set(inside.loc[known, "non_eu_capital"])


def test_every_site_says_where_by_whom_and_on_what(scenarios):
    for name, scenario in scenarios.items():
        sites = scenario.sites
        for column in ("country", "operator", "control", "technology", "chip_origin"):
            blank = sites[column].isna() | (sites[column].astype(str).str.strip() == "")
            assert not blank.any(), (name, column, list(sites.index[blank])[:5])


@pytest.mark.parametrize("name", ["europe", "gulf"])
def test_a_copy_of_a_bundled_model_is_the_model(name: str, tmp_path: Path) -> None:
    """Europe has no damaged site, which its model allows for; Gulf sites have owners elsewhere."""
    new_model(tmp_path / "mine", name)
    ours, theirs = cg.load(name), cg.load(tmp_path / "mine")
    for table in ("regions", "sites", "workloads", "lanes"):
        pd.testing.assert_frame_equal(
            pd.DataFrame(theirs.tables[table]).drop(columns="geometry", errors="ignore"),
            pd.DataFrame(ours.tables[table]).drop(columns="geometry", errors="ignore"),
            check_dtype=False)
