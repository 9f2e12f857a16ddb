"""Saved runs read back: as the dispatch, or the streamed run, that each was."""

from __future__ import annotations

from pathlib import Path

from computegrid.dispatch import Dispatch
from computegrid.errors import DataError, SolverError
from computegrid.manifest import INPUTS, hashed, read_told, require_unchanged
from computegrid.program.build import build_program
from computegrid.runs import UNREADABLE, inputs_again, stored_arrays
from computegrid.solvers.certificate import certify
from computegrid.solvers.solution import Solution, Status
from computegrid.streaming.answer import StreamedRun
from computegrid.streaming.folder import is_streamed, read_streamed, unfinished


def read(path: str | Path) -> Dispatch | StreamedRun:
    """Read a saved run back as the dispatch it was, or a streamed run from its folder.

    Every file that ``run.json`` lists is compared with its hash, and the answer of a dispatch is
    certified again, so a run that was changed or damaged is refused. A run of format 1 has no
    hashes, which its ``scenario.remarks`` say. Files it does not list are not read.

    Parameters
    ----------
    path : str or Path
        Folder that :meth:`Dispatch.save` or :func:`computegrid.solve_streamed` wrote.

    Returns
    -------
    Dispatch or StreamedRun

    Raises
    ------
    DataError
        If the folder is no saved run, or of a format that is not known; if files are missing or
        were changed, all of them by name; or if it holds a dispatch of the Pyomo door or of a
        study with equations of its own (its tables are there to be read as CSV or Parquet).
    """
    folder = Path(path)
    if unfinished(folder):
        raise DataError(f"{folder} holds a streamed run that is not finished; solve_streamed() on "
                        "the same folder goes on with it")
    told = read_told(folder)
    require_unchanged(folder, told)
    try:
        if is_streamed(told):
            return read_streamed(folder, told)
        scenario, regime = inputs_again(folder, told)
        answer = stored_arrays(folder / INPUTS / "answer.npz")
        x, row_dual = answer["x"], answer["row_dual"]
    except UNREADABLE as error:
        raise DataError(f"{folder} is no saved run that can be read: {error}") from error
    lp = build_program(scenario, regime, told["minimise"])
    if (len(x), len(row_dual)) != (lp.n_columns, lp.n_rows):
        what = ("equations of its own, which is not kept" if hashed(told) else
                "other equations, those of an older version or its own, which are not kept")
        raise DataError(f"{folder} holds a program with {what}; read its tables as CSV or Parquet, "
                        "or solve again")
    solution = Solution(Status.OPTIMAL, x, row_dual, told["solver"], 0.0)
    try:
        certificate, reduced = certify(lp, solution, scenario.arrays)
    except SolverError as error:
        older = "" if hashed(told) else ", or is of a version with other equations"
        raise DataError(f"{folder} was changed or damaged{older}: {error}") from error
    return Dispatch(
        scenario=scenario, regime=regime, minimise=told["minimise"], status=told["status"],
        solver=told["solver"], certificate=certificate, _lp=lp, _x=x, _row_dual=row_dual,
        _reduced=reduced,
    )
