"""Which of several equally good answers is given: nearest, soonest, then by name.

Least-cost dispatches are often not unique: two sites cost the same, or work may wait for nothing.
Solvers then differ, and so do two runs of one solver with other seeds. The answer given is the one
of all optimal answers that is least by the weights below, which is a single one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from computegrid.program.algebra import Family, Floats, LinearProgram
from computegrid.scenario.scenario import Scenario
from computegrid.tables.labels import as_labels

HALF_ROUND_THE_EARTH_KM = 20_037.5
WAITING = 0.05
"""Weight of an hour's wait, where the farthest site weighs 1."""
NAME = 0.01
"""Most that the names weigh."""


def preference(scenario: Scenario, lp: LinearProgram) -> Floats:
    r"""Weights of all variables, shape (n,): of equally good answers the least is taken.

    .. math:: w_{\ell,t} = h_t \left(\frac{d_\ell}{20037.5\ \mathrm{km}}
              + 0.01\, \eta(r, w, s, t)\right)

    with a number :math:`\eta` from 0 to 1 drawn from the names by a hash, so that it depends
    neither on the order of rows nor on what else is in the tables. Where no place is known the
    round trip stands for the distance. Waiting weighs 0.05 an hour.
    """
    hours = scenario.arrays.weight_hours
    when = _mixed(np.arange(len(hours), dtype=np.uint64))
    weights = []
    for family in lp.families:
        entity = _entity_codes(scenario, family)
        if family.shape[1] != len(hours):
            weights.append(NAME * _fraction(np.repeat(entity, family.shape[1])))
            continue
        weight = NAME * _fraction(entity[:, None] ^ when[None, :])
        if family.name == "flow":
            weight += _distance(scenario)[:, None]
        elif family.name == "backlog":
            weight += WAITING
        weights.append((weight * hours).ravel())
    return np.concatenate(weights) / max(float(hours.max(initial=0.0)), 1e-300)


def _distance(scenario: Scenario) -> Floats:
    """Distance of each lane, 1 = half round the Earth; where unknown, by round trip [300 ms]."""
    lanes = scenario.tables["lanes"]
    km = lanes["distance_km"].to_numpy(dtype=np.float64) / HALF_ROUND_THE_EARTH_KM
    known = np.nan_to_num(lanes["rtt_ms"].to_numpy(dtype=np.float64)) / 300.0
    return np.asarray(np.where(np.isnan(km), known, km), dtype=np.float64)


def _entity_codes(scenario: Scenario, family: Family) -> npt.NDArray[np.uint64]:
    """A 64-bit code of every entity, made from its names."""
    code = np.full(len(family.entities), _code(family.name), dtype=np.uint64)
    for column, values in family.entities.items():
        if f"{column}s" in scenario.tables and pd.api.types.is_integer_dtype(values):
            names = _codes(as_labels(scenario.tables[f"{column}s"].index))[values.to_numpy()]
        elif pd.api.types.is_string_dtype(values) or values.dtype == object:
            names = _codes(as_labels(values))
        else:
            continue
        code = _mixed(code ^ names + np.uint64(1))
    return code


def _codes(names: Iterable[str]) -> npt.NDArray[np.uint64]:
    return np.array([_code(name) for name in names], dtype=np.uint64)


def _code(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def _mixed(code: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Scatter 64-bit codes (the finaliser of SplitMix64)."""
    code = (code ^ (code >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    code = (code ^ (code >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(code ^ (code >> np.uint64(31)), dtype=np.uint64)


def _fraction(code: npt.NDArray[np.uint64]) -> Floats:
    """A number from 0 to 1 of every code."""
    return np.asarray((_mixed(code) >> np.uint64(11)).astype(np.float64) / 2.0**53)
