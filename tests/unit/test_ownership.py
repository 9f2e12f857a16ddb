"""Look-through ownership: chains, cross-holdings, what is not published, and site columns."""

from __future__ import annotations

import pandas as pd
import pytest

import computegrid as cg
from computegrid.scenario.ownership import look_through, ownership_table, site_ownership


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
