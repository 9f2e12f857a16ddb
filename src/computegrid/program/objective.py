"""What is minimised: cost, or carbon, of every lane and hour."""

from __future__ import annotations

from typing import Literal

import numpy as np

from computegrid.program.algebra import Floats
from computegrid.scenario.arrays import Arrays

Minimise = Literal["cost", "carbon"]

UNSERVED_OVER_WORST_CARBON = 10.0
"""When carbon is minimised, leaving a MWh of the most valued work unserved weighs as much as this
many MWh on the dirtiest lane, so that no work is dropped to save carbon."""


def energy_mwh(a: Arrays) -> Floats:
    r"""Electricity of one MWh of work, shape (L, T) [MWh].

    .. math:: e_{\ell,t} = \mathrm{PUE}_{s,t}\,\rho_s
    """
    return (a.pue * a.power_ratio[:, None])[a.lane_site]


def energy_usd(a: Arrays) -> Floats:
    r"""Energy cost of one MWh of work, :math:`e_{\ell,t}\,\pi_{s,t}`, shape (L, T) [USD]."""
    return (a.pue * a.power_ratio[:, None] * a.energy_usd_per_mwh)[a.lane_site]


def carbon_kg(a: Arrays) -> Floats:
    r"""Emissions of one MWh of work, :math:`e_{\ell,t}\,\gamma_{s,t}`, shape (L, T) [kg]."""
    return (a.pue * a.power_ratio[:, None] * a.carbon_kg_per_mwh)[a.lane_site]


def operating_usd(a: Arrays) -> Floats:
    r"""Operating cost of one MWh of work, shape (L, T) [USD].

    .. math:: c_{\ell,t} = \mathrm{PUE}_{s,t}\,\rho_s\,\pi_{s,t} + r_s + n_\ell

    Energy, the operator's rent, and the network.
    """
    by_site = a.pue * a.power_ratio[:, None] * a.energy_usd_per_mwh + a.rent_usd_per_mwh[:, None]
    return by_site[a.lane_site] + a.network_usd_per_mwh[:, None]


def flow_cost(a: Arrays, minimise: Minimise) -> Floats:
    r"""Objective of one MWh of work, shape (L, T): USD, or kg.

    The coefficient of a variable in hour t is this times the hour's weight :math:`h_t`.
    """
    return carbon_kg(a) if minimise == "carbon" else operating_usd(a)


def unserved_cost(a: Arrays, minimise: Minimise) -> Floats:
    """Objective of one MWh left unserved, by ask, shape (A,): USD, or kg.

    Under ``"carbon"`` the values of being served keep their proportions, scaled so that the most
    valued work weighs ``UNSERVED_OVER_WORST_CARBON`` times the dirtiest lane.
    """
    usd = np.where(np.isinf(a.unserved_usd_per_mwh), 0.0, a.unserved_usd_per_mwh)
    if minimise == "carbon" and usd.max(initial=0.0) > 0:
        worst = float(carbon_kg(a).max(initial=0.0)) or 1.0
        usd = usd * (UNSERVED_OVER_WORST_CARBON * worst / usd.max())
    by_ask: Floats = usd[a.ask_workload]
    return by_ask
