"""Nothing is written over a link, a device, a pipe or a folder, nor under a name that misleads."""

from __future__ import annotations

import io
import os
import socket
from pathlib import Path

import pandas as pd
import pytest

import computegrid as cg
from computegrid.maps import save_page
from computegrid.report import write_report
from computegrid.saving import write_text
from computegrid.scenario.newmodel import new_model
from computegrid.targets import PAGES, PLOTS, require_folder_target, require_target


@pytest.fixture(scope="module")
def dispatch() -> cg.Dispatch:
    return cg.solve(cg.Scenario.from_tables(
        pd.DataFrame({"lon_deg": [2.0], "lat_deg": [48.0]}, index=["n"]),
        pd.DataFrame({"capacity_mw": [9.0], "lon_deg": [3.0], "lat_deg": [49.0]}, index=["a"]),
        pd.DataFrame({"region": ["n"], "mw": [4.0]}), name="own"))


def page(dispatch: cg.Dispatch, path: Path) -> None:
    dispatch.explore().save(str(path))


FILES = {
    "page.save": page,
    "page.save of bytes": lambda d, path: d.explore().save(os.fsencode(path)),
    "save_page": lambda d, path: save_page(d.explore(), path),
    "write_report": lambda d, path: write_report(d, None, path),
    "write_text": lambda _, path: write_text(path, "text"),
}
FOLDERS = {
    "dispatch.save": lambda d, path: d.save(path),
    "solve_streamed": lambda d, path: cg.solve_streamed(d.scenario, path),
    "new": lambda _, path: new_model(path, "gulf"),
}


def odd(kind: str, at: Path) -> tuple[Path, str]:
    """What stands in the way at a path, and the word for it."""
    if kind in ("link to a file", "link to a folder", "link to nothing"):
        to = at.parent / "target"
        if kind == "link to a file":
            to.write_text("keep")
        elif kind == "link to a folder":
            to.mkdir()
        at.symlink_to(to)
        return at, "is a link to .*target"
    if kind == "pipe":
        os.mkfifo(at)
        return at, "is a pipe"
    if kind == "socket":
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(os.path.relpath(at))
        return at, "is a socket"
    if kind == "below a file":
        at.write_text("keep")
        return at / "below.html", "lies below .*, which is no folder"
    return at.parent / f"{'x' * 300}.html", "cannot be the name of a"


def states(folder: Path) -> list[tuple[str, int, int]]:
    return sorted((one.name, one.lstat().st_ino, one.lstat().st_mode) for one in folder.iterdir())


KINDS = ("link to a file", "link to a folder", "link to nothing", "pipe", "socket",
         "below a file", "too long")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("door", [*FILES, *FOLDERS])
def test_odd_targets_are_refused_by_every_door_and_left_alone(dispatch, tmp_path, door, kind):
    path, said = odd(kind, tmp_path / "m.html")
    before = states(tmp_path)
    with pytest.raises(cg.DataError, match=said):
        (FILES | FOLDERS)[door](dispatch, path)
    assert states(tmp_path) == before
    if kind == "link to a file":
        assert (tmp_path / "target").read_text() == "keep"


@pytest.mark.parametrize("door", FILES)
def test_a_folder_is_no_file_and_a_file_no_folder(dispatch, tmp_path, door):
    (tmp_path / "m.html").mkdir()
    with pytest.raises(cg.DataError, match=r"is a folder; name a file, e\.g\. "):
        FILES[door](dispatch, tmp_path / "m.html")
    (tmp_path / "file").write_text("keep")
    for write in FOLDERS.values():
        with pytest.raises(cg.DataError, match="is a file; name a folder"):
            write(dispatch, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "keep"


@pytest.mark.parametrize("name", ["/dev/null", "/dev/stdin", "/dev/fd/0"])
def test_devices_are_refused(name):
    """Asked, and not written: where the refusal fails, a superuser's test would replace it."""
    for require in (require_target, require_folder_target):
        with pytest.raises(cg.DataError, match=r"is a (device|link|pipe)|lies below"):
            require(Path(name))


@pytest.mark.parametrize("door", ["page.save", "save_page", "write_report"])
@pytest.mark.parametrize("name", ["x.pdf", "x.PNG", "x", "x.html.txt", ".html"])
def test_a_page_under_a_name_of_another_format_is_refused(dispatch, tmp_path, door, name):
    with pytest.raises(cg.DataError, match=r"is written as \.html or \.htm; end its name so"):
        FILES[door](dispatch, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_what_is_refused_and_what_is_not(tmp_path):
    for name in ("a.html", "A.HTM", "b.v1.html"):
        assert require_target(tmp_path / name, "map", PAGES) == tmp_path / name
    with pytest.raises(cg.DataError, match=r"a plot is written as \.png, \.svg or \.pdf"):
        require_target(tmp_path / "a.html", "plot", PLOTS)
    for name in ("a\0b", "x" * 300):
        with pytest.raises(cg.DataError, match="cannot be the name of a"):
            require_target(tmp_path / name)


def test_folders_above_are_made_and_links_above_are_followed(dispatch, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    page(dispatch, tmp_path / "link" / "new" / "m.html")
    assert (tmp_path / "real" / "new" / "m.html").stat().st_size > 1000
    dispatch.save(tmp_path / "link" / "other" / "run")
    assert cg.read(tmp_path / "real" / "other" / "run").cost_usd == dispatch.cost_usd


def test_a_page_is_saved_into_an_open_file_too(dispatch):
    out = io.BytesIO()
    dispatch.explore().save(out, close_file=False)
    assert out.getvalue().lstrip().lower().startswith(b"<!doctype html")
