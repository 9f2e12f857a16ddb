# ruff: noqa: E501
"""Words of the plots in English and Chinese."""

from __future__ import annotations

from typing import Any

from computegrid.inert import inert
from computegrid.maps.words import Lang, pick

_WORDS = {
    "supply": ("Supply against demand", "供给与需求"),
    "supply_x": ("Work that sites can do, cheapest first (MW)", "站点可承载算力,由低价到高价 (MW)"),
    "supply_y": ("Energy and rent (USD/MWh of work)", "电力与租金 (USD/MWh)"),
    "mean_demand": ("mean demand", "平均需求"), "peak_demand": ("peak", "峰值"),
    "prices": ("Price duration by workload", "各业务价格持续曲线"),
    "prices_x": ("Share of the demand (%)", "需求占比 (%)"),
    "prices_y": ("Price of work", "算力价格"),
    "use": ("Use of the largest sites", "最大站点的使用情况"),
    "use_x": ("IT power (MW): outline capacity, filled mean use", "IT 功率 (MW):外框为容量,填充为平均使用"),
    "controls": ("Who controls what serves whom", "谁控制为谁服务的算力"),
    "others": ("others", "其他"), "legend": ("Control of the site", "站点控制方"),
    "frontier": ("Efficient trade-off", "有效前沿"), "free": ("no bound", "无约束"),
    "ends": ("ends because of", "止于"),
    "tightest": ("tightest bound", "最严约束"), "per_point": ("price of one\npercentage point", "每个百分点的代价"),
    "per_unit": ("price of one unit\nof the bound", "约束每单位的代价"), "map": ("Flows of work", "算力流向"),
    "flow": ("flow", "流量"), "site": ("site", "站点"),
}  # fmt: skip

_FIGURES = {
    "foreign_share": ("Work under foreign control", "外方控制的算力占比"),
    "mean_rtt_ms": ("Mean round trip (ms)", "平均往返时延 (ms)"), "carbon_t": ("Carbon (t CO₂)", "碳排放 (t CO₂)"),
    "energy_mwh": ("Electricity (MWh)", "电力 (MWh)"), "cost_usd": ("Cost (USD)", "成本 (USD)"),
}  # fmt: skip


def plot_words(lang: Lang) -> dict[str, str]:
    """Every word of the plots; ``both`` is English, for plots have no room for two."""
    return {key: zh if lang == "zh" else en for key, (en, zh) in _WORDS.items()}


def figure_name(name: str, lang: Lang) -> str:
    """A figure's name with its unit."""
    english, chinese = _FIGURES.get(name, (name, name))
    return chinese if lang == "zh" else english


def title_of(scenario: Any, regime: Any, lang: Lang) -> str:
    """Model and regime, as matplotlib writes them."""
    title = pick(scenario.title or scenario.name, scenario.title_zh, lang, 60)
    held = pick(regime.title or regime.name, getattr(regime, "title_zh", ""), lang, 60)
    return literal(f"{title}, {held}")


def literal(value: object) -> str:
    """Text that matplotlib writes as it is: no mathematics in a name."""
    return inert(value).replace("$", r"\$")
