"""The command line, run as a planner runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import computegrid as cg
from computegrid.cli import app


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "computegrid", *map(str, arguments)],
        capture_output=True, text=True, cwd=cwd, timeout=300, check=False,
    )


def test_help_teaches():
    shown = run("--help").stdout
    for word in ("models", "run", "check", "new", "Exit codes", "--from europe"):
        assert word in shown


def test_models_are_listed():
    done = run("models")
    assert done.returncode == 0
    for name in cg.models():
        assert name in done.stdout


def test_run_writes_tables_and_map(small_model, tmp_path):
    page, folder = tmp_path / "map.html", tmp_path / "tables"
    done = run("run", small_model, "--regime", "edwc", "--map", page, "--save", folder,
               "--lang", "zh", "--land", "fine", "--worldview", "natural-earth-de-facto")
    assert done.returncode == 0, done.stderr
    for word in ("东数西算", "training", "carbon", "MWh", "west-serves-eastern-batch"):
        assert word in done.stdout
    assert page.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html")
    drawn = page.read_text(encoding="utf-8")
    assert '<html lang="zh">' in drawn and "natural-earth-de-facto" in drawn
    flows = pd.read_csv(folder / "flows.csv", keep_default_na=False)
    assert list(flows.columns) == ["region", "workload", "site", "hour", "mw"]
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["regime"] == "edwc"


def test_a_long_horizon_is_streamed_into_a_folder(small_model, tmp_path):
    done = run("stream", small_model, "--save", tmp_path / "year", "--gap", "1e-6")
    assert done.returncode == 0, done.stderr
    assert "proven over all columns" in done.stdout
    assert any(line.split("│")[1].strip() == "mean distance" and line.split("│")[3].strip() == "km"
               for line in done.stdout.splitlines() if line.count("│") == 4)
    whole = cg.solve(cg.load(small_model), cg.load(small_model).default_regime)
    kept = json.loads((tmp_path / "year" / "run.json").read_text(encoding="utf-8"))
    assert kept["summary"]["cost_usd"] == pytest.approx(whole.cost_usd, rel=1e-6)
    assert pd.read_parquet(tmp_path / "year" / "flows.parquet")["mw"].sum() == pytest.approx(
        whole.flows["mw"].sum(), rel=1e-3)
    again = run("stream", small_model, "--save", tmp_path / "year", "--gap", "1e-6")
    assert again.returncode == 0 and again.stdout == done.stdout
    other = run("stream", small_model, "--save", tmp_path / "year", "--days", "2")
    assert other.returncode == 1 and "name another folder" in other.stderr


def test_a_folder_of_ones_own_gives_the_same_answer(small_model, tmp_path):
    mine = tmp_path / "mine"
    assert run("new", mine, "--from", small_model).returncode == 0
    assert run("check", mine).returncode == 0
    ours, theirs = cg.solve(cg.load(small_model), "edwc"), cg.solve(cg.load(mine), "edwc")
    assert theirs.cost_usd == pytest.approx(ours.cost_usd, rel=1e-12)
    kept = {path.name for path in (mine / "facts").iterdir()}
    assert {"regions.csv", "sites.csv", "sources.csv"} <= kept


def test_new_does_not_overwrite(small_model):
    done = run("new", small_model, "--from", "china")
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert [path.name for path in small_model.iterdir()] == ["model.toml"]


@pytest.mark.parametrize(("arguments", "code", "says"), [
    (["run", "chna"], 1, "did you mean 'china'?"),
    (["run", "china", "--regime", "edcw"], 1, "did you mean 'edwc'?"),
    (["run"], 2, "Missing argument"),
    (["fly"], 2, "No such command"),
    (["run", "china", "--minimise", "profit"], 2, "carbon"),
    (["run", "china", "--map", "/"], 1, "is a folder"),
    (["run", "china", "--worldview", "mine"], 1, "natural-earth-de-facto"),
])
def test_errors_are_one_paragraph_and_a_code(arguments, code, says):
    done = run(*arguments)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_check_names_what_is_wrong(small_model):
    file = small_model / "model.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("default_regime", "defualt_regime", 1), encoding="utf-8")
    done = run("check", small_model)
    assert done.returncode == 1
    assert "model.toml" in done.stderr and "did you mean 'default_regime'?" in done.stderr


def test_infeasible_rules_have_their_own_code(small_model):
    with (small_model / "model.toml").open("a", encoding="utf-8") as file:
        file.write('\n[regimes.impossible]\n[[regimes.impossible.rules]]\nkind = "Share"\n'
                   'label = "nothing-but-gui-an"\nsupply = { site = "GA" }\nmin = 0.99\n')
    done = run("run", small_model, "--regime", "impossible", "--save", small_model / "out")
    assert done.returncode == 3
    assert "nothing-but-gui-an" in done.stderr
    assert not (small_model / "out").exists()


def test_a_missing_table_of_facts_is_told(small_model, tmp_path):
    mine = tmp_path / "mine"
    assert run("new", mine, "--from", small_model).returncode == 0
    (mine / "facts" / "grids.csv").unlink()
    done = run("run", mine)
    assert done.returncode == 1
    assert "grids.csv is missing" in done.stderr


def test_a_selector_of_the_model_that_means_nobody_is_refused(small_model):
    file = small_model / "model.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[regions]\n", '[regions]\nhub = ["YRD", "MARS"]\n', 1),
                    encoding="utf-8")
    done = run("check", small_model)
    assert done.returncode == 1
    assert "MARS" in done.stderr


def test_output_that_cannot_hold_chinese_still_comes(small_model):
    done = subprocess.run(
        [sys.executable, "-m", "computegrid", "check", str(small_model)], capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("arguments", "says"), [
    (["run", "MODEL", "--map", "/dev/null"], "/dev/null is a device"),
    (["run", "MODEL", "--map", "x.pdf"], "a map is written as .html or .htm"),
    (["run", "MODEL", "--save", "/dev/null"], "/dev/null is a device"),
    (["run", "MODEL", "--save", "LINK"], "is a link to"),
    (["stream", "MODEL", "--save", "LINK"], "is a link to"),
    (["new", "LINK", "--from", "gulf"], "is a link to"),
    (["report", "MODEL", "--out", "x.pdf"], "a report is written as .html or .htm"),
    (["compare", "MODEL", "--map", "LINK"], "is a link to"),
    (["compare", "MODEL", "--csv", "x.xlsx"], "a table is written as .csv"),
    (["freeze", "MODEL", "--csv", "x.pdf"], "a table is written as .csv"),
    (["freeze", "MODEL", "--map", "x.png"], "a map is written as"),
    (["frontier", "MODEL", "--csv", "LINK"], "is a link to"),
    (["frontier", "MODEL", "--plot", "x.html"], "a plot is written as .png, .svg or .pdf"),
    (["backcast", "MODEL", "--csv", "x"], "a table is written as .csv"),
    (["show", "MODEL", "--map", "x.svg"], "a map is written as"),
])
def test_what_cannot_be_written_is_refused_before_the_model_is_read(tmp_path, arguments, says):
    """The model is a folder with nothing in it: had it been read, that would be what is said."""
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    paths = {"MODEL": str(tmp_path), "LINK": str(tmp_path / "link")}
    if "--map" in arguments or "--csv" in arguments:
        paths["LINK"] += ".html" if "--map" in arguments else ".csv"
        (tmp_path / "link").rename(paths["LINK"])
    done = CliRunner().invoke(app, [paths.get(one, one) for one in arguments])
    assert isinstance(done.exception, cg.DataError)
    assert says in str(done.exception)
    assert sorted(one.stem for one in tmp_path.iterdir()) == ["link", "there"]


def test_a_saved_run_is_shown_reported_and_asked_again_from_its_folder(small_model, tmp_path):
    run("run", small_model, "--regime", "edwc", "--save", tmp_path / "run")
    shutil.rmtree(small_model)
    folder, page, paper = (tmp_path / name for name in ("run", "m.html", "r.html"))
    shown = run("show", folder, "--map", page, "--worldview", "natural-earth-de-facto")
    assert shown.returncode == 0, shown.stderr
    for word in ("regime edwc", "training", "west-serves-eastern-batch", "MWh"):
        assert word in shown.stdout
    assert "natural-earth-de-facto" in page.read_text("utf-8")
    done = run("report", folder, "--out", paper)
    assert done.returncode == 0, done.stderr
    kept, text = cg.read(folder), paper.read_text("utf-8")
    assert text.count('class="regime"') == 1 and kept.regime.title in text
    done = run("report", folder, "--regimes", "edwc,public-pool", "--out", paper)
    assert done.returncode == 0 and paper.read_text("utf-8").count('class="regime"') == 2
    asked = run("explain", folder, "--region", "CN-SH", "--site", kept.scenario.sites.index[0])
    assert asked.returncode == 0 and "CN-SH" in asked.stdout
    (folder / "inputs" / "sites.parquet").unlink()
    for command in (["show", folder], ["report", folder, "--out", paper], ["check", folder]):
        done = run(*command)
        assert done.returncode == 1 and "inputs/sites.parquet: is missing" in done.stderr
    empty = run("show", tmp_path)
    assert empty.returncode == 1 and "is no saved run: it holds no run.json" in empty.stderr


def test_a_streamed_run_is_shown_and_its_report_refused_with_what_is_possible(
    small_model, tmp_path
):
    cg.solve_streamed(cg.load(small_model), tmp_path / "year")
    shown = run("show", tmp_path / "year", "--map", tmp_path / "m.html")
    assert shown.returncode == 0 and "proven over all columns" in shown.stdout, shown.stderr
    assert (tmp_path / "m.html").stat().st_size > 1000
    done = run("report", tmp_path / "year", "--out", tmp_path / "r.html")
    assert done.returncode == 1 and "computegrid show" in done.stderr


def test_a_run_is_not_solved_for_a_folder_it_cannot_be_saved_in(small_model, tmp_path):
    folder = cg.solve(cg.load(small_model)).save(tmp_path / "run")
    with (folder / "flows.csv").open("a") as file:
        file.write("a note\n")
    done = run("run", small_model, "--save", folder)
    assert done.returncode == 1 and "flows.csv: was changed" in done.stderr
    assert "Totals" not in done.stdout


def test_interrupt_leaves_nothing_and_says_so(small_model, tmp_path):
    """Interrupted once the model is being read: 130, one sentence, no folder."""
    program = ("import threading, _thread, sys\n"
               "from computegrid import cli\n"
               "threading.Timer(0.2, _thread.interrupt_main).start()\n"
               "cli.solve = lambda *a, **k: [None for _ in range(10**9)]\n"
               "cli.main(sys.argv[1:])\n")
    done = subprocess.run(
        [sys.executable, "-c", program, "run", str(small_model), "--save", str(tmp_path / "out")],
        capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 130
    assert "interrupted" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_studies_at_the_command_line(small_model, tmp_path):
    """Frontier and freeze, in this process: what they say and what they write."""
    runner = CliRunner()
    curve, plot = tmp_path / "curve.csv", tmp_path / "curve.png"
    done = runner.invoke(app, ["frontier", str(small_model), "-x", "carbon", "--points", "2",
                               "--csv", str(curve), "--plot", str(plot)])
    assert done.exit_code == 0, done.output
    assert "cost_usd against carbon_t" in done.output
    assert len(pd.read_csv(curve)) == 2
    assert plot.read_bytes().startswith(b"\x89PNG")
    refused = runner.invoke(app, ["frontier", str(small_model), "--plot", "curve.xyz"])
    assert "is written as .png, .svg or .pdf" in str(refused.exception)
    done = runner.invoke(app, ["freeze", str(small_model), "--by", "chip_origin", "--only", "US",
                               "--spare-nobody", "--no-give-way"])
    assert done.exit_code == 0, done.output
    assert "Frozen by US: what goes unserved" in done.output
    assert "reserve for critical work" in " ".join(done.output.split())
    nobody = runner.invoke(app, ["freeze", str(small_model), "--only", "USA"])
    assert "nobody holds a switch by control named 'USA'" in str(nobody.exception)
