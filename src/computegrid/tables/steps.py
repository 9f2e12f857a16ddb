"""Time steps: how long each lasts, and which follow one another without a gap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from computegrid.errors import Fault
from computegrid.tables.labels import as_labels
from computegrid.units import SECONDS_PER_HOUR

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

CLOSE_HOURS = 1e-6
"""Lengths of time that differ by less are the same [h]."""
_SAY = "give the length of each in a column weight_hours"
_MOST_LENGTHS = 4


def elapsed_hours(index: pd.Index) -> Floats:
    """Time of each step since the first, shape (T,) [h]; whole numbers are hours.

    Examples
    --------
    >>> elapsed_hours(pd.date_range("2025-01-01", periods=3, freq="15min", tz="UTC")).tolist()
    [0.0, 0.25, 0.5]
    """
    if isinstance(index, pd.DatetimeIndex):
        since = index.as_unit("us").asi8
        hours: Floats = (since - since[0]) / (1e6 * SECONDS_PER_HOUR)
        return hours
    return np.asarray(index - index[0], dtype=np.float64)


def usual_step(elapsed: Floats, day: npt.NDArray[np.object_] | None = None) -> float | None:
    """Length of a step: the most frequent difference of neighbours of one day [h].

    None where there is none: a single step, no difference that half of them share, or one that
    others are shorter than or no multiple of.

    Examples
    --------
    >>> usual_step(np.array([0.0, 3.0, 6.0, 12.0]))  # one step is left out
    3.0
    >>> usual_step(np.array([0.0, 31.0, 59.0, 90.0]) * 24)  # months are of no one length
    """
    steps = np.diff(elapsed)
    if day is not None:
        steps = steps[day[1:] == day[:-1]]
    if not len(steps):
        return None
    lengths, counts = np.unique(np.round(steps, 6), return_counts=True)
    step, most = float(lengths[counts.argmax()]), int(counts.max())
    whole = np.abs(lengths / step - np.round(lengths / step)) < CLOSE_HOURS
    if (counts == most).sum() > 1 or 2 * most < len(steps) or step > lengths[0] or not whole.all():
        return None
    return float(steps[np.abs(steps - step) < CLOSE_HOURS][0])


def follows(hours: pd.DataFrame) -> Mask:
    """Whether step t + 1 follows on step t without a gap, so that work may wait, shape (T - 1,).

    Real hours follow one another where the one begins when the other ends. A column ``day`` is of
    hours that stand for others: those of a day follow one another, those of two days do not; it
    does not part times of the clock that stand for themselves alone.

    Examples
    --------
    >>> midnight = pd.date_range("2025-01-01T22:00", periods=4, freq="h", tz="UTC")
    >>> follows(pd.DataFrame({"weight_hours": 1.0}, index=midnight)).tolist()
    [True, True, True]
    """
    elapsed, weight = elapsed_hours(hours.index), hours["weight_hours"].to_numpy(dtype=np.float64)
    steps = np.diff(elapsed)
    real: Mask = np.abs(steps - weight[:-1]) < CLOSE_HOURS
    if "day" not in hours.columns:
        usual = usual_step(elapsed)
        return real if usual is None else real | (np.abs(steps - usual) < CLOSE_HOURS)
    day = as_labels(hours["day"])
    same: Mask = day[1:] == day[:-1]
    if not isinstance(hours.index, pd.DatetimeIndex):
        return same
    itself = weight <= np.append(steps, steps[-1:]) + CLOSE_HOURS
    return same | (real & itself[1:])


def chain_of(hours: pd.DataFrame) -> Codes:
    """Number of the chain each step is in, shape (T,): work may wait within it."""
    return np.concatenate([[0], np.cumsum(~follows(hours))]).astype(np.int64)


def day_of(hours: pd.DataFrame) -> pd.Series:
    """Day of each step: the column ``day`` where there is one, the date, or 24 numbers each."""
    if "day" in hours.columns:
        return hours["day"]
    index = hours.index
    return pd.Series(index.strftime("%Y-%m-%d") if isinstance(index, pd.DatetimeIndex)
                     else index // 24, index=index, name="day")


def with_lengths(
    hours: pd.DataFrame, faults: list[Fault], notes: list[Fault]
) -> pd.DataFrame:
    """The hours with ``weight_hours`` as their own differences say, which becomes a remark.

    A fault where the differences do not say it: an hour is never taken in silence.
    """
    index = hours.index
    elapsed = elapsed_hours(index)
    day = as_labels(hours["day"]) if "day" in hours.columns else None
    step = usual_step(elapsed, day)
    if step is None and len(index) == 1:
        step = 1.0
        notes.append(Fault("hours", "there is one step, taken to last 1 h", cure=_SAY))
    elif step is None:
        lengths = np.unique(np.round(np.diff(elapsed), 6))
        said = ", ".join(f"{length:g} h" for length in lengths[:_MOST_LENGTHS])
        said += ", ..." if len(lengths) > _MOST_LENGTHS else ""
        faults.append(Fault("hours", f"steps follow at {said}: how long does one last?",
                            column="weight_hours", cure=_SAY))
        step = 1.0
    else:
        broken = np.flatnonzero((np.diff(elapsed) > step + CLOSE_HOURS) & (day is None))
        gaps = "" if not len(broken) else (
            f", with {len(broken)} gap{'s' if len(broken) > 1 else ''}, the first after "
            f"{index[broken[0]]}")
        if step != 1.0 or gaps:
            notes.append(Fault("hours", f"a step lasts {step:g} h, the usual difference of "
                               f"neighbours{gaps}", column="weight_hours",
                               cure="give weight_hours if that is not meant"))
    return hours.assign(weight_hours=step)


def check_days(hours: pd.DataFrame, faults: list[Fault]) -> None:
    """Every day is one unbroken run of the hours (indexed by ``hour``, in order)."""
    day = as_labels(hours["day"])
    starts = np.flatnonzero(np.append(True, day[1:] != day[:-1]))
    again = pd.Index(day[starts])
    for label in again[again.duplicated()].unique():
        faults.append(Fault("hours", "lies in two pieces with another day between them",
                            column="day", value=label,
                            cure="give the later piece a name of its own"))


def remark_on_days(hours: pd.DataFrame) -> list[Fault]:
    """What to know of a column ``day`` where work may wait and hours follow one another."""
    if "day" not in hours.columns or len(hours) < 2:
        return []
    day = as_labels(hours["day"])
    real = follows(hours.drop(columns="day"))
    crossed = np.flatnonzero((day[1:] != day[:-1]) & real)
    if not len(crossed):
        return []
    last, first = hours.index[crossed[0]], hours.index[crossed[0] + 1]
    if follows(hours)[crossed[0]]:
        return [Fault("hours", f"{last} and {first} follow one another and stand for themselves: "
                      "work waits from the one to the next", column="day",
                      cure="day parts only hours that stand for others")]
    return [Fault("hours", f"{last} and {first} are of two days: no work waits from the one to the "
                  "next", column="day", cure="leave day out if they follow one another")]
