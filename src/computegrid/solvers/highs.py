"""HiGHS: the reference solver, given arrays."""

from __future__ import annotations

import threading
import time
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from computegrid.errors import SolverError
from computegrid.program.algebra import LinearProgram
from computegrid.solvers.solution import Solution, Status

_STATUS = {
    highspy.HighsModelStatus.kOptimal: Status.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: Status.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: Status.UNBOUNDED,
    highspy.HighsModelStatus.kTimeLimit: Status.TIME_LIMIT,
    highspy.HighsModelStatus.kIterationLimit: Status.TIME_LIMIT,
    highspy.HighsModelStatus.kInterrupt: Status.INTERRUPTED,
}
_DOUBTED = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)
"""What presolve says is looked at once more without it: it judges rows by an absolute tolerance."""
TOLERANCE = 1e-9
"""Of feasibility, of a program in units of its own size. HiGHS's own 1e-7 leaves a demand that is a
thousandth of the typical one wrong by more than the certificate allows."""


def solve_highs(
    lp: LinearProgram, *, method: str | None = None, presolve: bool = True,
    time_limit_s: float | None = None, threads: int | None = None,
    whole: npt.NDArray[np.bool_] | None = None,
) -> Solution:
    """Solve with HiGHS.

    Parameters
    ----------
    lp : LinearProgram
    method : {"simplex", "ipx", "hipo"}, optional
        Chosen by :func:`choose_method` when None. Interior points always cross over to a vertex:
        without it a large penalty leaves the operating cost wrong.
    presolve : bool
    time_limit_s : float, optional
    threads : int, optional
    whole : bool array, shape (n,), optional
        Columns that take whole numbers only; the solution then has no row prices.

    Raises
    ------
    SolverError
        If HiGHS refuses the arrays or warns about them (it drops NaN and tiny coefficients).
    """
    if not lp.n_columns:
        return _nothing_to_decide(lp)
    chosen = method or ("choose" if whole is not None else choose_method(lp))
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    options: dict[str, Any] = {
        "output_flag": False, "log_to_console": False, "presolve": "on" if presolve else "off",
        "solver": chosen, "run_crossover": "on",
        "primal_feasibility_tolerance": TOLERANCE, "dual_feasibility_tolerance": TOLERANCE,
    }
    if whole is not None:
        options |= {"mip_rel_gap": 1e-7, "mip_abs_gap": 0.0}
    if time_limit_s is not None:
        options["time_limit"] = float(time_limit_s)
    if threads is not None:
        highspy.Highs.resetGlobalScheduler(True)
        options["threads"] = threads
    for name, value in options.items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS refuses the option {name} = {value!r}{_cure(value)}")
    begin = time.perf_counter()
    _hand_over(highs, lp, whole)
    ready = time.perf_counter()
    ended = _run(highs)
    if ended == highspy.HighsStatus.kError:
        raise SolverError("HiGHS stopped with an error; run with solver='highs' and report it")
    seconds = time.perf_counter() - ready
    status = highs.getModelStatus()
    if status in _DOUBTED and presolve:
        return solve_highs(lp, method="simplex" if whole is None else None, presolve=False,
                           time_limit_s=time_limit_s, threads=threads, whole=whole)
    found = _STATUS.get(status, Status.ERROR)
    answer = highs.getSolution()
    optimal = found is Status.OPTIMAL
    return Solution(
        status=found,
        x=np.array(answer.col_value if optimal else [], dtype=np.float64),
        row_dual=np.array(answer.row_dual if optimal else [], dtype=np.float64),
        solver=f"HiGHS {highs.version()}, {chosen}",
        seconds=seconds,
        handover_seconds=ready - begin,
    )


def _cure(value: object) -> str:
    """What to do where HiGHS came without the method asked for."""
    return ("; HiPO comes with an extra: pip install 'computegrid[hipo]', or use "
            "solver='highs-ipx'") if value == "hipo" else ""


def _run(highs: Any) -> Any:
    """Run so that Ctrl-C is heeded at once, where Python takes signals: in the main thread.

    Raises
    ------
    KeyboardInterrupt
        If the solve was interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        return highs.run()
    highs.HandleKeyboardInterrupt = True
    ended = highs.solve()
    if highs.getModelStatus() == highspy.HighsModelStatus.kInterrupt:
        raise KeyboardInterrupt
    return ended


def _nothing_to_decide(lp: LinearProgram) -> Solution:
    """Answer a program without variables: every row reads 0."""
    holds = bool((lp.row_lower <= 0).all() and (lp.row_upper >= 0).all())
    return Solution(
        status=Status.OPTIMAL if holds else Status.INFEASIBLE, x=np.zeros(0),
        row_dual=np.zeros(lp.n_rows if holds else 0), solver="no solver: nothing to decide",
        seconds=0.0,
    )


def choose_method(lp: LinearProgram) -> str:
    """Simplex for small or hour-separable programs, else interior point with crossover.

    ``benchmarks/methods.py`` compares the two.
    """
    if lp.n_columns < 50_000:
        return "simplex"
    return "simplex" if lp.couples <= {"hour"} else "ipx"


def _hand_over(
    highs: highspy.Highs, lp: LinearProgram, whole: npt.NDArray[np.bool_] | None
) -> None:
    for name in ("cost", "value"):
        if not np.isfinite(getattr(lp, name)).all():
            raise SolverError(f"the program's {name} holds NaN or infinity")
    for name in ("col_lower", "col_upper", "row_lower", "row_upper"):
        if np.isnan(getattr(lp, name)).any():
            raise SolverError(f"the program's {name} holds NaN")
    empty = np.zeros(0, dtype=np.int32)
    status = highs.passModel(
        lp.n_columns, lp.n_rows, len(lp.value), 0, int(highspy.MatrixFormat.kRowwise), 0,
        int(highspy.ObjSense.kMinimize), 0.0, lp.cost, lp.col_lower, lp.col_upper,
        lp.row_lower, lp.row_upper, lp.start, lp.index, lp.value,
        empty, empty, np.zeros(0),
        (np.zeros(lp.n_columns) if whole is None else whole).astype(np.int32),
    )
    if status != highspy.HighsStatus.kOk:
        raise SolverError(
            f"HiGHS does not take the program as it is ({status}): a coefficient may be too small "
            "or too large; check the units of the tables"
        )
