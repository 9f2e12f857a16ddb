"""A report: one HTML file with the answers, the rules, the maps and what they rest on."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt

from computegrid.dispatch import Dispatch
from computegrid.maps import markup
from computegrid.maps.base import BaseMap, Land, asset, ground
from computegrid.maps.estimates import estimates
from computegrid.maps.figures import horizon_hours
from computegrid.maps.header import header, large, share
from computegrid.maps.paper import plot_map
from computegrid.maps.plots import plot_dispatch
from computegrid.maps.reportwords import describe, report_words, title_in
from computegrid.maps.safe import safe
from computegrid.maps.studies import regime_cells
from computegrid.maps.touch import slight, source_titles
from computegrid.maps.words import Lang, check_lang
from computegrid.saving import write_text
from computegrid.scenario.regime import Regime
from computegrid.scenario.scenario import Scenario
from computegrid.studies.backcast import ANSWERS, backcast
from computegrid.studies.compare import Comparison, compare
from computegrid.tables.labels import as_labels
from computegrid.targets import PAGES, require_target
from computegrid.units import told

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'"
_ROWS = 40
_STYLE = asset("report.css")
_TITLES: dict[Lang, tuple[str, ...]] = {
    "en": ("title",), "zh": ("title_zh",), "both": ("title", "title_zh")}


def write_report(
    scenario: Scenario | Dispatch,
    regimes: Iterable[str | Regime] | None,
    path: str | os.PathLike[str],
    *,
    base: str | None = None,
    lang: Lang = "en",
    land: Land = "coarse",
    worldview: str | None = None,
    base_map: BaseMap = None,
    base_map_note: str = "",
    progress: Callable[[int, int, str], None] | None = None,
) -> Path:
    """Solve a scenario under regimes and write what came of it as one HTML file.

    Parameters
    ----------
    scenario : Scenario or Dispatch
        What is asked; or a dispatch, e.g. one that :func:`computegrid.read` gives.
    regimes : list of names or Regimes, or None
        What to compare; None is every regime of the scenario, or the dispatch as it is.
    path : path
        The HTML file to write; it is there whole or not at all. It needs no network and has no
        script.
    base : str, optional
        Regime that changes are taken from, as in :func:`computegrid.compare`.
    lang : {"en", "zh", "both"}
        Words and names; both is English with Chinese names beside.
    land, worldview, base_map, base_map_note
        As :func:`computegrid.maps.page.draw_dispatch` takes them.
    progress : callable, optional
        Called as ``progress(done, total, regime)`` before each solve.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        If no report can be written there, e.g. a link, a device, or a name that ends in ``.pdf``.
    """
    check_lang(lang)
    require_target(Path(path), "report", PAGES)
    drawing = {"land": land, "worldview": worldview, "base_map": base_map,
               "base_map_note": base_map_note}  # fmt: skip
    ground(**drawing)  # type: ignore[arg-type]
    if isinstance(scenario, Scenario):
        comparison = compare(scenario, regimes, base, progress=progress)
    elif regimes is not None:
        comparison = compare(scenario.scenario, regimes, base, scenario.minimise, progress=progress)
    else:
        name = scenario.regime.name
        comparison = Comparison(scenario.scenario, name, scenario.minimise, {name: scenario})
    return write_text(Path(path), report_html(comparison, lang=lang, **drawing))


def report_html(
    comparison: Comparison, *, lang: Lang = "en", **drawing: Any
) -> str:
    """The report of a comparison, as the text of an HTML document.

    ``drawing`` says what the maps stand on, as :func:`computegrid.maps.paper.plot_map` takes it.
    """
    says, scenario = report_words(lang), comparison.scenario
    first = comparison.dispatches[comparison.base]
    head = header(first, lang)
    chapters = [
        ("summary", says["summary"], _summary(comparison, says, lang)),
        *(
            (f"regime-{k}", title_in(dispatch.regime, lang),
             _regime(dispatch, says, lang, drawing))
            for k, dispatch in enumerate(comparison.dispatches.values())
        ),
        *((("published", says["published"], _published(first, says, lang)),)
          if len(scenario.controls) else ()),
        ("estimates", says["estimates"], _estimates(scenario, says, lang)),
        ("sources", says["sources"], _sources(comparison, says)),
        ("method", says["method"], _method(comparison, says)),
    ]  # fmt: skip
    body = "".join(
        f'<section class="{"regime" if name.startswith("regime") else "part"}">'
        f"{markup.heading(title, 2, name)}{text}</section>"
        for name, title, text in chapters
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{safe(head.html_lang)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{safe(head.title)}</title><style>{_STYLE}</style></head><body>"
        f"<header>{markup.heading(head.title, 1, 'top')}"
        f"{markup.paragraph(head.period, 'soft')}"
        f"{markup.links((name, title) for name, title, _ in chapters)}</header>"
        f"{body}</body></html>\n"
    )


def _summary(comparison: Comparison, says: dict[str, str], lang: Lang) -> str:
    figures = comparison.table.to_dict("index")
    start = figures[comparison.base]
    columns = [says["regime"], says["cost"], "±", says["unserved"], "±", says["own"], "±", "CO₂",
               "±"]  # fmt: skip
    rows = [
        [title_in(dispatch.regime, lang), *_flat(regime_cells(figures[name], start))]
        for name, dispatch in comparison.dispatches.items()
    ]
    rows += [[name, says["infeasible"], *[""] * 7] for name in comparison.infeasible]
    scenario, first = comparison.scenario, comparison.dispatches[comparison.base]
    asked = float(first.summary["demand_mwh"]) / horizon_hours(first)
    what = says["asked"].format(
        regions=len(scenario.regions), sites=len(scenario.sites), demand=told(asked),
        base=title_in(first.regime, lang),
    )  # fmt: skip
    lost = [markup.paragraph(f"{name}: {why}", "soft")
            for name, why in comparison.infeasible.items()]  # fmt: skip
    plots = "".join(
        _picture(plot_dispatch, first, kind, says[f"fig_{kind}"], lang)
        for kind in ("supply", "prices", "utilisation")
    )
    return (
        markup.paragraph(what) + markup.table(columns, rows, says["fig_table"])
        + "".join(lost) + plots
    )  # fmt: skip


def _regime(
    dispatch: Dispatch, says: dict[str, str], lang: Lang, drawing: dict[str, Any]
) -> str:
    totals = markup.facts(header(dispatch, lang).totals)
    caption = says["fig_map"]
    fig_map = _drawn(lambda: plot_map(dispatch, lang=lang, title=False, **drawing), "png")
    control = _picture(plot_dispatch, dispatch, "control", says["fig_control"], lang)
    note = dispatch.regime.note
    return (
        (markup.paragraph(note) if note else "") + totals
        + markup.figure(fig_map, "png", f"{caption} {_said(dispatch)}", caption)
        + control + _rules(dispatch, says)
    )  # fmt: skip


def _rules(dispatch: Dispatch, says: dict[str, str]) -> str:
    title = markup.heading(says["rules"], 3)
    if not dispatch.regime.rules:
        return title + markup.paragraph(says["no_rules"])
    prices, least = dispatch.rule_prices, slight(dispatch)
    rows = []
    for rule in dispatch.regime.rules:
        found = prices[prices["rule"] == rule.label]
        worth = found["shadow_price"].to_numpy(dtype=float)
        most = worth[abs(worth).argmax()] if len(worth) else 0.0
        unit = str(found["unit"].iloc[0]) if len(found) else ""
        price = f"{large(float(most)).strip()} USD/{unit}" if abs(most) > least else (
            "" if rule.kind == "Defer" else says["slack"])
        sources = "; ".join(source_titles(dispatch.scenario, rule.source))
        rows.append([rule.label, describe(rule), price, sources, rule.note])
    columns = [says["rule"], says["says"], says["price"], says["source"], says["note"]]
    return title + markup.table(columns, rows)


def _estimates(scenario: Scenario, says: dict[str, str], lang: Lang) -> str:
    found = estimates(scenario, lang)
    if not found:
        return markup.paragraph(says["no_estimates"])
    out = []
    for one in found:
        out.append(markup.heading(says[one.table], 3))
        out.append(markup.paragraph(says["soft"].format(
            n=one.estimated, of=one.rows, share=share(one.share, 1.0), mw=says[f"{one.table}_mw"],
        )))  # fmt: skip
        rows = [
            [r["name"], told(r["mw"]), r["kind"], r["confidence"], r["source"]]
            for r in one.listed.head(_ROWS).to_dict("records")
        ]
        columns = [says["name"], "MW", says["kind"], says["confidence"], says["source"]]
        out.append(markup.table(columns, rows))
        if len(one.listed) > _ROWS:
            out.append(markup.paragraph(says["more"].format(n=len(one.listed) - _ROWS), "soft"))
    return "".join(out)


def _published(first: Dispatch, says: dict[str, str], lang: Lang) -> str:
    """The base beside what was published: every figure, and how near the benchmarks come."""
    found = backcast(first)
    rows = []
    for name, row in found.table.iterrows():
        title = " ".join(str(row[c]) for c in _TITLES[lang] if row.get(c)) or str(name)
        rows.append([title, row["unit"], told(row["published"]),
                     f"{told(row['least'])} – {told(row['most'])}",
                     "–" if math.isnan(row["modelled"]) else told(row["modelled"]),
                     says["yes"] if row["within"] else says["no"], row["use"]])
    columns = [says["name"], says["unit"], says["published_figure"], says["accepted"],
               says["modelled"], says["met"], says["use"]]
    errors = found.score["mean_error"]
    model, home, capacity = (
        "–" if math.isnan(error) else f"{100 * error:.0f} %"
        for error in (float(errors[("hold-out", one)]) for one in ANSWERS))
    line = says["nearness"].format(met=int(found.table["within"].sum()), of=len(found.table),
                                   model=model, home=home, capacity=capacity)
    return markup.paragraph(line) + markup.table(columns, rows)


def _sources(comparison: Comparison, says: dict[str, str]) -> str:
    scenario, cited = comparison.scenario, set[str]()
    rules = [rule for d in comparison.dispatches.values() for rule in d.regime.rules]
    listed = [rule.source for rule in rules]
    for table in (scenario.regions, scenario.sites, scenario.workloads):
        if "source_id" in table:
            listed += as_labels(table["source_id"]).tolist()
    for many in listed:
        cited |= {key.strip() for key in str(many).split(";") if key.strip()}
    known = scenario.sources
    rows = [
        [key, *(str(known.loc[key].get(c) or "") for c in ("title", "publisher", "year", "url"))]
        for key in sorted(cited) if key in known.index
    ]  # fmt: skip
    if not rows:
        return markup.paragraph(says["no_sources"])
    return markup.table(["", says["title"], says["publisher"], says["year"], "URL"], rows)


def _method(comparison: Comparison, says: dict[str, str]) -> str:
    rows = [[name, d.status, d.solver, str(d.certificate)]
            for name, d in comparison.dispatches.items()]  # fmt: skip
    made = says["made"].format(version=version("computegrid"))
    return (
        markup.paragraph(says["how"])
        + markup.table([says["regime"], says["status"], says["solver"], says["checked"]], rows)
        + markup.paragraph(made, "soft")
    )  # fmt: skip


def _picture(draw: Any, dispatch: Dispatch, kind: str, caption: str, lang: Lang) -> str:
    image = _drawn(lambda: draw(dispatch, kind, lang=lang), "svg")
    return markup.figure(image, "svg+xml", f"{caption} {_said(dispatch)}", caption)


def _drawn(draw: Callable[[], Any], kind: str) -> bytes:
    """The picture of axes, the same bytes whenever it is drawn."""
    with mpl.rc_context({"svg.hashsalt": "computegrid", "backend": "agg"}):
        figure, out = draw().figure, io.BytesIO()
        metadata = {"Date": None} if kind == "svg" else {}
        figure.savefig(out, format=kind, dpi=140, bbox_inches="tight", metadata=metadata)
        plt.close(figure)
    return out.getvalue()


def _said(dispatch: Dispatch) -> str:
    return "; ".join(f"{name}: {value}" for name, value in header(dispatch, "en").totals)


def _flat(cells: list[list[str]]) -> list[str]:
    return [text for pair in cells for text in pair]
