"""Text of any origin is shown as it is written: no markup, no terminal sequence is obeyed."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata

import pandas as pd
import pytest

import computegrid as cg
from computegrid.commands.console import marked, stdout
from computegrid.commands.shared import progress_bar
from computegrid.errors import DataError, Fault, RuleWarning, lines_of
from computegrid.inert import inert

LIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
HOSTILE = "a[/red] [bold]b\\[i] :smile: \x1b[31mc\x1b]0;d\x07\x9b2J\u202ee"
SHOWN = "a[/red] [bold]b\\[i] :smile: [31mc]0;d2Je"


def test_what_a_terminal_obeys_is_taken_out_and_the_rest_stays():
    assert inert(HOSTILE) == SHOWN
    assert inert("two\nlines\tand a tab, é 贵安 🙂") == "two\nlines\tand a tab, é 贵安 🙂"
    assert (inert(None), inert(float("nan")), inert(7)) == ("", "", "7")
    controls = "".join(chr(i) for i in range(0x11000)
                       if unicodedata.category(chr(i)) == "Cc" or 0x2066 <= i <= 0x2069)
    assert inert(controls) == "\t\n"


def test_errors_and_warnings_are_inert():
    fault = Fault("sites.csv", HOSTILE, row=HOSTILE, column=HOSTILE, value=HOSTILE, cure=HOSTILE)
    for said in (str(fault), str(DataError(HOSTILE, [fault])), str(cg.ScenarioError(HOSTILE)),
                 str(cg.InfeasibleError(HOSTILE)), str(RuleWarning(HOSTILE)), *lines_of([fault])):
        assert SHOWN in said and not LIVE.search(said)


def test_a_console_prints_text_tables_and_progress_as_they_are(capsys):
    from rich.table import Table

    console = stdout()
    table = Table(HOSTILE, title=HOSTILE)
    table.add_row(HOSTILE)
    console.print(table)
    console.print(HOSTILE)
    console.print(marked("odd", "yellow", HOSTILE))
    with progress_bar(console) as progress:
        progress(0, 1, HOSTILE)
    said = capsys.readouterr().out
    assert said.count(SHOWN) == 5 and not LIVE.search(said)


@pytest.fixture(scope="module")
def hostile_folder(tmp_path_factory):
    """A model whose path, title, regime, rule, site and remarks hold markup and sequences."""
    folder = tmp_path_factory.mktemp("models") / "mine [/red] [b]"
    (folder / "facts").mkdir(parents=True)
    odd = HOSTILE.replace("\\", "\\\\").replace("\x1b", "\\u001b").replace("\x07", "\\u0007")
    odd = odd.replace("\x9b", "\\u009b")
    (folder / "model.toml").write_text(
        f'title = "{odd}"\ndata = "facts"\n[regimes."[/x] {odd}"]\ntitle = "{odd}"\n'
        f'[[regimes."[/x] {odd}".rules]]\nkind = "Limit"\nlabel = "[/] {odd}"\n'
        'quantity = "energy_mwh"\nmax = 1000.0\n', encoding="utf-8")
    pd.DataFrame({"region": ["home[/r]"], "name": [HOSTILE], "lon_deg": 1.0, "lat_deg": 1.0,
                  "demand_mw": 4.0}).to_csv(folder / "facts" / "regions.csv", index=False)
    pd.DataFrame({"site": ["[/a]", "[b]\u202e"], "name": [HOSTILE] * 2, "lon_deg": 2.0,
                  "lat_deg": 2.0, "capacity_mw": [9.0, 1.0], "energy_usd_per_mwh": 50.0}).to_csv(
        folder / "facts" / "sites.csv", index=False)
    pd.DataFrame({"workload": ["w[/w]"], "demand_share": 1.0, "max_rtt_ms": 100.0}).to_csv(
        folder / "facts" / "workloads.csv", index=False)
    return folder


def run(*arguments: object) -> str:
    done = subprocess.run([sys.executable, "-m", "computegrid", *map(str, arguments)],
                          capture_output=True, text=True, timeout=300, check=False)
    said = done.stdout + done.stderr
    assert "Traceback" not in said and "MarkupError" not in said
    assert not LIVE.search(said)
    return said


@pytest.mark.parametrize("arguments", [
    ["run", "--map", "[/m] [red].html", "--save", "run[/s]"], ["check"], ["compare"],
    ["frontier", "-x", "energy", "--points", "2", "--csv", "[/c].csv"],
    ["explain", "--region", "home[/r]", "--site", "[/a]"],
    ["run", "-r", "[/nothing]\x1b[31m"],
])
def test_every_command_shows_brackets_and_obeys_nothing(hostile_folder, arguments):
    command, *others = arguments
    others = [hostile_folder / one if one.endswith((".html", ".csv", "run[/s]")) else one
              for one in others]
    said = run(command, hostile_folder, *others)
    assert any(name in said for name in ("[/red]", "[/x]", "home[/r]", "[/nothing]"))


def test_a_folder_that_is_not_there_is_named_with_its_brackets(tmp_path):
    assert "[/gone] [red]" in run("run", tmp_path / "[/gone] [red]")
