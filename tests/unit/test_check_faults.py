"""Nothing wrong goes in: each kind of fault, seeded alone, is refused and named."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import computegrid as cg
from computegrid.tables import check, read

Tables = dict[str, Any]
HOURS = pd.date_range("2025-03-01", periods=3, freq="h", tz="UTC")


def sound() -> Tables:
    return {
        "regions": pd.DataFrame({"lon_deg": [2.35, 13.4], "lat_deg": [48.9, 52.5]},
                                index=pd.Index(["Paris", "Berlin"], name="region")),
        "sites": pd.DataFrame({
            "capacity_mw": [50.0, 80.0], "pue": [1.2, 1.3], "power_ratio": [1.0, 1.4],
            "energy_usd_per_mwh": [90.0, 110.0], "carbon_kg_per_mwh": [50.0, 380.0],
            "rent_usd_per_mwh": [5.0, 5.0], "lon_deg": [3.0, 8.6], "lat_deg": [50.6, 50.1],
            "control": ["FR", "US"],
        }, index=pd.Index(["Lille", "Frankfurt"], name="site")),
        "demand": pd.DataFrame({
            "region": np.repeat(["Paris", "Berlin"], 3), "workload": "chat",
            "hour": list(HOURS) * 2, "mw": 10.0}),
        "workloads": pd.DataFrame({"max_rtt_ms": [60.0], "defer_hours": [0.0]},
                                  index=pd.Index(["chat"], name="workload")),
        "hours": pd.DataFrame({"hour": HOURS, "weight_hours": 1.0}),
        "site_hours": pd.DataFrame({"site": "Lille", "hour": HOURS, "energy_usd_per_mwh": 70.0}),
    }


def cell(table: str, column: str, value: Any, row: int = 0) -> Callable[[Tables], None]:
    def spoil(t: Tables) -> None:
        frame = t[table].copy()
        frame[column] = frame[column].astype(object)
        frame.iloc[row, frame.columns.get_loc(column)] = value
        t[table] = frame
    return spoil


def renamed(table: str, old: str, new: str) -> Callable[[Tables], None]:
    def spoil(t: Tables) -> None:
        t[table] = t[table].rename(columns={old: new})
    return spoil


def put(table: str, change: Callable[[Any], Any]) -> Callable[[Tables], None]:
    def spoil(t: Tables) -> None:
        t[table] = change(t[table])
    return spoil


def geometry(points: list[Any], crs: str | None) -> Callable[[Any], Any]:
    return lambda f: gpd.GeoDataFrame(
        f.drop(columns=["lon_deg", "lat_deg"]), geometry=points, crs=crs)


NUMBERS = [("sites", c) for c in ("capacity_mw", "pue", "power_ratio", "energy_usd_per_mwh",
                                  "carbon_kg_per_mwh", "rent_usd_per_mwh", "lon_deg")] + [
    ("demand", "mw"), ("hours", "weight_hours"), ("site_hours", "energy_usd_per_mwh")]

FAULTS: dict[str, tuple[Callable[[Tables], None], str]] = {
    **{f"infinite {t}.{c}": (cell(t, c, np.inf), "infinite") for t, c in NUMBERS},
    **{f"text in {t}.{c}": (cell(t, c, "much"), "is not a number") for t, c in NUMBERS},
    "NaN capacity": (cell("sites", "capacity_mw", np.nan), "blank or NaN"),
    "NaN demand": (cell("demand", "mw", np.nan), "1 of 3 hours, first 2025-03-01 00:00"),
    "negative capacity": (cell("sites", "capacity_mw", -1.0), "at least 0"),
    "negative demand": (cell("demand", "mw", -1.0), "at least 0"),
    "negative carbon": (cell("sites", "carbon_kg_per_mwh", -1.0), "at least 0"),
    "negative deferral": (cell("workloads", "defer_hours", -1.0), "at least 0"),
    "pue below 1": (cell("sites", "pue", 0.9), "at least 1"),
    "pue in percent": (cell("sites", "pue", 120.0), "at most 5"),
    "power ratio of zero": (cell("sites", "power_ratio", 0.0), "at least 0.01"),
    "weight of zero": (cell("hours", "weight_hours", 0.0), "at least"),
    "duplicate site": (put("sites", lambda f: pd.concat([f, f.iloc[:1]])), "stands twice"),
    "duplicate region": (put("regions", lambda f: pd.concat([f, f.iloc[:1]])), "stands twice"),
    "duplicate demand": (put("demand", lambda f: pd.concat([f, f.iloc[:1]])), "stands twice"),
    "duplicate hour": (put("hours", lambda f: pd.concat([f, f.iloc[:1]])), "stands twice"),
    "blank key": (put("sites", lambda f: f.rename(index={"Lille": ""})), "is blank"),
    "padded key": (put("sites", lambda f: f.rename(index={"Lille": "Lille "})), "blanks around"),
    "control character in a key": (put("sites", lambda f: f.rename(index={"Lille": "Li\nlle"})),
                                   "control character"),
    "dangling region": (cell("demand", "region", "Pariss"), "did you mean 'Paris'?"),
    "dangling workload": (cell("demand", "workload", "chatt"), "did you mean 'chat'?"),
    "dangling site": (cell("site_hours", "site", "lille"), "did you mean 'Lille'?"),
    "hour unknown to hours": (cell("demand", "hour", HOURS[0] + pd.Timedelta("90min")),
                              "no such hour"),
    "hours of two kinds": (put("hours", lambda f: pd.DataFrame({"hour": [0, 1, 2]})),
                           "another kind"),
    "naive hours": (put("hours", lambda f: f.assign(hour=f["hour"].dt.tz_localize(None))),
                    "no zone"),
    "naive hours of a 25-hour day": (
        put("hours", lambda f: pd.DataFrame({"hour": pd.date_range(
            "2025-10-26", periods=25, freq="h", tz="Europe/Paris").tz_localize(None)})),
        "ambiguous='infer'"),
    "steps of no one length": (
        put("hours", lambda f: pd.DataFrame({"hour": HOURS + pd.to_timedelta([0, 0, 7], "h")})),
        "how long does one last?"),
    "hours as text without a zone": (
        put("hours", lambda f: f.assign(hour=f["hour"].dt.strftime("%Y-%m-%dT%H:%M"))),
        "has no zone"),
    "one hour said with two offsets": (
        put("hours", lambda f: f.assign(hour=["2025-03-01T08:00+08:00", "2025-03-01T00:00Z",
                                              "2025-03-01T01:00Z"])), "stands twice"),
    "hours that are no time": (put("hours", lambda f: f.assign(hour=["a", "b", "c"])),
                               "is not a time"),
    "a day in two pieces": (put("hours", lambda f: f.assign(day=["a", "b", "a"])),
                            "lies in two pieces"),
    "latitude beyond the pole": (cell("sites", "lat_deg", 106.7), "swapped"),
    "longitude beyond 180": (cell("sites", "lon_deg", 181.0), "at most 180"),
    "half a place": (cell("regions", "lat_deg", None), "only one of"),
    "no place and no lanes": (put("regions", lambda f: f.drop(columns=["lon_deg", "lat_deg"])),
                              "has no place"),
    "lon for lon_deg": (renamed("sites", "lon_deg", "lon"), "rename it to lon_deg"),
    "latitude for lat_deg": (renamed("sites", "lat_deg", "latitude"), "rename it to lat_deg"),
    "metres called degrees": (
        put("regions", geometry([shapely.Point(261600, 6250000), shapely.Point(1491000, 6893000)],
                                "EPSG:4326")), "outside WGS 84"),
    "metres without a reference system": (
        put("regions", geometry([shapely.Point(261600, 6250000), shapely.Point(1491000, 6893000)],
                                None)), "outside WGS 84"),
    "empty geometry": (put("regions", geometry([shapely.Point(), shapely.Point(13, 52)],
                                               "EPSG:4326")), "empty geometry"),
    "percent sign": (cell("sites", "pue", "120%"), "write a fraction"),
    "thousands separator": (cell("sites", "capacity_mw", "1,200"), "without thousands"),
    "decimal comma": (cell("sites", "capacity_mw", "12,5"), "decimal point"),
    "unit in the cell": (cell("sites", "capacity_mw", "50 MW"), "unit belongs in the column"),
    "kW in the name": (renamed("sites", "capacity_mw", "capacity_kw"), "convert to MW"),
    "kW in the figures": (cell("sites", "capacity_mw", 5e6), "hardly in MW"),
    "EUR/kWh in the name": (renamed("sites", "energy_usd_per_mwh", "energy_eur_per_kwh"),
                            "convert to USD/MWh"),
    "cents for USD": (cell("sites", "energy_usd_per_mwh", 9000.0), "hardly in USD/MWh"),
    "grams for kg": (cell("sites", "carbon_kg_per_mwh", 380_000.0), "hardly in kg/MWh"),
    "seconds for milliseconds": (renamed("workloads", "max_rtt_ms", "max_rtt_s"),
                                 "convert to ms"),
    "name without its unit": (renamed("sites", "rent_usd_per_mwh", "rent"),
                              "rename it to rent_usd_per_mwh"),
    "misspelt column": (renamed("sites", "carbon_kg_per_mwh", "carbon_kg_per_mhw"),
                        "did you mean 'carbon_kg_per_mwh'?"),
    "missing capacity": (put("sites", lambda f: f.drop(columns="capacity_mw")),
                         "column is missing"),
    "column twice": (put("sites", lambda f: pd.concat([f, f[["pue"]]], axis=1)), "given twice"),
    "unknown status": (put("sites", lambda f: f.assign(status="opertional")),
                       "did you mean 'operational'?"),
    "minutes for hours of deferral": (cell("workloads", "defer_hours", 1440.0),
                                      "beyond the horizon"),
    "no table at all": (put("sites", lambda f: {"capacity_mw": 3}), "expected a pandas DataFrame"),
    "empty demand": (put("demand", lambda f: f.head(0)), "is empty"),
    "empty hours": (put("hours", lambda f: f.head(0)), "is empty"),
    "lane to nowhere": (lambda t: t.update(lanes=pd.DataFrame(
        {"region": ["Paris"], "site": ["Lile"], "rtt_ms": [5.0]})), "no such site"),
    "lane twice": (lambda t: t.update(lanes=pd.DataFrame(
        {"region": ["Paris"] * 2, "site": ["Lille"] * 2, "rtt_ms": [5.0, 6.0]})), "stands twice"),
    "lane with negative latency": (lambda t: t.update(lanes=pd.DataFrame(
        {"region": ["Paris"], "site": ["Lille"], "rtt_ms": [-5.0]})), "at least 0"),
    "lane without the latency its work needs": (lambda t: t.update(
        regions=t["regions"].drop(columns=["lon_deg", "lat_deg"]), lanes=pd.DataFrame(
            {"region": ["Paris"], "site": ["Lille"]})), "rtt_ms is not known"),
}


def test_there_are_enough_kinds() -> None:
    assert len(FAULTS) >= 40


def test_sound_tables_pass() -> None:
    assert cg.solve(cg.Scenario.from_tables(**sound())).status == "optimal"


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_refused_and_named(name: str) -> None:
    spoil, said = FAULTS[name]
    tables = sound()
    spoil(tables)
    with pytest.raises(cg.DataError) as caught:
        cg.Scenario.from_tables(**tables)
    assert said in str(caught.value)
    assert caught.value.faults


def test_all_faults_are_told_at_once() -> None:
    tables = sound()
    for name in ("negative capacity", "NaN demand", "naive hours", "latitude beyond the pole"):
        FAULTS[name][0](tables)
    with pytest.raises(cg.DataError) as caught:
        cg.Scenario.from_tables(**tables)
    assert {f.column for f in caught.value.faults} >= {"capacity_mw", "mw", "hour", "lat_deg"}


def test_a_fault_has_a_place_and_a_cure() -> None:
    tables = sound()
    FAULTS["thousands separator"][0](tables)
    with pytest.raises(cg.DataError) as caught:
        cg.Scenario.from_tables(**tables)
    fault = caught.value.faults[0]
    assert (fault.table, fault.row, fault.column, fault.value) == (
        "sites", "Lille", "capacity_mw", "1,200")
    assert fault.cure


def test_unusual_figures_pass_when_they_are_meant() -> None:
    tables = sound()
    FAULTS["kW in the figures"][0](tables)
    scenario = cg.Scenario.from_tables(**tables, unusual=["capacity_mw"])
    assert scenario.sites.loc["Lille", "capacity_mw"] == 5e6


@pytest.mark.parametrize("capacity", [0.0, 1e-6, 350, 1e5])
@pytest.mark.parametrize("cost", [-20.0, 0.0, 0.225, 900.0])
def test_textbook_figures_pass(capacity: float, cost: float) -> None:
    tables = sound()
    tables["sites"] = tables["sites"].assign(capacity_mw=capacity, energy_usd_per_mwh=cost)
    assert cg.solve(cg.Scenario.from_tables(**tables)).status == "optimal"


def test_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "MOST_ROWS", 3)
    with pytest.raises(cg.DataError, match="at most 3 are read"):
        cg.Scenario.from_tables(**sound())


def test_namibia_and_norway_stay_what_they_are(folder: Path) -> None:
    (folder / "sites.csv").write_text(
        "site,lon_deg,lat_deg,capacity_mw,country\nWindhoek,17,-22.6,5,NA\nOslo,10.7,59.9,5,NO\n",
        encoding="utf-8")
    assert list(cg.load(folder).sites["country"]) == ["NA", "NO"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A planner's own folder: the least a model needs."""
    home = tmp_path / "own"
    (home / "facts").mkdir(parents=True)
    (home / "model.toml").write_text('title = "Own"\ndata = "."\n', encoding="utf-8")
    (home / "regions.csv").write_text("region,lon_deg,lat_deg\nParis,2.35,48.9\n", "utf-8")
    (home / "sites.csv").write_text(
        "site,lon_deg,lat_deg,capacity_mw\nLille,3.0,50.6,50\n", "utf-8")
    (home / "workloads.csv").write_text("workload,max_rtt_ms\nchat,60\n", "utf-8")
    (home / "demand.csv").write_text("region,workload,mw\nParis,chat,10\n", "utf-8")
    return home


