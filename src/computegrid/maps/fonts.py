"""Fonts of the plots: a fallback that knows Chinese, where the machine has one."""

from __future__ import annotations

from functools import cache
from typing import Any

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.text import Text

_CHINESE = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "SimHei",
    "Noto Sans CJK JP", "Noto Serif CJK SC", "Arial Unicode MS",
)  # fmt: skip


@cache
def chinese_font() -> str | None:
    """A font on this machine that has Chinese characters, or None."""
    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _CHINESE if name in known), None)


def fit_fonts(*axes: Axes | None) -> None:
    """Let every text of the axes fall back to a font with Chinese characters.

    Where there is none, Chinese characters are left out: matplotlib would draw empty boxes.
    """
    font = chinese_font()
    for ax in filter(None, axes):
        texts: list[Any] = [*ax.findobj(Text)]
        for text in texts:
            if font is not None:
                text.set_fontfamily(["DejaVu Sans", font])
            else:
                text.set_text("".join(c for c in text.get_text() if ord(c) < 0x2E80))
        if font is not None:
            ax.tick_params(labelfontfamily=["DejaVu Sans", font])
