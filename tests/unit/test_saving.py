"""Nothing lost: a run is there whole or not at all, and reads back as what it was."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from saving_child import save_for_ever

import computegrid as cg
from computegrid import manifest, runs, saving

KILLS = int(os.environ.get("COMPUTEGRID_KILLS", "12"))


@pytest.fixture
def dispatch() -> cg.Dispatch:
    hours = pd.date_range("2025-07-15", periods=3, freq="h", tz="UTC")
    scenario = cg.Scenario.from_tables(
        regions=pd.DataFrame({"lon_deg": [2.0, 13.0], "lat_deg": [48.0, 52.0], "bloc": "EU"},
                             index=["Paris", "=1+1"]),
        sites=pd.DataFrame({"capacity_mw": [20.0, 9.0], "energy_usd_per_mwh": [90.0, 60.0],
                            "lon_deg": [3.0, 8.0], "lat_deg": [50.0, 50.0],
                            "control": ["FR", "US"]}, index=["里尔", "Frankfurt"]),
        demand=pd.DataFrame({"region": np.repeat(["Paris", "=1+1"], 3),
                             "hour": list(hours) * 2, "mw": [5.0, 9, 7, 3, 4, 8]}),
        workloads=pd.DataFrame({"defer_hours": [2.0]}, index=["work"]), name="own")
    regime = cg.Regime("strict", (
        cg.Limit(label="cap", quantity="it_mw", max=6, supply={"control": "US"}, penalty_usd=3.0,
                 hours=[hours[0], hours[1]]),
        cg.Share(label="home", supply={"control": "FR"}, min=0.25, each=["region"]),
        cg.Forbid(label="closed", demand={"region": "Paris"}, supply={"control": ["US"]},
                  hours={"hour_utc": {"min": 2}})), title="Strict", source="S1")
    return cg.solve(scenario, regime)


def list_anew(folder: Path, edit: Callable[[dict[str, Any]], None] = lambda _: None) -> None:
    """Give a run the hashes of the files it has now, as who forges one would."""
    told = json.loads((folder / "run.json").read_text("utf-8"))
    edit(told)
    told["files"] = manifest.listed(folder)
    (folder / "run.json").write_text(json.dumps(manifest.sealed(told)), "utf-8")


def test_a_run_reads_back_as_it_was(dispatch: cg.Dispatch, tmp_path: Path) -> None:
    again = cg.read(dispatch.save(tmp_path / "run"))
    for name, table in dispatch._contents().items():
        pd.testing.assert_frame_equal(again._contents()[name], table)
    assert again.cost_usd == dispatch.cost_usd
    assert again.certificate == dispatch.certificate
    assert [r.label for r in again.regime.rules] == [r.label for r in dispatch.regime.rules]
    pd.testing.assert_frame_equal(pd.DataFrame(again.scenario.sites.drop(columns="geometry")),
                                  pd.DataFrame(dispatch.scenario.sites.drop(columns="geometry")))
    assert cg.solve(again.scenario, again.regime).cost_usd == pytest.approx(dispatch.cost_usd)


def test_run_json_says_what_it_was_made_from(dispatch: cg.Dispatch, tmp_path: Path) -> None:
    told = json.loads((dispatch.save(tmp_path / "run") / "run.json").read_text("utf-8"))
    assert len(told["inputs_sha256"]) == 64
    assert told["versions"]["computegrid"] == cg.__version__
    assert {rule["label"] for rule in told["rules"]} == {"cap", "home", "closed"}
    assert told["certificate"]["primal_residual"] <= 1e-6


def test_csv_holds_no_formula(dispatch: cg.Dispatch, tmp_path: Path) -> None:
    folder = dispatch.save(tmp_path / "run")
    assert "'=1+1" in (folder / "unserved.csv").read_text("utf-8")
    assert "=1+1" in set(pd.read_parquet(folder / "unserved.parquet")["region"])
    for text in ("=cmd()", "+1", "-1", "@x", "\tx", "\rx"):
        safe = saving.safe_csv(pd.DataFrame({"a": [text]}))["a"].iloc[0]
        assert safe == "'" + text


def test_another_models_run_is_not_overwritten(dispatch: cg.Dispatch, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("keep")
    with pytest.raises(cg.DataError, match="is no saved run"):
        dispatch.save(tmp_path / "notes")
    (tmp_path / "file").write_text("keep")
    with pytest.raises(cg.DataError, match="is a file"):
        dispatch.save(tmp_path / "file")
    (tmp_path / "notes" / "mine.txt").unlink()
    (tmp_path / "notes" / "run.json").write_text('{"model": "other"}')
    with pytest.raises(cg.DataError, match="holds a run of 'other'"):
        dispatch.save(tmp_path / "notes")


@pytest.mark.parametrize("point", ["to_parquet", "savez_compressed", "fsync"])
def test_a_full_disk_leaves_the_old_run(
    dispatch: cg.Dispatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    folder = dispatch.save(tmp_path / "run")
    before = sorted((p.name, p.stat().st_mtime_ns) for p in folder.rglob("*"))

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    owner = {"to_parquet": pd.DataFrame, "savez_compressed": np, "fsync": os}[point]
    monkeypatch.setattr(owner, point, full)
    with pytest.raises(cg.DataError, match="No space left on device; what was there is untouched"):
        dispatch.save(folder)
    monkeypatch.undo()
    assert sorted((p.name, p.stat().st_mtime_ns) for p in folder.rglob("*")) == before
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    cg.read(folder)


def test_killed_saves_leave_a_whole_run(dispatch: cg.Dispatch, tmp_path: Path) -> None:
    source, target = dispatch.save(tmp_path / "source"), tmp_path / "run"
    dispatch.save(target)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["computegrid"])
    rng = random.Random(5)
    for _ in range(KILLS):
        ready = context.Event()
        child = context.Process(target=save_for_ever, args=(str(source), str(target), ready))
        child.start()
        assert ready.wait(60)
        time.sleep(rng.uniform(0.0, 0.25))
        child.kill()
        child.join()
        assert cg.read(target).cost_usd == dispatch.cost_usd


def test_damaged_or_changed_runs_are_refused(dispatch: cg.Dispatch, tmp_path: Path) -> None:
    folder = dispatch.save(tmp_path / "run")
    with pytest.raises(cg.DataError, match="no saved run"):
        cg.read(tmp_path / "nowhere")
    answer = folder / "inputs" / "answer.npz"
    with np.load(answer) as stored:
        x, y = stored["x"], stored["row_dual"]
    np.savez(answer, x=x + 0.5, row_dual=y)
    list_anew(folder)
    with pytest.raises(cg.DataError, match="changed or damaged"):
        cg.read(folder)
    answer.write_bytes(answer.read_bytes()[:100])
    list_anew(folder)
    with pytest.raises(cg.DataError, match="no saved run that can be read"):
        cg.read(folder)
    shutil.rmtree(folder)
    list_anew(dispatch.save(folder), lambda told: told["rules"][0].update(max=60))
    with pytest.raises(cg.DataError, match="not those the run was made from"):
        cg.read(folder)


def test_a_planners_model_is_saved_but_not_read_back(
    dispatch: cg.Dispatch, tmp_path: Path
) -> None:
    import pyomo.environ as pyo

    m = cg.to_pyomo(dispatch.scenario)
    m.own = pyo.Var(bounds=(0, 1))
    m.use = pyo.Constraint(expr=m.own >= 0.5)
    folder = cg.solve_pyomo(m).save(tmp_path / "run")
    assert (folder / "flows.csv").is_file()
    with pytest.raises(cg.DataError, match="equations of its own"):
        cg.read(folder)


@pytest.mark.parametrize(("most", "file"), [(400, "npz"), (10, "parquet")])
def test_a_run_that_unpacks_to_too_much_is_refused(
    dispatch: cg.Dispatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, file: str
) -> None:
    folder = dispatch.save(tmp_path / "run")
    if file == "npz":
        for table in (folder / "inputs").glob("*.parquet"):
            table.unlink()
        list_anew(folder)
    monkeypatch.setattr(runs, "MOST_UNPACKED", most)
    with pytest.raises(cg.DataError, match=rf"{file} would unpack to"):
        cg.read(folder)
