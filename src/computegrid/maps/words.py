# ruff: noqa: E501
"""Words of the map in English and Chinese, and names in the language asked for."""

from __future__ import annotations

from typing import Any, Literal, get_args

import pandas as pd

from computegrid.errors import ScenarioError

Lang = Literal["en", "zh", "both"]

_WORDS = {
    "region": ("Region", "地区"), "site": ("Site", "站点"), "flow": ("Flow", "算力流"),
    "regions": ("Regions", "地区"), "sites": ("Sites", "站点"), "flows": ("Flows", "算力流"),
    "work": ("IT work", "算力负荷"), "price": ("Price", "价格"), "control": ("Control", "控制方"),
    "round_trip": ("Round trip", "往返时延"), "demand": ("Demand", "需求"),
    "unserved_share": ("Unserved", "未满足"), "away_share": ("Served elsewhere", "外地承载"),
    "foreign_share": ("Under foreign control", "外方控制"), "capacity": ("IT capacity", "IT 容量"),
    "used": ("Power used", "使用功率"), "operator": ("Operator", "运营方"), "chip": ("Chip", "芯片"),
    "status": ("Status", "状态"), "energy_price": ("Electricity", "电价"),
    "scarcity": ("Scarcity rent", "稀缺租金"), "estimate_note": ("Estimate", "估计值"), "yes": ("yes", "是"),
    "served_by": ("Served by", "由谁承载"), "serves": ("Serves", "服务地区"),
    "by_workload": ("By workload", "按业务类型"), "made_of": ("The price is made of", "价格构成"),
    "nothing": ("Nothing flows here.", "此处无算力流。"), "close": ("Close", "关闭"),
    "legend": ("Legend", "图例"), "layers": ("Layers", "图层"),
    "flows_legend": ("Flow, coloured by who controls the site", "算力流(颜色:站点控制方)"),
    "width_note": ("Width grows with the square root of MW; the arrow points from demand to the site; "
                   "a ring is work served where it is wanted.",
                   "线宽与 MW 的平方根成正比;箭头由需求指向站点;圆环表示就地承载。"),
    "sites_legend": ("Site: area is IT capacity", "站点:面积表示 IT 容量"),
    "used_note": ("The filled part is the power used (mean, or of the hour shown).", "填充部分为所用功率。"),
    "region_note": ("Square: area is the demand in MW, on the scale of the circles.",
                    "方块面积表示需求(MW),与圆圈同尺度。"),
    "shape_note": ("Shaded area: the region. Square: its demand in MW, on the scale of the circles.",
                   "着色区域:地区;方块面积:需求(MW),与圆圈同尺度。"),
    "estimate": ("estimate", "估计"), "planned": ("planned", "规划"), "damaged": ("damaged or out", "损毁/停用"),
    "shade_by": ("Colour regions by", "地区着色"), "by_price": ("price", "价格"),
    "by_unserved": ("unserved", "未满足"), "by_foreign": ("foreign control", "外方控制"),
    "by_away": ("served elsewhere", "外地承载"),
    "shade_price": ("Region: mean price of work", "地区:平均算力价格"),
    "shade_unserved": ("Region: share of demand unserved", "地区:未满足需求占比"),
    "shade_foreign": ("Region: share served under foreign control", "地区:外方控制承载占比"),
    "shade_away": ("Region: share served elsewhere", "地区:外地承载占比"),
    "least_flow": ("Least flow drawn", "最小显示流量"),
    "rule_shown": ("%n of %t flows drawn, %p of the MW.", "已绘制 %n/%t 条,占 MW 的 %p。"),
    "rule_rest": ("The other %n are below %x MW each.", "其余 %n 条均小于 %x MW。"),
    "cut_note": ("A flow cut at the map's edge (▸) goes on at the other edge.", "在地图边缘截断的算力流(▸)于另一侧继续。"),
    "mean_price": ("Mean price", "平均价格"), "mean_of_hours": ("Mean of all hours", "全时段平均"), "mean_short": ("Mean", "平均"),
    "hour": ("Hour", "时刻"), "play": ("Play the hours", "播放"), "pause": ("Pause", "暂停"),
    "table": ("Table", "数据表"), "panel": ("Panel", "侧栏"), "map": ("Map", "地图"),
    "regime": ("Regime", "规则"), "facts_of": ("facts as of", "数据截至"), "least_cost": ("least cost", "成本最小"), "least_carbon": ("least carbon", "碳排放最小"),
    "cost": ("cost", "成本"), "operating_cost": ("Operating cost", "运营成本"), "carbon": ("carbon", "碳排放"), "served": ("Served", "已满足"),
    "of_demand": ("of demand", "占需求"), "energy": ("Energy", "能耗"), "steps": ("time steps", "时段"),
    "source": ("Sources", "来源"), "base_map": ("Base map", "底图"), "base_map_unnamed": ("not named", "未注明"), "borders": ("Borders", "边界"),
    "land_source": ("Land: Natural Earth, no borders", "陆地:Natural Earth,不含边界"),
    "no_script": ("This map needs JavaScript, which runs in the page itself and asks for nothing from any network.",
                  "本地图需要 JavaScript;不访问任何网络。"),
    "skip": ("Open the table of the same numbers", "打开数据表"), "foreign": ("foreign control", "外方控制"),
    "part_energy": ("Electricity", "电力"), "part_network": ("Network", "网络"),
    "part_lease": ("Rent of hardware", "设备租金"), "part_scarcity": ("Scarcity of the site", "站点稀缺"), "part_rules": ("Rules, timing and other cost", "规则、时移及其他"),
    "views_regime": ("Regimes", "规则方案"), "views_switch": ("Freezes: pick a switch", "冻结:选择一个开关"),
    "shown": ("Map shows", "地图显示"), "mode_is": ("flows", "算力流"), "mode_moved": ("what moved", "变化"),
    "base": ("base", "基准"), "against": ("against", "对比"), "infeasible": ("cannot hold", "无可行解"),
    "moved_legend": ("Flow that is not as in the base", "与基准相比的变化"), "more": ("more", "增加"), "less": ("less", "减少"),
    "moved_width": ("Width grows with the square root of the MW that moved.", "线宽与变化量(MW)的平方根成正比。"),
    "moved_sites": ("Site: the filled part is the change of power used.", "站点:填充部分为所用功率的变化。"),
    "change": ("Change", "变化"), "change_of": ("Region: change of", "地区:变化"),
    "moved_none": ("Nothing moves: this is the base, or the same as it.", "无变化:与基准相同。"),
    "closed": ("closed by the freeze", "因冻结关闭"), "reserve": ("Reserve", "备用容量"),
    "reserve_legend": ("reserve that would keep critical work served", "可保障关键业务的备用容量"),
    "hit": ("Who goes dark", "谁将断供"), "hit_none": ("Nobody loses work.", "无地区受影响。"), "lost": ("lost", "损失"),
    "reserve_at": ("Reserve that would have helped", "所需备用容量"), "study_table": ("All figures", "全部指标"),
    "nothing_frozen": ("Nothing frozen", "无冻结"), "frozen": ("Frozen", "冻结"), "worst_shown": ("Drawn: the worst %n of %t that can be drawn.", "已绘制影响最大的 %n/%t 个。"),
    "rules": ("Rules that touch it", "相关规则"), "rules_none": ("No rule touches it.", "无相关规则。"),
    "kind_Forbid": ("Forbids", "禁止"), "kind_Limit": ("Limits", "限量"), "kind_Share": ("Sets a share", "定份额"), "kind_Charge": ("Charges", "收费"), "kind_Defer": ("Lets work wait", "允许推迟"), "waits": ("up to %x h", "最多 %x 小时"),
    "some_hours": ("in some hours", "部分时段"), "touch_region": ("%n of %t sites", "%n/%t 个站点"), "touch_site": ("%n of %t regions", "%n/%t 个地区"),
    "binds": ("binds, at most %x", "起作用,至多 %x"), "slack": ("does not bind", "不起作用"), "saves": ("lifting it would save at most %x", "取消至多节省 %x"),
    "frame_home": ("Show the regions", "显示各地区"), "frame_all": ("Show everything", "显示全部"),
    "tied": ("critical work %x, %l to %m over equally cheap dispatches", "关键业务 %x,在等成本最优解间为 %l 至 %m"),
    "tied_note": ("Figures from least to most hang on which of equally cheap dispatches is held.", "标为区间的数值取决于采用哪一个等成本最优解。"),
    "rate": ("%x", "%x"), "own_control": ("Own control", "自主控制"), "given_up": ("Given up after", "中断于"), "added_cost": ("Added cost", "增加成本"),
}  # fmt: skip

