"""Look-through ownership: chains, cross-holdings, what is not published, and site columns."""

from __future__ import annotations

import pandas as pd
import pytest

import computegrid as cg
from computegrid.scenario.ownership import (
    COLUMNS,
    blocs_of,
    latest_stakes,
    look_through,
    looked_through,
    ownership_table,
    site_ownership,
    with_owner_columns,
)
from computegrid.tables import schema
from computegrid.tables.check import check_table
from computegrid.tables.read import read_csv


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
    with pytest.raises(cg.DataError, match=r"2 rows \(A, B\).*hold each other"):
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
        "  - ownership, 2 rows (Cloud, Zoo), column stake_pct: 111.234567, 110.0: its published "
        "stakes exceed 100 %; keep one year, and count no holder twice")
    ring = stakes(("A", "US", "B", 1.0), ("B", "US", "A", 1.0), ("C", "FR", "D", 0.5))
    assert told(lambda: look_through(ring)) == (
        "ownership cannot be looked through:\n"
        "  - ownership, 2 rows (A, B): is held entirely by entities that hold each other; say who "
        "is behind them, or leave a stake blank")


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
             "Bank,DE,Cloud,,,,S4,low\n"
             "State,FR,Cloud,90,2024,Loan guarantee,S5,high\n"
             "Fund,AE,Bank,50,2019,equity,S6,medium\n"
             "Fund,AE,Bank,30,2020,equity,S7,medium\n")
ENTITIES = ("operator,entity,entity_country,source_id,confidence\n"
            "cloud,Cloud,FR,S9;S8,high\nsolo,Solo,CN,,medium\n")


def gated(table: schema.Table, text: str, folder) -> pd.DataFrame:
    (folder / f"{table.name}.csv").write_text(text, "utf-8")
    return check_table(table, read_csv(folder, f"{table.name}.csv"), source=f"{table.name}.csv")


def test_stakes_of_a_folder_are_the_latest_and_no_contracts(tmp_path):
    found = latest_stakes(gated(schema.STAKES, OWNERSHIP, tmp_path))
    assert found.index.tolist() == [0, 1, 2]
    assert found["source_id"].tolist() == ["S2", "S4", "S7"]
    assert found["share"].tolist() == pytest.approx([0.2, float("nan"), 0.3], nan_ok=True)
    assert found["year"].tolist() == pytest.approx([2024, float("nan"), 2020], nan_ok=True)
    assert told(lambda: gated(schema.STAKES, "holder,held\nA,B\n", tmp_path)) == "\n".join(
        ["ownership.csv cannot be used:"] + [
            f"  - ownership.csv, column {column}: column is missing; add it"
            for column in ("holder_country", "stake_pct")])


def test_a_stake_without_a_year_is_not_the_latest(tmp_path):
    rows = "Old,US,Cloud,60,,equity,S1,high\n"
    found = latest_stakes(gated(schema.STAKES, OWNERSHIP + rows, tmp_path))
    assert found.set_index("holder").loc["Old", "share"] == pytest.approx(0.2)


@pytest.mark.parametrize("year", ["2024", ""])
def test_two_stakes_of_one_year_are_a_fault(tmp_path, year):
    """Which of them holds, or whether they add up, is not said: the last was taken in silence."""
    head = OWNERSHIP.splitlines()[0] + "\n"
    rows = f"A,US,Cloud,30,{year},equity,S1,high\nA,US,Cloud,20,{year},more equity,S2,high\n"
    assert "ownership, row A/Cloud, column stake_pct: 20.0: two stakes of one holder" in told(
        lambda: latest_stakes(gated(schema.STAKES, head + rows, tmp_path)))


def test_the_table_of_owners(tmp_path):
    operators = pd.DataFrame({"operator": ["cloud", "solo"], "entity": ["Cloud", "Solo"],
                              "entity_country": ["FR", "CN"], "source_id": ["S9; S8", ""],
                              "confidence": ["high", "medium"]})
    held = latest_stakes(gated(schema.STAKES, OWNERSHIP, tmp_path))
    table = ownership_table(held, operators)
    assert list(table) == ["operator", "entity", "jurisdiction", "share", "source_id", "confidence"]
    assert table.to_numpy().tolist() == [
        ["cloud", "Cloud", "US", pytest.approx(0.2), "S2;S4;S7;S8;S9", "low"],
        ["cloud", "Cloud", "unknown", pytest.approx(0.8), "S2;S4;S7;S8;S9", "low"],
        ["solo", "Solo", "CN", 1.0, "", "medium"]]


