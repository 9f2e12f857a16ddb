"""A saved run is what was saved, by name of every file; what a planner put beside it stays."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import computegrid as cg
from computegrid import manifest, saving

FORMAT_1 = Path(__file__).parent / "saved" / "format-1.zip"
"""A run that an earlier version saved: its inputs, its answer, and two of its tables."""


@pytest.fixture
def dispatch() -> cg.Dispatch:
    regions = gpd.GeoDataFrame({"name": ["North", "South"]}, index=["n", "s"], crs="EPSG:4326",
                               geometry=[shapely.box(2, 50, 4, 52), shapely.box(2, 46, 4, 48)])
    sites = pd.DataFrame({"capacity_mw": [9.0, 6.0], "energy_usd_per_mwh": [80.0, 50.0],
                          "control": ["FR", "US"], "lon_deg": [3.0, 8.0], "lat_deg": [49.0, 50.0]},
                         index=["a", "b"])
    cap = cg.Limit(label="cap", quantity="it_mw", max=5.0, supply={"control": "US"})
    return cg.solve(cg.Scenario.from_tables(
        regions, sites, pd.DataFrame({"region": ["n", "s"], "mw": [4.0, 3.0]}), name="own",
        regimes={"free": cg.Regime("free", ()), "capped": cg.Regime("capped", (cap,))},
        default_regime="capped"))


def files(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes()
            for file in folder.rglob("*") if file.is_file()}


def test_every_file_is_listed_with_its_size_and_hash(dispatch, tmp_path):
    folder = dispatch.save(tmp_path / "run")
    told = json.loads((folder / "run.json").read_text("utf-8"))
    assert told["format"] == 2
    assert set(told["files"]) == set(files(folder)) - {"run.json"}
    for name, kept in told["files"].items():
        file = folder / name
        assert kept == {"bytes": file.stat().st_size, "sha256": manifest.digest(file)}


def test_every_file_that_was_changed_or_is_missing_is_named(dispatch, tmp_path):
    folder = dispatch.save(tmp_path / "run")
    for name in files(folder):
        shutil.copytree(folder, tmp_path / "other")
        file = tmp_path / "other" / name
        raw = file.read_bytes()
        if name == "run.json":
            file.write_bytes(raw.replace(b'"optimal"', b'"perfect"'))
        else:
            file.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
        with pytest.raises(cg.DataError, match="not as it was saved") as found:
            cg.read(tmp_path / "other")
        assert [(fault.table, "was changed" in fault.message) for fault in found.value.faults] == [
            (name, True)]
        if name != "run.json":
            file.unlink()
            with pytest.raises(cg.DataError) as found:
                cg.read(tmp_path / "other")
            assert [(fault.table, fault.message) for fault in found.value.faults] == [
                (name, "is missing")]
        shutil.rmtree(tmp_path / "other")


def test_all_that_is_wrong_with_a_run_is_said_at_once(dispatch, tmp_path):
    folder = dispatch.save(tmp_path / "run")
    sites = gpd.read_parquet(folder / "inputs" / "sites.parquet")
    sites.assign(control="FR").to_parquet(folder / "inputs" / "sites.parquet")
    (folder / "flows.csv").unlink()
    for name in ("prices.csv", "rents.csv", "delays.csv"):
        (folder / name).unlink()
    (folder / "prices.csv").mkdir()
    (folder / "rents.csv").symlink_to(tmp_path / "gone")
    os.mkfifo(folder / "delays.csv")
    with pytest.raises(cg.DataError, match="put back what was saved, or solve again") as found:
        cg.read(folder)
    said = {fault.table: fault.message for fault in found.value.faults}
    assert set(said) == {"inputs/sites.parquet", "flows.csv", "prices.csv", "rents.csv",
                         "delays.csv"}
    assert "bytes, where" in said["inputs/sites.parquet"]
    assert said["prices.csv"] == "is a folder, where a file was written"
    assert said["rents.csv"] == "is a link that leads nowhere"
    assert said["delays.csv"] == "is a device or pipe, where a file was written"


@pytest.mark.parametrize("files", [None, [], {"../x": {"sha256": "0" * 64}}, {"x": 5},
                                   {"x": {"sha256": "0" * 64, "bytes": -1}}, {"x": {"sha256": 1}},
                                   {"/etc/passwd": {"sha256": "0" * 64}}])
def test_a_list_of_files_that_is_none_is_refused(dispatch, tmp_path, files):
    folder = dispatch.save(tmp_path / "run")
    told = json.loads((folder / "run.json").read_text("utf-8")) | {"files": files}
    (folder / "run.json").write_text(json.dumps(manifest.sealed(told)), "utf-8")
    with pytest.raises(cg.DataError, match=r"run\.json"):
        cg.read(folder)


def test_a_table_that_the_run_does_not_list_is_not_read(dispatch, tmp_path):
    folder = dispatch.save(tmp_path / "run")
    pd.DataFrame({"a": [1]}).to_parquet(folder / "inputs" / "extra.parquet")
    assert "extra" not in cg.read(folder).scenario.tables


def test_a_run_of_format_1_is_read_and_says_that_its_files_are_not_hashed(tmp_path):
    with zipfile.ZipFile(FORMAT_1) as packed:
        packed.extractall(tmp_path / "run")
    run = cg.read(tmp_path / "run")
    assert run.cost_usd == 1395.0 and run.regime.name == "strict"
    assert [r.table for r in run.scenario.remarks if "not hashed" in r.message] == ["run.json"]
    again = cg.read(run.save(tmp_path / "anew"))
    assert again.cost_usd == 1395.0
    with pytest.raises(cg.DataError, match="of format 1, which does not list the files"):
        run.save(tmp_path / "run")


def test_a_run_of_before_there_were_chains_is_read(tmp_path):
    """It holds one array less, which its hash of all figures does not count."""
    with zipfile.ZipFile(FORMAT_1) as packed:
        packed.extractall(tmp_path / "run")
    file, told = tmp_path / "run" / "inputs" / "scenario.npz", tmp_path / "run" / "run.json"
    with np.load(file) as kept:
        arrays = {name: kept[name] for name in kept.files if name != "chain"}
    np.savez_compressed(file, **arrays)
    said = json.loads(told.read_text("utf-8"))
    digest = hashlib.sha256(json.dumps(said["rules"], sort_keys=True).encode())
    for values in arrays.values():
        digest.update(values.tobytes())
    told.write_text(json.dumps(said | {"inputs_sha256": digest.hexdigest()}), "utf-8")
    assert cg.read(tmp_path / "run").cost_usd == 1395.0
    answer = tmp_path / "run" / "inputs" / "answer.npz"
    with np.load(answer) as kept:
        x, row_dual = kept["x"], kept["row_dual"]
    np.savez_compressed(answer, x=x[1:], row_dual=row_dual)
    with pytest.raises(cg.DataError, match="other equations, those of an older version or its own"):
        cg.read(tmp_path / "run")
    arrays["available_mw"] = arrays["available_mw"] * 2
    np.savez_compressed(file, **arrays)
    with pytest.raises(cg.DataError, match="its inputs are not those the run was made from"):
        cg.read(tmp_path / "run")


@pytest.mark.parametrize("known", [3, 0, "2", None, True, 2.0])
def test_a_format_that_is_not_known_is_refused_by_name(dispatch, tmp_path, known):
    folder = dispatch.save(tmp_path / "run")
    told = json.loads((folder / "run.json").read_text("utf-8")) | {"format": known}
    (folder / "run.json").write_text(json.dumps(manifest.sealed(told)), "utf-8")
    with pytest.raises(cg.DataError, match=f"format {known!r}, written by computegrid "
                                           f"{cg.__version__}; this version reads formats 1 to 2"):
        cg.read(folder)


def test_the_geometry_comes_back_and_a_run_is_drawn_from_its_folder_alone(dispatch, tmp_path):
    again = cg.read(dispatch.save(tmp_path / "run"))
    assert isinstance(again.scenario.regions, gpd.GeoDataFrame)
    assert again.scenario.regions.geometry.geom_equals(dispatch.scenario.regions.geometry).all()
    assert again.scenario.sites.crs == dispatch.scenario.sites.crs
    again.explore().save(tmp_path / "map.html")
    assert "North" in (tmp_path / "map.html").read_text("utf-8")


def test_what_a_planner_put_into_the_folder_stays(dispatch, tmp_path):
    folder = dispatch.save(tmp_path / "run")
    (folder / "notes.txt").write_text("keep")
    (folder / "mine.csv").write_text("a,b\n")
    (folder / "inputs" / "own.parquet").write_bytes(b"mine")
    (folder / "plots" / "july").mkdir(parents=True)
    (folder / "plots" / "july" / "a.png").write_bytes(b"png")
    (folder / "empty").mkdir()
    (folder / "link").symlink_to("notes.txt")
    (folder / "plots").chmod(0o750)
    number = (folder / "notes.txt").stat().st_ino
    (folder / "prices.csv").unlink()
    (folder / "flows.csv").touch()
    cg.solve(dispatch.scenario, "free").save(folder)
    assert (folder / "notes.txt").read_text() == "keep"
    assert (folder / "notes.txt").stat().st_ino == number
    assert (folder / "mine.csv").read_text() == "a,b\n"
    assert (folder / "inputs" / "own.parquet").read_bytes() == b"mine"
    assert (folder / "plots" / "july" / "a.png").read_bytes() == b"png"
    assert (folder / "plots").stat().st_mode & 0o777 == 0o750
    assert (folder / "empty").is_dir() and (folder / "link").readlink() == Path("notes.txt")
    assert cg.read(folder).regime.name == "free"
    assert "notes.txt" not in json.loads((folder / "run.json").read_text("utf-8"))["files"]
    assert [one.name for one in tmp_path.iterdir()] == ["run"]


def test_where_files_cannot_be_linked_a_planners_are_copied(dispatch, tmp_path, monkeypatch):
    folder = dispatch.save(tmp_path / "run")
    (folder / "notes.txt").write_text("keep")

    def refuse(*_, **__):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(saving, "_exchanged", lambda *_: False)
    dispatch.save(folder)
    assert (folder / "notes.txt").read_text() == "keep"
    assert [one.name for one in tmp_path.iterdir()] == ["run"]


def test_what_comes_into_the_folder_while_it_is_replaced_stays(dispatch, tmp_path, monkeypatch):
    folder = dispatch.save(tmp_path / "run")
    swap = saving._swap

    def late(new: Path, old: Path) -> Path | None:
        (old / "late.txt").write_text("keep")
        return swap(new, old)

    monkeypatch.setattr(saving, "_swap", late)
    dispatch.save(folder)
    assert (folder / "late.txt").read_text() == "keep"


def test_a_file_of_the_run_that_a_planner_edited_is_not_overwritten(dispatch, tmp_path):
    folder = dispatch.save(tmp_path / "run")
    with (folder / "flows.csv").open("a") as file:
        file.write("a note of mine\n")
    told = json.loads((folder / "run.json").read_text("utf-8"))
    (folder / "run.json").write_text(json.dumps(told | {"title": "Mine"}), "utf-8")
    before = files(folder)
    with pytest.raises(cg.DataError, match="keep them under other names") as found:
        dispatch.save(folder)
    assert {fault.table for fault in found.value.faults} == {"run.json", "flows.csv"}
    assert files(folder) == before


@pytest.mark.parametrize("way", ["file", "folder"])
def test_a_planners_file_in_the_place_of_a_new_one_is_not_overwritten(
    dispatch, tmp_path, monkeypatch, way
):
    folder = dispatch.save(tmp_path / "run")
    tables = dispatch._contents()
    monkeypatch.setattr(cg.Dispatch, "_contents", lambda _: {**tables, "new": tables["flows"]})
    if way == "file":
        (folder / "new.csv").write_text("mine")
    else:
        (folder / "new.csv").mkdir()
    before = files(folder)
    with pytest.raises(cg.DataError, match=r"holds new\.csv, which is none of its run's files"):
        dispatch.save(folder)
    assert files(folder) == before
    assert [one.name for one in tmp_path.iterdir()] == ["run"]


def test_a_streamed_run_is_not_overwritten(dispatch, tmp_path):
    cg.solve_streamed(dispatch.scenario, tmp_path / "run", "free")
    with pytest.raises(cg.DataError, match="holds a streamed run"):
        dispatch.save(tmp_path / "run")


@pytest.mark.parametrize(("umask", "file", "folder"), [
    (0o022, 0o644, 0o755), (0o027, 0o640, 0o750), (0o077, 0o600, 0o700), (0o002, 0o664, 0o775)])
def test_permissions_follow_the_umask(dispatch, tmp_path, umask, file, folder):
    before = os.umask(umask)
    try:
        run = dispatch.save(tmp_path / "run")
        saving.write_text(tmp_path / "map.html", "page")
    finally:
        os.umask(before)
    for one in run.rglob("*"):
        assert one.stat().st_mode & 0o777 == (folder if one.is_dir() else file), one
    assert run.stat().st_mode & 0o777 == folder
    assert (tmp_path / "map.html").stat().st_mode & 0o777 == file


def test_permissions_of_what_is_replaced_are_kept(dispatch, tmp_path):
    run = dispatch.save(tmp_path / "run")
    run.chmod(0o700)
    page = saving.write_text(tmp_path / "map.html", "old")
    page.chmod(0o600)
    dispatch.save(run)
    saving.write_text(page, "new")
    assert run.stat().st_mode & 0o777 == 0o700
    assert page.stat().st_mode & 0o777 == 0o600 and page.read_text() == "new"
