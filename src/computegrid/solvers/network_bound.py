"""What the potentials of a network prove: a bound over all its arcs, whatever found them."""

from __future__ import annotations

import numpy as np

from computegrid.program.algebra import Floats
from computegrid.solvers.network import Network
from computegrid.solvers.network_oracle import Oracle


def proven_bound(oracle: Oracle) -> float:
    r"""A lower bound on the cost of all units at the costs the oracle last solved [USD].

    .. math:: -\sum_v \pi_v s_v + \sum_e \min(0,\ c_e + \pi_{a(e)} - \pi_{b(e)})\, \overline f_e + P

    for supplies s, arcs e from a(e) to b(e) with cost c and capacity f. An arc without capacity
    carries at most all that is supplied. P is what soft minima cost where nothing flows: their
    arcs count what flow saves of it. Any potentials prove a bound; optimal ones the optimum.
    """
    total = _unmet(oracle.network)
    for u, hours in enumerate(oracle.network.units.hours):
        shape = oracle.network.shapes[len(hours)]
        m, pi = shape.m, oracle.pi[u]
        supply: Floats = oracle.bounds.supply[u][:-1]
        reduced = oracle.bounds.cost[u][:m] + pi[shape.source[:m]] - pi[shape.target[:m]]
        wrong = np.flatnonzero(reduced < 0)
        most = np.minimum(oracle.bounds.cap[u][wrong], np.maximum(supply, 0.0).sum())
        total += float(reduced[wrong] @ most - pi[:-1] @ supply)
    return total


def _unmet(network: Network) -> float:
    """Penalties of all soft minima in the networks if nothing flowed [USD]."""
    total = 0.0
    for n in network.soft:
        block, label = network.lp.blocks[network.tree.block[n]], network.tree.label[n]
        excess = network.family(f"excess:{block.name}")
        lower = block.lower[label]
        if excess is not None:
            least = np.where(np.isfinite(lower), lower, 0.0).clip(min=0.0)
            total += float(excess.cost[label, block.hours] @ least)
    return total
