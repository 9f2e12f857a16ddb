"""What each unit's network costs, carries and must move, from the program's costs and bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from computegrid.program.algebra import Floats
from computegrid.solvers.network import Network, excess_of
from computegrid.solvers.network_tree import ROOT


@dataclass(frozen=True)
class Bounds:
    """What each unit's network costs, carries and must move; one array per unit.

    ``cost`` and ``cap`` have shape (m + n,), ``supply`` (n + 1,); ``through`` [MW] is what the
    lower bounds of tree rows already send, shape (N, T).
    """

    cost: list[Floats]
    cap: list[Floats]
    supply: list[Floats]
    through: Floats


def bounds_of(network: Network) -> Bounds | None:
    """Costs, capacities and supplies of every unit; None if a bound cannot be kept at all."""
    lp, tree, scale = network.lp, network.tree, network.scale
    flow, unserved = lp.families[0], network.family("unserved")
    backlog = network.family("backlog")
    first, second, sent = _tree_arcs(network)
    if unserved is None or (first[1] < 0).any() or not _simple(network):
        return None
    lift = np.zeros_like(sent)
    inner = np.flatnonzero(tree.parent != ROOT)
    np.add.at(lift, tree.parent[inner], sent[inner])
    families = [(flow.cost, flow.upper), (unserved.cost, unserved.upper), first, second]
    if backlog is not None:
        families.append((backlog.cost, backlog.upper))
    costs = [np.ascontiguousarray(c.T) / scale[:, None] for c, _ in families]
    caps = [np.ascontiguousarray(u.T) * scale[:, None] for _, u in families]
    supply_mw = np.concatenate([network.balance.lower, lift - sent]).T * scale[:, None]
    cost, cap, supply = [], [], []
    for hours in network.units.hours:
        room = np.zeros(network.shapes[len(hours)].n)
        at = slice(hours[0], hours[-1] + 1)
        cost.append(np.concatenate([*(c[at].ravel() for c in costs), room]))
        cap.append(np.concatenate([*(c[at].ravel() for c in caps), room]))
        supply.append(np.append(supply_mw[at].ravel(), 0.0))
    return Bounds(cost, cap, supply, sent)


def flow_costs(network: Network, cost: Floats) -> list[Floats]:
    """Cost of the lanes of each unit's network for flow costs of shape (L, T)."""
    by_hour = np.ascontiguousarray(cost.T) / network.scale[:, None]
    return [by_hour[h[0]:h[-1] + 1].ravel() for h in network.units.hours]


def weights_of(network: Network, weights: Floats) -> list[Floats]:
    """Weights of the program's columns as costs of each unit's arcs, shape (m + n,) each.

    An excess is what the second way of its node carries, or what the first lacks of the bound.
    """
    lp, tree, scale = network.lp, network.tree, network.scale
    by_name = {f.name: weights[lp.columns_of(f.name)].reshape(f.shape) for f in lp.families}
    through, second = np.zeros(tree.coefficient.shape), np.zeros((len(network.soft), len(scale)))
    for k, n in enumerate(network.soft):
        block, label = lp.blocks[tree.block[n]], tree.label[n]
        hours = block.hours
        weight = by_name[f"excess:{block.name}"][label, hours] * tree.coefficient[n, hours]
        low = np.isfinite(block.lower[label])
        through[n, hours] = np.where(low, -weight, 0.0)
        second[k, hours] = np.where(low, 0.0, weight)
    parts = [by_name["flow"], by_name["unserved"], through, second]
    if "backlog" in by_name:
        parts.append(by_name["backlog"])
    by_hour = [np.ascontiguousarray(part.T) / scale[:, None] for part in parts]
    return [
        np.concatenate([*(part[h[0]:h[-1] + 1].ravel() for part in by_hour),
                        np.zeros(network.shapes[len(h)].n)])
        for h in network.units.hours
    ]


def _simple(network: Network) -> bool:
    """Whether all variables start at 0 and can be read as arcs."""
    return all((f.lower == 0).all() for f in network.lp.families)


def _tree_arcs(
    network: Network,
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats], Floats]:
    """Cost and capacity [MW of work] of the arcs of the tree, and what lower bounds send."""
    tree, lp = network.tree, network.lp
    shape = tree.coefficient.shape
    low, high = np.zeros(shape), np.full(shape, np.inf)
    cost, cost2, cap2 = (np.zeros(shape) for _ in range(3))
    for n in range(shape[0]):
        block, label = lp.blocks[tree.block[n]], tree.label[n]
        hours, a = block.hours, tree.coefficient[n, block.hours]
        lower, upper = block.lower[label] / a, block.upper[label] / a
        soft = excess_of(lp, int(tree.block[n]))
        if soft is None:
            low[n, hours], high[n, hours] = np.maximum(lower, 0.0), upper
            continue
        price = soft[0].cost[label, hours] * a
        cap2[n] = np.inf
        if soft[1] < 0:
            high[n, hours] = np.maximum(upper, 0.0)
            cost2[n, hours] = price
        else:
            high[n] = 0.0
            high[n, hours], cost[n, hours] = np.maximum(lower, 0.0), -price
    capacity = high - low
    return (cost, capacity), (cost2[network.soft], cap2[network.soft]), low
