"""What a notebook shows of a dispatch: its totals, in one small table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from computegrid.maps.header import header
from computegrid.maps.safe import safe

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch


def dispatch_html(dispatch: Dispatch) -> str:
    """Totals of a dispatch as an HTML table, and how to see more."""
    head = header(dispatch, "en")
    rows = "".join(
        f'<tr><th style="text-align:left">{safe(name)}</th>'
        f'<td style="text-align:right">{safe(value)}</td></tr>'
        for name, value in head.totals
    )
    solved = f"{safe(dispatch.status)}, {safe(dispatch.solver)}"
    return (
        f"<div><b>{safe(head.title)}</b> · {safe(head.regime)}<br>{safe(head.period)}"
        f"<table>{rows}</table>{solved}<br>"
        "<code>.explore()</code> draws the map, <code>.plot()</code> the supply curve; "
        "<code>.flows</code>, <code>.prices</code>, <code>.summary</code> are the tables.</div>"
    )