GROUP_NAMES = {
    "US": ("United States", "美国"), "CN": ("China", "中国"), "EU": ("European Union", "欧盟"),
    "GCC": ("Gulf states", "海湾国家"), "other": ("other", "其他"), "unknown": ("unknown", "未知"),
}  # fmt: skip

_LONG = 34  # a phrase longer than this takes only its English form where both are asked for


def check_lang(lang: str) -> None:
    """Refuse a language the maps do not speak."""
    if lang not in get_args(Lang):
        raise ScenarioError(f"lang must be 'en', 'zh' or 'both'; got {lang!r}")


def words(lang: Lang) -> dict[str, str]:
    """Every word of the page in one language; ``both`` writes Chinese after short English words.

    Phrases that figures are written into stand in English alone where both are asked for.
    """
    return {
        key: pick(english, chinese, lang, 0 if "%" in english else _LONG)
        for key, (english, chinese) in _WORDS.items()
    }


def pick(english: object, chinese: object, lang: Lang, longest: int = _LONG) -> str:
    """One text in the language asked for; the other language where it is missing.

    Where both are asked for, an English text above ``longest`` characters stands alone.
    """
    first, second = _text(english), _text(chinese)
    if lang == "en" or not second:
        return first or second
    if lang == "zh" or not first or first == second:
        return second
    return f"{first} {second}" if len(first) <= longest else first


def names(table: pd.DataFrame, lang: Lang) -> list[str]:
    """The name of each row in the language asked for; its key where it has none."""
    blank = pd.Series("", index=table.index)
    english, chinese = table.get("name", blank), table.get("name_zh", blank)
    rows = zip(table.index, english, chinese, strict=True)
    return [pick(name, name_zh, lang) or str(key) for key, name, name_zh in rows]


def _text(value: Any) -> str:
    return "" if value is None or value != value or value is pd.NA else str(value).strip()
