"""The doors into the package, and what comes out of each: an answer, an error, or neither."""

from __future__ import annotations

import io
import json
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import computegrid as cg
from computegrid import cli
from computegrid.errors import ComputegridError
from computegrid.program.build import build_program

CPU_SECONDS = 20
"""A case that works longer hangs: usual ones take a tenth of a second."""
SAID = {
    0: "done",
    cli.EXIT_WRONG_INPUT: "wrong input",
    2: "wrong command line",
    cli.EXIT_INFEASIBLE: "infeasible",
    cli.EXIT_NO_ANSWER: "no certified answer",
}


class Hang(BaseException):
    """More CPU time than a case may take."""


@dataclass
class Outcome:
    """What a door gave back."""

    objective: float | None = None
    program: tuple[np.ndarray, ...] = ()
    error: BaseException | None = None
    text: str = ""
    remarks: frozenset[str] = frozenset()
    raw: str = ""
    """A traceback, where there must be none."""
    faults: tuple[Any, ...] = field(default=())

    @property
    def refused(self) -> bool:
        return self.error is not None


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(*_: Any) -> None:
        raise Hang(f"more than {CPU_SECONDS} s of CPU")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def through(door: Callable[[], Outcome]) -> Outcome:
    """What a door gives, its errors and warnings with it."""
    with warnings.catch_warnings(record=True) as caught, _alarm():
        warnings.simplefilter("error")
        warnings.simplefilter("always", cg.RuleWarning)
        try:
            out = door()
        except ComputegridError as error:
            out = Outcome(error=error, text=str(error), faults=getattr(error, "faults", ()))
        except (Exception, Hang) as error:
            out = Outcome(error=error, text=str(error), raw=traceback.format_exc())
    out.remarks |= {str(one.message) for one in caught}
    return out


def answer(scenario: cg.Scenario) -> Outcome:
    """Least cost, and the program in an order that rows and columns of tables do not change."""
    regime = scenario.regime(None)
    cost = build_program(scenario, regime, "cost")
    carbon = build_program(scenario, regime, "carbon")
    parts = (cost.cost, carbon.cost, cost.col_upper, cost.row_lower, cost.row_upper, cost.value)
    found = Outcome(
        program=tuple(np.sort(part) for part in parts),
        remarks=frozenset(str(remark) for remark in scenario.remarks),
    )
    try:
        found.objective = cg.solve(scenario).certificate.objective
    except cg.InfeasibleError as error:
        found.text, found.error = str(error), error
    return found


def command(arguments: list[str]) -> Outcome:
    """The command line in this process, as ``computegrid`` starts it."""
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            cli.main(arguments)
        except SystemExit as ended:
            code = ended.code or 0
    said = out.getvalue() + err.getvalue()
    raw = said if "Traceback" in said or code not in SAID else ""
    if "\x1b" in said:
        raw = "an escape sequence reaches the terminal: " + repr(
            said[max(said.index("\x1b") - 80, 0) :][:200]
        )
    found = Outcome(text=said, raw=raw)
    if code:
        found.error = RuntimeError(f"exit {code}: {SAID.get(code)}")
        found.raw = found.raw or ("" if err.getvalue().strip() else f"exit {code} without a word")
    elif "note:" in err.getvalue():
        found.remarks = frozenset(err.getvalue().split("note:")[1:])
    return found


def run_command(folder: Path, save: Path) -> Outcome:
    """``run``, and the objective it saved."""
    found = command(["run", str(folder), "--save", str(save)])
    if not found.refused:
        found.objective = json.loads((save / "run.json").read_text("utf-8"))["certificate"][
            "objective"
        ]
    return found


def read_run(run: Path) -> Outcome:
    """``cg.read`` of a saved run: its cost and what its tables say."""
    dispatch = cg.read(run)
    tables = (
        dispatch.flows["mw"],
        dispatch.prices.iloc[:, -1],
        dispatch.utilisation["mw"]
        if "mw" in dispatch.utilisation
        else dispatch.utilisation.iloc[:, -1],
    )
    return Outcome(
        objective=dispatch.certificate.objective,
        program=tuple(np.sort(np.asarray(t, dtype=float)) for t in tables),
    )
