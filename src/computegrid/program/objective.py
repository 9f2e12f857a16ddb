"""What is minimised: cost, or carbon, of every lane and hour."""

from __future__ import annotations

from typing import Literal

import numpy as np

from computegrid.program.algebra import Floats
from computegrid.scenario.arrays import Arrays

Minimise = Literal["cost", "carbon"]

UNSERVED_OVER_WORST_CARBON = 10.0
"""When carbon is minimised, leaving a MWh of the least valued work unserved weighs as much as this
many MWh on the dirtiest lane. Carbon hangs on the site alone, so one MWh more served adds at most
one MWh on the dirtiest lane, whatever else has to move: no work is dropped to save carbon."""
MOST_SPREAD = 1e6
"""Most by which the weights of the most and the least valued work differ under carbon; values
further apart keep their order, not their proportions, so that the sums can be computed with."""


def energy_mwh(a: Arrays) -> Floats:
    r"""Electricity of one MWh of work, shape (L, T) [MWh].

    .. math:: e_{\ell,t} = \mathrm{PUE}_{s,t}\,\rho_s
    """
    return (a.pue * a.power_ratio[:, None])[a.lane_site]


def energy_usd(a: Arrays) -> Floats:
    r"""Energy cost of one MWh of work, :math:`e_{\ell,t}\,\pi_{s,t}`, shape (L, T) [USD]."""
    return energy_usd_at_sites(a)[a.lane_site]


def energy_usd_at_sites(a: Arrays) -> Floats:
    r"""Energy cost of one MWh of work by site, :math:`e_{s,t}\,\pi_{s,t}`, shape (S, T) [USD]."""
    return a.pue * a.power_ratio[:, None] * a.energy_usd_per_mwh


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

    Under ``"carbon"`` the values of being served keep their proportions, scaled so that the least
    valued work weighs ``UNSERVED_OVER_WORST_CARBON`` times the dirtiest lane; work of no value
    weighs half of that.
    """
    usd = np.where(np.isinf(a.unserved_usd_per_mwh), 0.0, a.unserved_usd_per_mwh)
    if minimise == "carbon":
        must, least = np.isinf(a.unserved_usd_per_mwh), _least_value(a)
        least_kg = least * kg_per_usd(a)
        spread = np.maximum(usd / least, 1.0)
        widest = float(spread.max(initial=1.0))
        if widest > MOST_SPREAD:
            spread = spread ** (np.log(MOST_SPREAD) / np.log(widest))
        usd = np.where(must, 0.0, np.where(usd > 0, least_kg * spread, 0.5 * least_kg))
    by_ask: Floats = usd[a.ask_workload]
    return by_ask


def kg_per_usd(a: Arrays) -> float:
    r"""What a USD of work given up, or of a soft limit broken, weighs under carbon [kg].

    .. math:: \kappa = 10\,\max_{\ell,t}(e_{\ell,t}\,\gamma_{s,t}) \,/\, \min_{w:\,v_w>0} v_w

    The dirtiest lane over the least positive value of being served; 1 stands for either where
    there is none.
    """
    worst = float(carbon_kg(a).max(initial=0.0)) or 1.0
    return UNSERVED_OVER_WORST_CARBON * worst / _least_value(a)


def _least_value(a: Arrays) -> float:
    """Least positive value of being served [USD/MWh]; 1 where nothing has one."""
    usd = a.unserved_usd_per_mwh[np.unique(a.ask_workload)]
    return float(usd[np.isfinite(usd) & (usd > 0)].min()) if (
        np.isfinite(usd) & (usd > 0)).any() else 1.0
