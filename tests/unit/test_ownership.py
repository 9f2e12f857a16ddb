"""Look-through ownership: chains, cross-holdings, what is not published, and site columns."""

from __future__ import annotations

import pandas as pd
import pytest

import computegrid as cg
from computegrid.scenario.ownership import (
    look_through,
    ownership_table,
    read_stakes,
    site_ownership,
    with_ownership,
)


def stakes(*rows: tuple[str, str, str, float | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["holder", "holder_country", "held", "share"])
    return table.assign(share=table["share"].astype("float64"),
                        source_id=[f"S{i}" for i in range(len(table))], confidence="high")


def test_cross_holdings_by_hand():
    """A: 60 % B, 40 % a US fund; B: 50 % A, 50 % a French one. A = 4/7 US, 3/7 FR."""
    found = look_through(stakes(("B", "FR", "A", 0.6), ("UsFund", "US", "A", 0.4),
                                ("A", "US", "B", 0.5), ("FrFund", "FR", "B", 0.5)))
    assert found.loc["A"].to_dict() == pytest.approx({"US": 4 / 7, "FR": 3 / 7, "unknown": 0.0})
    assert found.loc["B"].to_dict() == pytest.approx({"US": 2 / 7, "FR": 5 / 7, "unknown": 0.0})


def test_a_chain_multiplies_and_own_shares_drop_out():
    found = look_through(stakes(("Mid", "AE", "Cloud", 0.5), ("Top", "FR", "Cloud", 0.5),
                                ("Deep", "CN", "Mid", 1.0), ("Top", "FR", "Own", 0.6),
                                ("Own", "FR", "Own", 0.2), ("Other", "US", "Own", 0.2)))
    assert found.loc["Cloud", ["CN", "FR"]].tolist() == pytest.approx([0.5, 0.5])
    assert found.loc["Own", ["FR", "US"]].tolist() == pytest.approx([0.75, 0.25])


def test_what_is_not_published_is_unknown_and_never_zero():
    found = look_through(stakes(("Fund", "US", "Cloud", 0.3), ("Gulf", "AE", "Cloud", None),
                                ("Two", "US/AE", "Joint", 1.0), ("No", "FR", "Blank", None)))
    assert found["unknown"].to_dict() == pytest.approx({"Cloud": 0.7, "Joint": 1.0, "Blank": 1.0})
    assert found.sum(axis=1).tolist() == pytest.approx([1.0] * 3)


def test_impossible_stakes_are_named():
    with pytest.raises(cg.DataError, match=r"row Cloud.*110.*exceed 100"):
        look_through(stakes(("A", "US", "Cloud", 0.6), ("B", "US", "Cloud", 0.5)))
    with pytest.raises(cg.DataError, match=r"row A.*hold each other"):
        look_through(stakes(("A", "US", "B", 1.0), ("B", "US", "A", 1.0)))


def test_sites_get_columns_against_their_own_home():
    operators = pd.DataFrame({"operator": ["fr", "us"], "entity": ["Cloud", "Giant"],
                              "entity_country": ["FR", "US"], "source_id": "S9",
                              "confidence": ["low", "high"]})
    table = ownership_table(stakes(("Fund", "US", "Cloud", 0.3), ("Bank", "DE", "Cloud", 0.4)),
                            operators)
    assert table.query("operator == 'fr'")["source_id"].unique().tolist() == ["S0;S1;S9"]
    assert table.query("operator == 'fr'")["confidence"].unique().tolist() == ["low"]
    sites = pd.DataFrame({"operator": ["fr", "fr", "us", "nobody"],
                          "country": ["FR", "US", "FR", "FR"], "bloc": ["EU", "US", "EU", "EU"]})
    members = pd.DataFrame({"country": ["FR", "DE", "US"], "bloc": ["EU", "EU", "US"]})
    found = site_ownership(sites, table, members)
    assert found.loc[0].tolist() == pytest.approx([0.3, 0.3, 0.6, 0.3]), "Germany is home in the EU"
    assert found.loc[1].tolist() == pytest.approx([0.4, 0.4, 0.7, 0.3])
    assert found.loc[2].tolist() == pytest.approx([1.0, 1.0, 1.0, 0.0])
    assert found.loc[3, ["foreign_share_most", "opaque"]].tolist() == [1.0, 1.0]
    assert found.loc[3, ["foreign_share", "largest_foreign_share"]].isna().all()


def test_the_bundled_facts_say_who_owns_what():
    scenario = cg.load("europe")
    owned = scenario.ownership
    assert owned.groupby("operator")["share"].sum().to_numpy() == pytest.approx(1.0)
    for source in {one for cell in owned["source_id"] for one in cell.split(";")}:
        assert source in scenario.sources.index
    sites = scenario.sites
    aws = sites[(sites["operator"] == "aws") & (sites["bloc"] == "EU")]
    assert (aws["foreign_share"] == 1.0).all()
    ovh = sites[(sites["operator"] == "ovh") & (sites["country"] == "FR")]
    assert ovh["opaque"].to_numpy() == pytest.approx(0.19)
    silent = sites[~sites["operator"].isin(owned["operator"])]
    assert (silent["opaque"] == 1.0).all()


def test_a_rule_that_trusts_only_what_is_known():
    """``{not = {max = 0.39}}`` takes the unknown too; ``foreign_share_most`` does the same."""
    scenario = cg.load("europe")
    careful = cg.Forbid(label="x", demand={"region": "FR"},
                        supply={"foreign_share": {"not": {"max": 0.39}}})
    worst = cg.Forbid(label="y", demand={"region": "FR"},
                      supply={"foreign_share_most": {"not": {"max": 0.39}}})
    for rule in (careful, worst):
        assert scenario.explain("FR", "real-time", "hetzner:fsn1", [rule]).rules == (rule,)
        assert scenario.explain("FR", "real-time", "ovh:gra", [rule]).rules == ()


def told(call) -> str:
    with pytest.raises(cg.DataError) as caught:
        call()
    return str(caught.value)


def test_the_faults_of_stakes_in_words():
    """Word for word: what a planner reads."""
    over = stakes(("A", "US", "Cloud", 0.6), ("B", "US", "Cloud", 0.51234567),
                  ("A", "US", "Fair", 1.0), ("A", "US", "Zoo", 0.6), ("B", "US", "Zoo", 0.5))
    assert told(lambda: look_through(over)) == (
        "ownership cannot be looked through:\n"
        "  - ownership, row Cloud, column stake_pct: 111.234567: its published stakes exceed "
        "100 %; keep one year, and count no holder twice\n"
        "  - ownership, row Zoo, column stake_pct: 110.0: its published stakes exceed 100 %; "
        "keep one year, and count no holder twice")
    ring = stakes(("A", "US", "B", 1.0), ("B", "US", "A", 1.0), ("C", "FR", "D", 0.5))
    assert told(lambda: look_through(ring)) == (
        "ownership cannot be looked through:\n"
        "  - ownership, row A: is held entirely by entities that hold each other; say who is "
        "behind them, or leave a stake blank\n"
        "  - ownership, row B: is held entirely by entities that hold each other; say who is "
        "behind them, or leave a stake blank")


def test_shares_of_nobody_and_of_the_last_in_order():
    assert look_through(stakes()).shape == (0, 1)
    found = look_through(stakes(("Fund", "US", "A", 1.0), ("Fund", "US", "Zoo", None)))
    assert found.index.name == "entity"
    assert found.loc["Zoo"].to_dict() == {"US": 0.0, "unknown": 1.0}
    deep = look_through(stakes(*[(f"E{i + 1}", "US", f"E{i}", 1.0) for i in range(5)],
                               ("Top", "SG", "E5", 1.0)))
    assert deep["SG"].tolist() == pytest.approx([1.0] * 6)


@pytest.mark.parametrize("country", ["", "nan", "<NA>", "None", None, float("nan"), pd.NA, "US/AE"])
def test_a_country_nobody_names_is_unknown(country):
    table = stakes(("Fund", "US", "Cloud", 1.0)).assign(
        holder_country=pd.Series([country], dtype=object))
    assert look_through(table).loc["Cloud"].to_dict() == {"unknown": 1.0}


OWNERSHIP = ("holder,holder_country,held,stake_pct,year,relation,source_id,confidence\n"
             "Old,US,Cloud,60,2019,equity,S1,high\n"
             "Old,US,Cloud,20,2024,equity,S2,high\n"
             "Old,US,Cloud,40,2021,equity,S3,high\n"
             "Bank,DE,Cloud,lots,never,,S4,low\n"
             "State,FR,Cloud,90,2024,Loan guarantee,S5,high\n"
             "Fund,AE,Bank,50,2020,equity,S6,medium\n"
             "Fund,AE,Bank,30,2020,equity,S7,medium\n")
ENTITIES = ("operator,entity,entity_country,source_id,confidence\n"
            "cloud,Cloud,FR,S9;S8,high\nsolo,Solo,CN,,medium\n")


def test_stakes_of_a_folder_are_the_latest_and_no_contracts(tmp_path):
    (tmp_path / "ownership.csv").write_text(OWNERSHIP, "utf-8")
    found = read_stakes(tmp_path)
    assert found.index.tolist() == [0, 1, 2]
    assert found["source_id"].tolist() == ["S2", "S4", "S7"]
    assert found["share"].tolist() == pytest.approx([0.2, float("nan"), 0.3], nan_ok=True)
    assert found["year"].tolist() == pytest.approx([2024, float("nan"), 2020], nan_ok=True)
    (tmp_path / "ownership.csv").write_text("holder,held\nA,B\n", "utf-8")
    assert told(lambda: read_stakes(tmp_path)) == "\n".join(
        ["ownership.csv cannot be used:"] + [
            f"  - ownership.csv, column {column}: the column is missing; add it; cells may be blank"
            for column in ("holder_country", "stake_pct", "year", "relation", "source_id",
                           "confidence")])


def test_many_stakes_of_one_year_keep_the_last_of_the_file(tmp_path):
    rows = [f"H{i % 20},US,Cloud,{i / 20:g},2020,equity,S{i},high\n" for i in range(100)]
    (tmp_path / "ownership.csv").write_text(OWNERSHIP.splitlines()[0] + "\n" + "".join(rows),
                                            "utf-8")
    assert read_stakes(tmp_path)["source_id"].tolist() == [f"S{i}" for i in range(80, 100)]


def test_the_table_of_owners(tmp_path):
    (tmp_path / "ownership.csv").write_text(OWNERSHIP, "utf-8")
    operators = pd.DataFrame({"operator": ["cloud", "solo"], "entity": ["Cloud", "Solo"],
                              "entity_country": ["FR", "CN"], "source_id": ["S9; S8", ""],
                              "confidence": ["high", "medium"]})
    held = read_stakes(tmp_path)
    table = ownership_table(held, operators)
    assert list(table) == ["operator", "entity", "jurisdiction", "share", "source_id", "confidence"]
    assert table.to_numpy().tolist() == [
        ["cloud", "Cloud", "US", pytest.approx(0.2), "S2;S4;S7;S8;S9", "low"],
        ["cloud", "Cloud", "unknown", pytest.approx(0.8), "S2;S4;S7;S8;S9", "low"],
        ["solo", "Solo", "CN", 1.0, "", "medium"]]


def owned_folder(path):
    (path / "ownership.csv").write_text(OWNERSHIP, "utf-8")
    (path / "operator_entities.csv").write_text(ENTITIES, "utf-8")
    return path


def test_what_a_folder_says_is_joined_to_its_sites(tmp_path):
    sites = pd.DataFrame({"operator": ["cloud", "solo", "other"], "country": ["AE", "FR", "FR"],
                          "bloc": ["Gulf", "EU", "EU"], "opaque": [0.5, 0.5, 0.5]},
                         index=["c", "s", "o"])
    regions = pd.DataFrame({"country": ["US", "CN"], "bloc": ["Gulf", "EU"]}, index=["r", "q"])
    same, none = with_ownership(tmp_path, sites, regions)
    assert same is sites
    assert none.empty
    owned_folder(tmp_path)
    found, table = with_ownership(tmp_path, sites, regions)
    assert list(found)[-3:] == ["foreign_share", "largest_foreign_share", "foreign_share_most"]
    assert found.index.tolist() == ["c", "s", "o"]
    assert found["opaque"].tolist() == [0.5] * 3, "a site's own column comes first"
    assert found.loc["c", "foreign_share"] == 0.0, "the US is of the Gulf's bloc here"
    assert found.loc["c", "foreign_share_most"] == pytest.approx(0.8)
    assert found.loc["s", "foreign_share"] == 0.0, "China is of the EU's bloc here"
    assert len(table) == 3
    for missing in ("operator", "country"):
        same, none = with_ownership(tmp_path, sites.drop(columns=missing), regions)
        assert none.empty
    (tmp_path / "operator_entities.csv").unlink()
    assert with_ownership(tmp_path, sites, regions)[1].empty


def test_a_package_without_blocs_has_countries_for_homes(tmp_path):
    owned_folder(tmp_path)
    sites = pd.DataFrame({"operator": ["cloud", "solo"], "country": ["US", "FR"]}, index=["c", "s"])
    found, _ = with_ownership(tmp_path, sites, pd.DataFrame({"country": ["FR"]}, index=["r"]))
    assert found["foreign_share"].tolist() == pytest.approx([0.0, 1.0])
    assert found["largest_foreign_share"].tolist() == pytest.approx([0.0, 1.0])


def test_a_site_of_an_unpublished_owner():
    table = pd.DataFrame({"operator": ["dark", "home", "twice", "twice"],
                          "jurisdiction": ["unknown", "FR", "US", "US"],
                          "share": [1.0, 1.0, 0.25, 0.5]})
    sites = pd.DataFrame({"operator": ["dark", "home", "twice"], "country": "FR"},
                         index=["a", "b", "c"])
    members = pd.DataFrame({"country": ["FR"], "bloc": ["FR"]})
    found = site_ownership(sites, table, members)
    assert found.index.tolist() == ["a", "b", "c"]
    assert found.loc["a"].tolist() == pytest.approx([float("nan")] * 2 + [1.0, 1.0], nan_ok=True)
    assert found.loc["b"].tolist() == [0.0, 0.0, 0.0, 0.0]
    assert found.loc["c"].tolist() == pytest.approx([0.75, 0.75, 0.75, 0.0])
    only = site_ownership(sites[1:2], table[1:2], members)
    assert only.loc["b"].tolist() == [0.0, 0.0, 0.0, 0.0]


def test_the_sources_of_a_chain_are_all_its_branches_and_no_other():
    tree = stakes(("B", "FR", "A", 0.5), ("C", "FR", "A", 0.5), ("D", "US", "B", 1.0),
                  ("E", "CN", "C", 1.0), ("F", "US", "E", 1.0), ("Y", "DE", "X", 1.0))
    operators = pd.DataFrame({"operator": ["a"], "entity": ["A"], "entity_country": ["FR"],
                              "source_id": ["S9"], "confidence": ["high"]})
    table = ownership_table(tree, operators)
    assert table["source_id"].unique().tolist() == ["S0;S1;S2;S3;S4;S9"]
    assert table.set_index("jurisdiction")["share"].to_dict() == pytest.approx({"US": 1.0})