def owned(folder) -> pd.DataFrame:
    facts = {"ownership": gated(schema.STAKES, OWNERSHIP, folder),
             "operator_entities": gated(schema.ENTITIES, ENTITIES, folder)}
    faults = []
    table = looked_through(facts, faults)
    assert not faults
    for missing in facts:
        assert looked_through({k: v for k, v in facts.items() if k != missing}, faults).empty
    return table


def test_what_a_folder_says_is_joined_to_its_sites(tmp_path):
    sites = pd.DataFrame({"operator": ["cloud", "solo", "other"], "country": ["AE", "FR", "FR"],
                          "bloc": ["Gulf", "EU", "EU"], "opaque": [0.5, 0.5, 0.5]},
                         index=["c", "s", "o"])
    regions = pd.DataFrame({"country": ["US", "CN"], "bloc": ["Gulf", "EU"]}, index=["r", "q"])
    assert with_owner_columns(sites, pd.DataFrame(), regions) is sites
    table = owned(tmp_path)
    found = with_owner_columns(sites, table, regions)
    assert set(found) - set(sites) == {
        "foreign_share", "largest_foreign_share", "foreign_share_most"}
    assert found.index.tolist() == ["c", "s", "o"]
    assert found["opaque"].tolist() == [0.5] * 3, "a site's own column comes first"
    assert found.loc["c", "foreign_share"] == 0.0, "the US is of the Gulf's bloc here"
    assert found.loc["c", "foreign_share_most"] == pytest.approx(0.8)
    assert found.loc["s", "foreign_share"] == 0.0, "China is of the EU's bloc here"
    assert len(table) == 3
    for missing in ("operator", "country"):
        less = sites.drop(columns=missing)
        assert with_owner_columns(less, table, regions) is less


def test_a_package_without_blocs_has_countries_for_homes(tmp_path):
    sites = pd.DataFrame({"operator": ["cloud", "solo"], "country": ["US", "FR"]}, index=["c", "s"])
    found = with_owner_columns(sites, owned(tmp_path),
                               pd.DataFrame({"country": ["FR"]}, index=["r"]))
    assert found["foreign_share"].tolist() == pytest.approx([0.0, 1.0])
    assert found["largest_foreign_share"].tolist() == pytest.approx([0.0, 1.0])


@pytest.mark.parametrize("bloc", ["", " ", "unknown", "Unknown", None, float("nan"), "EU/EEA"])
def test_a_blank_bloc_is_nobodys_home(bloc):
    """Japan holds a site in Britain, both of a bloc nobody names: foreign, not at home."""
    owners = pd.DataFrame({"operator": ["op"], "jurisdiction": ["JP"], "share": [1.0]})
    places = pd.DataFrame({"operator": "op", "country": ["GB", "JP"],
                           "bloc": pd.Series([bloc, bloc], dtype=object)})
    found = site_ownership(places, owners, places)
    assert found["foreign_share"].tolist() == [1.0, 0.0]


def test_a_country_of_two_blocs_has_none():
    members = pd.DataFrame({"country": ["CN", "CN", "FR", "FR"],
                            "bloc": ["east", "west", "", "EU"]})
    assert blocs_of(members) == {"FR": "EU"}
    assert blocs_of(members[["country"]]) == {}


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


FOLDER = {
    "regions": "region,country,bloc,lon_deg,lat_deg\nGB,GB,,0,51\nJP,JP,,139,35\n",
    "sites": "site,operator,country,bloc,lon_deg,lat_deg,capacity_mw\ns,op,GB,,0,51,10\n",
    "operators": "operator\nop\n", "workloads": "workload\nw\n",
    "demand": "region,workload,mw\nGB,w,4\n",
    "ownership": OWNERSHIP.splitlines()[0] + "\nh,JP,X,100,2024,stake,S,high\n",
    "operator_entities": ENTITIES.splitlines()[0] + "\nop,X,GB,S,high\n",
}


def load(folder, **files) -> cg.Scenario:
    (folder / "facts").mkdir()
    (folder / "model.toml").write_text('title = "t"\ndata = "facts"\n', "utf-8")
    for name, text in {**FOLDER, **files}.items():
        if text is not None:
            (folder / "facts" / f"{name}.csv").write_text(text, "utf-8")
    return cg.load(folder)


@pytest.mark.parametrize(("stake", "says"), [
    ("-20", "-20.0: must be at least 0 [%]"),
    ("400", "400.0: must be at most 100 [%]"),
    ("40 percent", "'40 percent': is not a number [%]"),
    ('"0,4"', "'0,4': is not a number [%]"),
    ("inf", "inf: is infinite"),
])
def test_stakes_of_a_folder_pass_the_gate(tmp_path, stake, says):
    row = f"h,JP,X,{stake},2024,stake,S,high\n"
    said = told(lambda: load(tmp_path, ownership=OWNERSHIP.splitlines()[0] + "\n" + row))
    assert f"ownership.csv, row h/X/2024/stake, column stake_pct: {says}" in said


