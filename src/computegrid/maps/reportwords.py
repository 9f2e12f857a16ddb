# ruff: noqa: E501
"""Words of the report in English and Chinese, and rules in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computegrid.maps.words import Lang, pick

_WORDS = {
    "summary": ("Summary", "摘要"), "regime": ("Regime", "规则方案"), "cost": ("Cost, USD", "成本 USD"),
    "unserved": ("Unserved", "未满足"), "own": ("Own control", "自主控制"),
    "infeasible": ("its hard rules cannot hold together", "硬性规则无法同时成立"),
    "asked": ("{regions} regions want {demand} MW of IT work on average; {sites} sites can serve it. Each regime below is the least-cost way to do so under its rules; changes are against “{base}”. Cost holds energy, rent, network, charges and unserved work at its value.",
              "{regions} 个地区平均需要 {demand} MW 算力,可由 {sites} 个站点承载。下列各方案为其规则下的最低成本方案;变化以“{base}”为基准。成本含电力、租金、网络、收费及按价值计的未满足需求。"),
    "fig_table": ("What each regime comes to, and its change against the base.", "各方案结果及与基准之差。"),
    "fig_supply": ("Supply against demand: what sites can do, cheapest first.", "供给与需求:按成本由低到高。"),
    "fig_utilisation": ("Power used of the capacity of the largest sites: outline capacity, filled mean use.", "最大站点的功率使用:外框为容量,填充为平均使用。"),
    "fig_prices": ("Price of work, from dear to cheap, over the share of demand.", "算力价格持续曲线。"),
    "fig_map": ("Mean flows of work: from regions (squares, area is demand, colour is price from light to dark) to sites (circles, area is capacity, filled is used); width is MW, colour is who controls the site.",
                "平均算力流:由地区(方块,面积为需求,颜色由浅到深为价格)到站点(圆圈,面积为容量,填充为已用);线宽为 MW,颜色为控制方。"),
    "fig_control": ("Who controls what serves whom.", "谁控制为谁服务的算力。"),
    "rules": ("Rules", "规则"), "rule": ("Rule", "规则"),
    "says": ("What it says", "内容"), "price": ("Largest price at the margin", "最大边际价格"), "slack": ("none", "无"),
    "source": ("Source", "来源"), "note": ("Note", "说明"), "no_rules": ("No rules.", "无规则。"),
    "published": ("Beside what was published", "与公开数据对照"), "published_figure": ("Published", "公开值"), "unit": ("Unit", "单位"),
    "accepted": ("Accepted", "可接受范围"), "modelled": ("Model", "模型"), "met": ("Met", "符合"), "use": ("Use", "用途"), "yes": ("yes", "是"), "no": ("no", "否"),
    "nearness": ("The base meets {met} of {of} published figures. Mean error on the figures held out: model {model}, all work at home {home}, work in proportion to capacity {capacity}.",
                 "基准方案符合 {of} 项公开数据中的 {met} 项。留出数据的平均误差:模型 {model},全部在本地 {home},按容量分配 {capacity}。"),
    "estimates": ("Estimates it rests on", "所依据的估计值"), "no_estimates": ("The tables do not say which of their rows are estimates.", "数据表未注明估计值。"),
    "regions": ("Regions", "地区"), "sites": ("Sites", "站点"), "regions_mw": ("demand", "需求"), "sites_mw": ("capacity", "容量"),
    "soft": ("{n} of {of} rows are estimates, derived figures, targets or of low confidence: {share} of the {mw}.", "{of} 行中有 {n} 行为估计、推导、目标或低置信度,占{mw}的 {share}。"),
    "name": ("Name", "名称"), "kind": ("Kind", "类型"), "confidence": ("Confidence", "置信度"),
    "more": ("and {n} smaller ones", "另有 {n} 个较小的"), "sources": ("Sources", "来源"), "no_sources": ("No sources are named.", "未注明来源。"),
    "title": ("Title", "标题"), "publisher": ("Publisher", "发布者"), "year": ("Year", "年份"), "method": ("How it was solved", "求解方法"),
    "how": ("Each regime is a linear program: least cost of serving demand from site capacity within latency limits and rules. Every answer is checked from its own arrays, not by the solver's word: residuals of rows and prices, and the gap between cost and its bound.",
            "各方案为线性规划:在时延与规则约束下以最低成本满足需求。每个结果均由自身数据校验:约束与价格残差,以及成本与下界之差。"),
    "status": ("Status", "状态"), "solver": ("Solved by", "求解器"), "checked": ("Checked", "校验"), "made": ("Written by computegrid {version}.", "由 computegrid {version} 生成。"),
}  # fmt: skip

_SIGNS = {"it_mw": "MW", "power_mw": "MW", "energy_mwh": "MWh", "carbon_t": "t CO₂", "spend_usd": "USD",
          "gbps": "Gbit/s", "utilisation": "of capacity"}  # fmt: skip


def report_words(lang: Lang) -> dict[str, str]:
    """Every word of the report; ``both`` is English."""
    return {key: zh if lang == "zh" else en for key, (en, zh) in _WORDS.items()}


def title_in(regime: Any, lang: Lang) -> str:
    """Title of a regime."""
    return pick(regime.title or regime.name, getattr(regime, "title_zh", ""), lang, 60)


def describe(rule: Any) -> str:
    """A rule in a sentence, e.g. ``Forbid: demand bloc is EU; supply control is US``."""
    bounds = []
    unit = _SIGNS.get(getattr(rule, "quantity", ""), "")
    for name, sign in (("min", "at least"), ("max", "at most")):
        value = getattr(rule, name, None)
        if value is not None:
            bounds.append(f"{sign} {value:,.4g}" + (f" {unit}" if unit else " of demand"))
    if rule.kind == "Charge":
        bounds.append(f"{rule.usd:,.4g} USD per {unit}")
    if rule.kind == "Defer":
        bounds.append(f"waits up to {rule.hours:g} h")
    if getattr(rule, "per", "") and rule.kind == "Limit":
        bounds.append(f"per {rule.per}")
    if getattr(rule, "each", None):
        bounds.append(f"for each {rule.each if isinstance(rule.each, str) else ', '.join(rule.each)}")
    sides = [f"{side} {_selector(getattr(rule, side))}" for side in ("demand", "supply") if getattr(rule, side)]
    hours = ["in some hours"] if rule.when is not None else []
    parts = [", ".join(bounds), *(sides or ["all lanes"]), *hours]
    return f"{rule.kind}: " + "; ".join(part for part in parts if part)


def _selector(selector: Mapping[str, Any]) -> str:
    return " and ".join(f"{column} {_condition(condition)}" for column, condition in selector.items())


def _condition(condition: Any) -> str:
    if isinstance(condition, Mapping):
        words = {"not": "is not", "min": "at least", "max": "at most", "has": "names"}
        return " and ".join(f"{words.get(key, key)} {_listed(value)}" for key, value in condition.items())
    return f"is {_listed(condition)}"


def _listed(value: Any) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list | tuple | set) else str(value)
