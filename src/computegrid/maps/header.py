"""What stands above and below a map: title, regime, period, totals with units, sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from computegrid.maps.figures import horizon_hours
from computegrid.maps.words import Lang, pick, words
from computegrid.maps.worldview import WORLDVIEWS
from computegrid.units import told

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch
    from computegrid.maps.base import Ground

_SOURCES_NAMED = 4


@dataclass(frozen=True)
class Header:
    """Texts around a map, as they come from the data: not yet made safe."""

    title: str
    name: str
    regime: str
    period: str
    totals: tuple[tuple[str, str], ...]
    source: str
    ground: str
    html_lang: str


def header(
    dispatch: Dispatch, lang: Lang, ground: Ground | None = None, regime_line: str = ""
) -> Header:
    """Title, subtitle, totals and source line of one dispatch.

    ``ground`` is what lies below; None is the bundled land. ``regime_line`` stands instead of the
    regime.
    """
    scenario, text = dispatch.scenario, words(lang)
    regime = dispatch.regime
    name = pick(regime.title or regime.name, getattr(regime, "title_zh", ""), lang, 60)
    steps, total = len(scenario.hours), horizon_hours(dispatch)
    period = f"{steps:,} {text['steps']} = {total:,.0f} h"
    if scenario.as_of:
        period += f" · {text['facts_of']} {scenario.as_of}"
    return Header(
        title=pick(scenario.title or scenario.name, scenario.title_zh, lang, 60),
        name=name,
        regime=regime_line or f"{text['regime']}: {name}",
        period=f"{period} · {text[f'least_{dispatch.minimise}']}",
        totals=_totals(dispatch, text),
        source=_source(dispatch, text),
        ground=_ground(ground, text, lang),
        html_lang="zh" if lang == "zh" else "en",
    )


def _totals(dispatch: Dispatch, text: dict[str, str]) -> tuple[tuple[str, str], ...]:
    figures, total = dispatch.summary, horizon_hours(dispatch)
    served, lost, wanted = (
        float(figures[f"{key}_mwh"]) for key in ("served", "unserved", "demand")
    )
    rows = [
        (text["served"],
         f"{told(served / total)} MW ({share(served, wanted)} {text['of_demand']})"),
        (text["unserved_share"], f"{told(lost / total)} MW ({share(lost, wanted)})"),
        (text["operating_cost"], money(float(figures["operating_cost_usd"]))),
        (text["energy"], f"{large(float(figures['energy_mwh']) * 1e6)}Wh"),
        ("CO₂", f"{large(float(figures['carbon_t']))}t"),
    ]
    dependence = float(figures["dependence"])
    if dependence == dependence:
        rows.append((text["foreign_share"], f"{100 * dependence:.1f} %"))
    return tuple(rows)


def share(part: float, whole: float) -> str:
    """A share in percent, with one decimal."""
    return f"{100 * part / whole:.1f} %" if whole > 0 else "–"


def money(usd: float) -> str:
    """An amount with three digits: ``1.23 bn USD``."""
    return f"{large(usd)}USD".replace(" GUSD", " bn USD").replace(" TUSD", " tn USD").replace(
        "MUSD", "M USD").replace("kUSD", "k USD")  # fmt: skip


def large(value: float) -> str:
    """A number with three digits and its thousands as k, M, G or T: ``1.23 G``."""
    size, units = abs(value), ["", "k", "M", "G", "T"]
    while size >= 999.5 and len(units) > 1:
        size, value, units = size / 1000, value / 1000, units[1:]
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    small = 0.0 < size < 0.995
    return f"{f'{value:.3g}' if small else f'{value:,.{digits}f}'} {units[0]}"


def _ground(ground: Ground | None, text: dict[str, str], lang: Lang) -> str:
    """What the map stands on, in words: the planner's own layer, or the land and whose borders."""
    if ground is None or (ground.note is None and not ground.worldview):
        return text["land_source"]
    if ground.note is not None:
        return f"{text['base_map']}: {ground.note or text['base_map_unnamed']}"
    said = pick(*WORLDVIEWS[ground.worldview], lang, 0)
    return f"{text['borders']}: {ground.worldview} · {said}"


def _source(dispatch: Dispatch, text: dict[str, str]) -> str:
    """The sources most rows rest on, by name, and how many more there are."""
    scenario = dispatch.scenario
    counts: dict[str, int] = {}
    for table in (scenario.regions, scenario.sites):
        for listed in table.get("source_id", pd.Series(dtype=object)).dropna():
            for source in str(listed).split(";"):
                counts[source.strip()] = counts.get(source.strip(), 0) + 1
    known = scenario.sources
    ranked = [
        key for key in sorted(counts, key=lambda key: (-counts[key], key)) if key in known.index
    ]
    shown = []
    for key in ranked[:_SOURCES_NAMED]:
        publisher = str(known.loc[key].get("publisher") or "").strip()
        title = str(known.loc[key].get("title") or "").strip()
        name = publisher or title or key
        if name not in shown:
            shown.append(name)
    more = len(ranked) - min(len(ranked), _SOURCES_NAMED)
    listed = "; ".join(shown) + (f"; +{more}" if more > 0 else "")
    return f"{text['source']}: {listed} · computegrid" if shown else "computegrid"