def written(name: str, data: bytes | str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return spoil


def zipped(folder: Path) -> None:
    with zipfile.ZipFile(folder / "sites.csv", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sites.csv", b"0" * 10_000_000)


HEAD = "site,lon_deg,lat_deg,capacity_mw"
FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a file in GBK": (written("sites.csv", f"{HEAD}\n贵安,106,26,5\n".encode("gbk")), "not UTF-8"),
    "a file in UTF-16": (written("sites.csv", f"{HEAD}\nA,1,1,5\n".encode("utf-16")), "not UTF-8"),
    "a zip called csv": (written("sites.csv", b"PK\x03\x04\x14\x00\x00\x00"), "is not text"),
    "a zip bomb": (zipped, "an archive or a workbook"),
    "semicolons for commas": (written("sites.csv", HEAD.replace(",", ";") + "\nA;1;1;5\n"),
                              "with commas"),
    "tabs for commas": (written("sites.csv", HEAD.replace(",", "\t") + "\nA\t1\t1\t5\n"),
                        "with commas"),
    "a raster list called csv": (written("sites.csv", "<VRTDataset><x>/vsicurl/http://a</x>"),
                                 "capacity_mw: column is missing"),
    "an address for a table": (lambda f: (
        (f / "sites.csv").unlink(), (f / "sites.csv").symlink_to("/vsicurl/http:")),
        "leads out of its folder"),
    "an empty file": (written("sites.csv", ""), "is empty"),
    "a missing file": (lambda f: (f / "sites.csv").unlink(), "is missing"),
    "rows of unequal length": (written("sites.csv", f"{HEAD}\nA,1,1,5,9\n"), "has 5 cells"),
    "a header twice": (written("sites.csv", "site,pue,pue,capacity_mw\nA,1,1,5\n"),
                       "column given twice"),
    "a column without a name": (written("sites.csv", "site,,capacity_mw\nA,1,5\n"),
                                "column has no name"),
    "an endless cell": (written("sites.csv", HEAD + '\n"' + "x" * 200_000), "cannot be read"),
    "a link out of the folder": (
        lambda f: ((f / "sites.csv").unlink(), (f / "sites.csv").symlink_to("/etc/hosts")),
        "leads out of its folder"),
    "percent for a share": (
        lambda f: (
            (f / "demand.csv").unlink(),
            written("regions.csv", "region,lon_deg,lat_deg,demand_mw\nParis,2,48,10\n")(f),
            written("workloads.csv", "workload,demand_share\nchat,60\nbatch,40\n")(f)),
        "must be at most 1"),
    "prices per kWh": (
        lambda f: (
            written("sites.csv", f"{HEAD},grid\nLille,3.0,50.6,50,FR\n")(f),
            written("grids.csv", "grid,energy_usd_per_mwh,carbon_kg_per_mwh,pue\n"
                                 "FR,0.12,50,1.2\n")(f)), "hardly in USD/MWh"),
    "a key of another file": (
        lambda f: (
            written("sites.csv", f"{HEAD},grid\nLille,3.0,50.6,50,FRR\n")(f),
            written("grids.csv", "grid,energy_usd_per_mwh,carbon_kg_per_mwh,pue\n"
                                 "FR,120,50,1.2\n")(f)), "no such grid"),
    "a path out of the folder": (written("model.toml", 'title = "x"\ndata = "../other"\n'),
                                 "leads out of its folder"),
    "an absolute path": (written("model.toml", 'title = "x"\ndata = "/etc"\n'),
                         "leads out of its folder"),
    "an address": (written("model.toml", 'title = "x"\ndata = "https://a.b/c"\n'), "is an address"),
    "a virtual file": (written("model.toml", 'title = "x"\ndata = "/vsicurl/http"\n'),
                       "is an address"),
    "an unknown key": (written("model.toml", 'title = "x"\ndata = "."\ndefault_regim = "a"\n'),
                       "did you mean 'default_regime'?"),
    "a wrong type": (written("model.toml", 'title = 3\ndata = "."\n'), "title"),
    "no TOML": (written("model.toml", "title: x\n"), "not valid TOML"),
    "TOML in another encoding": (written("model.toml", 'title = "é"'.encode("latin-1")),
                                 "not UTF-8"),
    "an unknown kind of rule": (written(
        "model.toml", 'title = "x"\ndata = "."\n[[regimes.a.rules]]\nkind = "Forbidd"\n'),
        "did you mean 'Forbid'?"),
    "an unknown key of a rule": (written(
        "model.toml",
        'title = "x"\ndata = "."\n[[regimes.a.rules]]\nkind = "Forbid"\nlabel = "l"\nsuply = {}\n'),
        "did you mean 'supply'?"),
    "a share in percent": (written(
        "model.toml",
        'title = "x"\ndata = "."\n[[regimes.a.rules]]\nkind = "Share"\nlabel = "l"\nmax = 40\n'),
        "40 % is 0.4"),
}


def test_a_sound_folder_passes(folder: Path) -> None:
    assert cg.solve(cg.load(folder)).status == "optimal"


def test_a_byte_order_mark_is_no_fault(folder: Path) -> None:
    text = (folder / "sites.csv").read_bytes()
    (folder / "sites.csv").write_bytes(b"\xef\xbb\xbf" + text)
    assert list(cg.load(folder).sites.index) == ["Lille"]


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_refused_and_the_fault_named(folder: Path, name: str) -> None:
    spoil, said = FILES[name]
    spoil(folder)
    with pytest.raises((cg.DataError, cg.ScenarioError)) as caught:
        cg.load(folder)
    assert said in str(caught.value)


def test_too_large_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MOST_BYTES", 10)
    with pytest.raises(cg.DataError, match="larger than 10 bytes"):
        cg.load(folder)


def test_a_file_names_its_line_of_trouble(folder: Path) -> None:
    written("sites.csv", f"{HEAD}\nLille,3.0,50.6,much\n")(folder)
    with pytest.raises(cg.DataError, match=r"sites\.csv, row Lille, column capacity_mw: 'much'"):
        cg.load(folder)


def test_what_is_odd_but_no_fault_is_remarked() -> None:
    tables = sound()
    tables["sites"].loc["Tokyo"] = [9, 1.2, 1, 90, 50, 5, 139.7, 35.7, "JP"]
    tables["workloads"].loc["train"] = [60.0, 0.0]
    said = [str(remark) for remark in cg.Scenario.from_tables(**tables).remarks]
    assert any("Tokyo" in s and "nobody can reach" in s for s in said)
    assert any("train" in s and "nobody asks for" in s for s in said)