@pytest.mark.parametrize(("table", "row", "says"), [
    ("operator_entities", "op,X,FR,S,high\nop,Y,US,S,high\n", "same operator stands twice"),
    ("operator_entities", "op,,FR,S,high\n", "column entity: is blank"),
    ("operator_entities", "op,X,FR,S,sure\n", "'sure': is none of low, medium, high"),
    ("ownership", "a,FR,X,60,2024,,S,high\nb,US,X,60,2024,,S,high\n", "exceed 100 %"),
    ("ownership", "X,FR,Y,100,2024,,S,high\nY,FR,X,100,2024,,S,high\n", "hold each other"),
    ("ownership", ",FR,X,60,2024,,S,high\n", "column holder: is blank"),
    ("ownership", "a,FR,X,60,24,,S,high\n", "is hardly in a: expected 1900 to 2100"),
])
def test_what_cannot_be_looked_through_is_told_by_file(tmp_path, table, row, says):
    head = FOLDER[table].splitlines()[0] + "\n"
    said = told(lambda: load(tmp_path, **{table: head + row}))
    assert f"- {table}.csv" in said and says in said


def test_a_foreign_owner_in_a_country_without_a_bloc(tmp_path):
    site = load(tmp_path).sites.loc["s"]
    assert site[["foreign_share", "foreign_share_most", "opaque"]].tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(("files", "says"), [
    ({"operator_entities": None}, "ownership: changes nothing without operator_entities.csv"),
    ({"ownership": None}, "operator_entities: changes nothing without ownership.csv"),
    ({"operator_entities": FOLDER["operator_entities"].replace("op,X", "opp,X")},
     "operator_entities, column operator: 'opp': no such operator: its rows change nothing"),
    ({"operator_entities": FOLDER["operator_entities"].replace(",X,", ",x,")},
     "'x': is held by nobody, so it is the end of its chain"),
])
def test_what_is_said_in_vain_is_a_remark(tmp_path, files, says):
    assert any(says in str(one) for one in load(tmp_path, **files).remarks)


def of_tables(owners: pd.DataFrame, **site) -> cg.Scenario:
    """One site of operator ``op`` in Britain that serves one region."""
    return cg.Scenario.from_tables(
        pd.DataFrame({"country": ["GB"], "bloc": [""]}, index=["r"]),
        pd.DataFrame({"capacity_mw": 9.0, "operator": "op", "country": "GB", "bloc": "", **site},
                     index=["s"]),
        pd.DataFrame({"region": ["r"], "mw": [4.0]}),
        lanes=pd.DataFrame({"region": ["r"], "site": ["s"]}), ownership=owners)


@pytest.mark.parametrize(("rows", "says"), [
    ([("op", "A", "FR", 1.0), ("op", "B", "US", 1.0)], "is said to be several entities"),
    ([("op", "A", "FR", 0.6), ("op", "A", "US", 0.6)], "its shares exceed 1"),
    ([("op", "A", "FR", -0.2)], "must be at least 0"),
    ([("op", "A", "FR", 40.0)], "must be at most 1"),
    ([("op", "A", "FR", "40 percent")], "is not a number"),
    ([("op", "A", "FR", float("nan"))], "is blank or NaN"),
    ([("", "A", "FR", 1.0)], "column operator: is blank"),
    ([("op", "A", "", 0.5), ("op", "A", None, 0.5)], "stands twice"),
])
def test_owners_given_as_a_table_pass_the_same_gate(rows, says):
    owners = pd.DataFrame(rows, columns=["operator", "entity", "jurisdiction", "share"])
    assert says in told(lambda: of_tables(owners))
    assert "expected a pandas DataFrame" in told(lambda: of_tables([1]))


def test_owners_given_as_a_table_reach_the_sites():
    """What is not said to be held by anybody is unknown: neither at home nor nothing."""
    owners = pd.DataFrame({"operator": ["op", "op"], "jurisdiction": ["JP", "US/AE"],
                           "share": [0.5, 0.2]})
    found = of_tables(owners)
    assert found.ownership.groupby("operator")["share"].sum().tolist() == [pytest.approx(1.0)]
    assert found.ownership.query("jurisdiction == 'unknown'")["share"].sum() == pytest.approx(0.5)
    assert found.sites.loc["s", list(COLUMNS)].tolist() == pytest.approx([0.5, 0.5, 1.0, 0.5])
    own = of_tables(owners, foreign_share=0.1)
    assert own.sites.loc["s", "foreign_share"] == 0.1, "a site's own column comes first"
    assert "must be at most 1" in told(lambda: of_tables(owners, foreign_share=10.0))
