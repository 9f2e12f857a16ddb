"""What a page shows of one dispatch among several: the figures that change from view to view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from computegrid.maps.figures import PARTS, price_column
from computegrid.maps.header import header
from computegrid.maps.hourly import Floats, pack
from computegrid.maps.layers import Layers, draw_layers
from computegrid.maps.scales import flow_rule
from computegrid.maps.values import NOTHING, rough, value
from computegrid.maps.words import Lang

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch

Pairs = pd.MultiIndex
"""Pairs of region and site."""


@dataclass(frozen=True, eq=False)
class View:
    """One dispatch of a page.

    Attributes
    ----------
    dispatch : Dispatch
    regime : str
        What is written above the map; the regime's own title when empty.
    closed : frozenset of str
        Sites that a freeze closes.
    reserve_mw : mapping of str to float
        Reserve that would be held at a site [MW].
    moving : Dispatch, optional
        What the clock shows, where that is not the dispatch itself: its mean day.
    """

    dispatch: Dispatch
    regime: str = ""
    closed: frozenset[Any] = frozenset()
    reserve_mw: Mapping[Any, float] = field(default_factory=dict)
    moving: Dispatch | None = None


def layers_of(views: Sequence[View]) -> list[Layers]:
    """The layers of each view, without arcs: a page draws those of all views once."""
    return [draw_layers(view.dispatch, arcs=False) for view in views]


def pairs_of(drawn: Sequence[Layers], most: int) -> tuple[Pairs, int]:
    """Pairs that carry a flow in any view, the largest first, and how many are left out.

    Of every view the ``most`` largest are kept.
    """
    parts = [layers.flows[["region", "site", "mw"]] for layers in drawn]
    every = pd.concat(parts).groupby(["region", "site"], observed=True)["mw"].max()
    kept = pd.concat([part.head(most) for part in parts])
    kept = kept.groupby(["region", "site"], observed=True)["mw"].max()
    order = kept.sort_values(ascending=False, kind="stable").index
    return pd.MultiIndex.from_tuples(order.tolist(), names=["region", "site"]), len(every) - len(
        order
    )


def mean_mw(layers: Layers, pairs: Pairs) -> Floats:
    """Mean MW of each pair; 0 where it carries nothing."""
    mw = layers.flows.set_index(["region", "site"])["mw"]
    return np.asarray(mw.reindex(pairs).fillna(0.0), dtype=float)


Row = tuple[Any, ...]
"""What a page says of one flow: each of its figures, and its MW by hour."""


def view_values(
    view: View,
    layers: Layers,
    moving: dict[str, Floats],
    pairs: Pairs,
    base_mw: Floats,
    lang: Lang,
    base_rows: Mapping[int, Row] | None,
) -> dict[str, Any]:
    """The values of one view; ``base_mw`` are the flows that differences are taken from.

    ``moving`` is what :func:`hourly` says of all pairs. Flows that have the same figures in
    ``base_rows`` are not written again: ``same`` lists them. None is the base itself, whose rows
    are returned as ``rows``.
    """
    dispatch, price = view.dispatch, price_column(view.dispatch)
    flows = layers.flows
    at = pairs.get_indexer(pd.MultiIndex.from_frame(flows[["region", "site"]]))
    kept = at >= 0
    flows, at = flows[kept], at[kept]
    columns = _flows(layers, flows, price, dispatch.scenario.workloads.index)
    hours = [tuple(np.round(row, 6)) for row in moving["flow_mw"][at]]
    rows: list[Row] = [*zip(*(map(_frozen, c) for c in columns.values()), hours, strict=True)]
    by_pair = dict(zip(at.tolist(), rows, strict=True))
    again = np.array([base_rows is not None and base_rows.get(pair) == row
                      for pair, row in by_pair.items()], dtype=bool)  # fmt: skip
    own = np.flatnonzero(~again)
    head = header(dispatch, lang)
    moved = np.abs(mean_mw(layers, pairs) - base_mw)
    sites = layers.sites.index
    return ({} if base_rows is not None else {"rows": by_pair}) | {
        "regime": view.regime or head.regime,
        "name": view.regime or head.name,
        "moved_mw": float(moved.max(initial=0.0)) or 1.0,
        "totals": [list(pair) for pair in head.totals],
        "regions": {
            "price": layers.regions[price].map(value).tolist(),
            **{
                name: layers.regions[name].map(value).tolist()
                for name in ("served_mw", "unserved_share", "away_share", "foreign_share")
            },
        },
        "sites": {
            "used_mw": layers.sites["used_mw"].map(value).tolist(),
            "scarcity": layers.sites[f"scarcity_{price}"].map(value).tolist(),
            "closed": [site in view.closed for site in sites] if view.closed else [],
            "reserve_mw": (
                [value(view.reserve_mw.get(site, 0.0)) for site in sites] if view.reserve_mw else []
            ),
        },
        "flows": {
            "at": at[own].tolist(),
            **{name: [column[k] for k in own] for name, column in columns.items()},
        },
        "same": at[again].tolist(),
        "flow_rule": flow_rule(layers.flows["mw"].to_numpy(dtype=float), len(flows)),
        "moved_rule": flow_rule(
            np.sort(moved[moved > NOTHING * moved.max(initial=0.0)])[::-1], len(moved)),
        "hourly": {
            "flow_mw": pack(moving["flow_mw"][at[own]]),
            **{
                name: pack(moving[name])
                for name in ("site_used_mw", "region_price", "region_unserved_mw")
            },
        },
    }


def _frozen(figure: Any) -> Any:
    return tuple(figure) if isinstance(figure, list) else figure


def _flows(
    layers: Layers, flows: pd.DataFrame, price: str, workloads: pd.Index[Any]
) -> dict[str, list[Any]]:
    kinds = {name: k for k, name in enumerate(workloads)}
    work: dict[tuple[Any, Any], list[float | None]] = {}
    by_workload = layers.by_workload.sort_values("mw", ascending=False)
    rows = (by_workload[name] for name in ("region", "site", "workload", "mw"))
    for r, s, workload, mw in zip(*rows, strict=True):
        work.setdefault((r, s), []).extend((kinds[workload], rough(mw)))
    made_of = flows[[f"{part}_usd_per_mwh" for part in PARTS]].to_numpy(dtype=float)
    dearest = np.abs(made_of).max(axis=1, initial=0.0)
    return {
        "mw": flows["mw"].map(value).tolist(),
        "price": flows[price].map(value).tolist(),
        "rtt_ms": flows["rtt_ms"].map(rough).tolist(),
        "made_of": [[rough(part, most) for part in parts]
                    for parts, most in zip(made_of, dearest, strict=True)],
        "work": [work[pair] for pair in zip(flows["region"], flows["site"], strict=True)],
    }
