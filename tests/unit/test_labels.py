"""One function makes text of labels: however a table spells or types them, they mean the same."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.tables.labels import as_kept, as_labels, label

BLANKS = [None, np.nan, pd.NA, pd.NaT, "", "  ", "nan"]
SOURCE = Path(cg.__file__).parent


def two_sites(values, regions=None, mw=12.0, **more):
    """Two sites of 10 MW for 1 and 5 USD/MWh, with a column ``tag``; region r wants 12 MW."""
    sites = pd.DataFrame(
        {"capacity_mw": 10.0, "tag": values, "energy_usd_per_mwh": [1.0, 5.0]}, index=["x", "y"]
    )
    regions = pd.DataFrame(index=["r"]) if regions is None else regions
    pairs = [(r, s) for r in regions.index for s in sites.index]
    return cg.Scenario.from_tables(
        regions,
        sites,
        pd.DataFrame({"region": regions.index, "mw": mw}),
        lanes=pd.DataFrame(pairs, columns=["region", "site"]),
        **more,
    )


def test_labels_stand_in_one_file():
    again = re.compile(r"astype\(\"?str\"?\)|fillna\(\"\"\)|[!=]= \"(nan|<NA>)\"|\{\"\", \"nan\"")
    found = [
        f"{path.name}: {line.strip()}"
        for path in SOURCE.rglob("*.py")
        if path.name != "labels.py"
        for line in path.read_text("utf-8").splitlines()
        if again.search(line)
    ]
    assert not found, "use tables.labels: " + "; ".join(found)


@pytest.mark.parametrize("blank", BLANKS)
def test_what_says_nothing_is_one_blank(blank):
    assert label(blank) == ""
    assert as_labels(pd.Series(["a", blank], dtype=object)).tolist() == ["a", ""]


def test_numbers_flags_and_letters_have_one_spelling():
    assert [label(v) for v in (840, 840.0, "840.0", np.float64(840), np.int8(4), 1.5)] == [
        "840",
        "840",
        "840",
        "840",
        "4",
        "1.5",
    ]
    assert [label(v) for v in (True, np.False_, 1)] == ["true", "false", "1"]
    assert as_labels(pd.Series([True, 1, "1"], dtype=object)).tolist() == ["true", "1", "1"]
    assert label(unicodedata.normalize("NFD", "Köln")) == "Köln"
    assert label("NA") == "NA"


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (pd.Categorical(["a", None]), ["a", ""]),
        (pd.array([1, pd.NA], dtype="Int64"), [1.0, "nan"]),
        (pd.array([1, 2], dtype="UInt8"), [1, 2]),
        (np.array([840, None], dtype=object), [840.0, "nan"]),
        (np.array([True, "x"], dtype=object), ["true", "x"]),
        (pd.array(["a", pd.NA], dtype="string"), ["a", ""]),
    ],
)
def test_columns_of_a_planner_are_numbers_or_labels(values, kept):
    got = ["nan" if v != v else v for v in as_kept(pd.Series(values))]
    assert got == kept


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_group_is_a_group_of_its_own(blank):
    limited = cg.solve(
        two_sites(["A", blank]), [cg.Limit(label="cap", quantity="it_mw", max=3, each="tag")]
    )
    assert limited.summary["served_mwh"] == pytest.approx(6)


@pytest.mark.parametrize("blank", BLANKS)
def test_work_of_a_blank_group_is_counted(blank):
    regions = pd.DataFrame({"tag": ["A", blank]}, index=["a", "b"])
    d = cg.solve(two_sites(["A", blank], regions, mw=10.0), [])
    assert d.exchange("tag").to_numpy().sum() == pytest.approx(20)
    held = cg.solve(
        two_sites(["A", blank], regions),
        [cg.Share(label="s", supply={"tag": "A"}, max=0.5, each="tag")],
    )
    assert len(held.rule_prices) == 2
    nobody = cg.solve(two_sites(["A", blank], regions), [cg.Forbid(label="all")])
    assert nobody.unserved_by("tag")["unserved_mwh"].sum() == pytest.approx(24)


def test_blank_is_never_the_same_as_blank():
    regions = pd.DataFrame({"tag": [None]}, index=["r"])
    d = cg.solve(
        two_sites([None, None], regions),
        [cg.Forbid(label="home", supply={"tag": "", "same_tag": False})],
    )
    assert d.summary["served_mwh"] == 0


def test_codes_with_and_without_a_gap_are_the_same():
    regions = pd.DataFrame({"tag": [840]}, index=["r"])
    d = cg.solve(
        two_sites([np.nan, 840], regions, mw=4.0),
        [cg.Forbid(label="home", supply={"same_tag": False})],
    )
    assert d.cost_usd == pytest.approx(20)


@pytest.mark.parametrize(
    ("values", "selector"),
    [
        (pd.array(["gold", pd.NA], dtype="string"), "gold"),
        (pd.Categorical(["gold", None]), "gold"),
        (pd.array([3, pd.NA], dtype="Int64"), {"min": 1}),
        (pd.array([3.5, pd.NA], dtype="Float64"), {"max": 4}),
        (pd.array([True, pd.NA], dtype="boolean"), True),
        (np.array([True, None], dtype=object), True),
        (["gold", None], {"not": ""}),
        ([None, "gold"], None),
        (["São", "x"], "Sa\u0303o"),
    ],
)
def test_what_is_not_known_meets_no_condition(values, selector):
    d = cg.solve(two_sites(values), [cg.Forbid(label="f", supply={"tag": selector})])
    assert d.summary["served_mwh"] == pytest.approx(10)
    assert d.cost_usd == pytest.approx(10 * 5 + 2 * 10_000)


def test_two_spellings_of_a_name_are_one_region():
    names = [unicodedata.normalize(form, "São Paulo") for form in ("NFC", "NFD")]
    with pytest.raises(cg.DataError, match="the same region stands twice"):
        two_sites(["A", "B"], pd.DataFrame(index=names))
    s = two_sites(["A", "B"], pd.DataFrame(index=names[1:]))
    assert s.regions.index.tolist() == names[:1]
    assert s.explain(names[1], "work", "x").open


def test_what_is_no_name_is_refused():
    with pytest.raises(cg.DataError, match=r"2 rows \(x, y\), column tag: is a list"):
        two_sites([["a"], ["b"]])
    with pytest.raises(cg.DataError, match="is a flag, not a name"):
        two_sites(["A", "B"], pd.DataFrame({"region": [True]}))


def test_mixed_columns_are_saved_and_read(tmp_path):
    d = cg.solve(two_sites(["A", 3]), [])
    again = cg.read(d.save(tmp_path / "run"))
    assert again.scenario.sites["tag"].tolist() == ["A", "3"]
    flags = cg.solve(two_sites(pd.array([True, pd.NA], dtype="boolean")), [])
    kept = cg.read(flags.save(tmp_path / "flags")).scenario.sites["tag"]
    assert kept.isna().tolist() == [False, True]
