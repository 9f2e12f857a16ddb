"""One case per seed: a world, one thing wrong with it, a door, and what must come out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from bases import package, plain, read_literally
from doors import Outcome, answer, command, read_run, run_command, through
from files import spoil_folder, spoil_run
from literal import least
from mutations import Mutation, mutate, pick

import computegrid as cg

WORLDS, PACKAGES = 12, 4
EQUAL = 1e-6
DOORS = ("folder", "tables", "command line", "read")
NAMES = ("m", "a [b] c", "东数", "[red]", "with space", "é", "x;y")
"""What folders are called."""


class Case:
    """The case of a seed; ``complaints`` are what is wrong with how it ended."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.asked = False  # for a region that is not there, which the message is about
        rng = np.random.default_rng(seed)
        self.door = str(rng.choice(DOORS, p=(0.4, 0.3, 0.18, 0.12)))
        facts = self.door in ("folder", "command line") and rng.random() < 0.35
        number = int(rng.integers(PACKAGES if facts else WORLDS))
        self.base = base(number, facts)
        self.given = (package if facts else plain)(number).copy()
        self.where = f"{'package' if facts else 'world'} {number}"
        with TemporaryDirectory() as there:
            self.outcome = through(self._door(rng, Path(there)))
        self.complaints = judged(self)

    def _door(self, rng: np.random.Generator, there: Path) -> Callable[[], Outcome]:
        if self.door == "read":
            run = there / str(pick(rng, NAMES))
            shutil.copytree(saved(int(rng.integers(3))), run)
            self.base = through(lambda: read_run(run))
            self.mutation = spoil_run(rng, run)
            return lambda: read_run(run)
        by_bytes = self.door != "tables" and rng.random() < 0.25
        if not by_bytes:
            self.mutation = mutate(rng, self.given, model=self.door != "tables")
        if self.door == "tables":
            frames = self.given.frames()
            return lambda: answer(self.given.scenario(frames))
        folder = self.given.write(there / str(pick(rng, NAMES)))
        if by_bytes:
            self.mutation = spoil_folder(rng, folder, self.given.data)
        if self.door == "folder":
            return lambda: answer(cg.load(folder))
        other = pick(rng, ("run", "run", "check", "compare", "freeze", "frontier", "explain"))
        if other == "run":
            return lambda: run_command(folder, there / "saved [1]")
        self.asked = other == "explain"
        more = {
            "freeze": ["--csv", str(there / "f.csv")],
            "frontier": ["--points", "2"],
            "explain": ["--region", "[x]", "--site", "s"],
        }
        return lambda: command([other, str(folder), *more.get(other, [])])

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.door}, {self.where}, {self.mutation}"


@cache
def base(number: int, facts: bool) -> Outcome:
    """The answer before anything is wrong."""
    with TemporaryDirectory() as there:
        given = (package if facts else plain)(number).copy()
        found = through(lambda: answer(cg.load(given.write(Path(there) / "m"))))
    assert not found.refused, found.text
    return found


_KEPT = TemporaryDirectory()


@cache
def saved(number: int) -> Path:
    """A saved run to be spoilt in copies."""
    dispatch = cg.solve(plain(number).copy().scenario())
    return dispatch.save(Path(_KEPT.name) / f"run{number}")


def known(case: Case) -> bool:
    """What is mended elsewhere and not yet here."""
    return (
        (case.mutation.what == "column misnamed" and not case.outcome.raw)
        or case.door == "read"
        or case.outcome.raw.startswith("an escape sequence")
    )


def judged(case: Case) -> list[str]:
    """What is wrong with how a case ended; nothing where it ended as it should."""
    out, mutation = case.outcome, case.mutation
    if known(case):
        return []
    if out.raw:
        return [f"a raw error: {out.raw[-1500:]}"]
    if out.refused:
        named = case.door == "read" or case.asked or _names(mutation, out.text)
        return [] if named else [f"the error does not say where: {out.text[:600]}"]
    if _told(mutation, out.remarks - case.base.remarks) or mutation.kind == "other":
        return []
    if mutation.kind == "figure":
        if case.given.facts or case.door == "read" or out.objective is None:
            return []
        expected = least(read_literally(case.given))
        if expected is None or not np.isclose(out.objective, expected, rtol=EQUAL, atol=EQUAL):
            return [f"found {out.objective}, read literally {expected}"]
        return []
    return _changed(case.base, out)


def _changed(before: Outcome, after: Outcome) -> list[str]:
    """How an answer differs that may not, in cost or in any figure of the program."""
    if after.objective is not None and not np.isclose(
        before.objective or 0.0, after.objective, rtol=EQUAL, atol=EQUAL
    ):
        return [f"a silent change from {before.objective} to {after.objective}"]
    for one, other in zip(before.program, after.program, strict=bool(after.program)):
        if one.shape != other.shape or not np.allclose(one, other, rtol=EQUAL, equal_nan=True):
            return ["a silent change of the program"]
    return []


def _told(mutation: Mutation, remarks: frozenset[str]) -> bool:
    """Whether a remark that was not there before names what was changed."""
    return any(_names(mutation, remark) for remark in remarks)


def _names(mutation: Mutation, text: str) -> bool:
    """Whether a message says the table or the file, and of a column or a value which."""
    if mutation.kind == "same" or not mutation.table:
        return True
    said = " ".join(text.split())
    words = [w for w in (mutation.column, mutation.row, mutation.value[:40]) if w.strip()]
    table = mutation.table.removesuffix(".toml")
    return table in said or any(" ".join(word.split()) in said for word in words)
