"""What numba keeps of compiled functions on disk: where it cannot be read or written, a remark."""

from __future__ import annotations

import warnings
from typing import Any

_told: set[str] = set()


class ForgivingCache:
    """A cache of numba's that loses what it cannot read and keeps what it can write.

    A file that was cut short, a folder that may not be written or a full disk cost the time of
    compiling (some 20 s of a core) and are said once for each folder, as a warning.

    Parameters
    ----------
    cache : numba.core.caching.Cache
        The cache of one function, as numba makes it.
    """

    def __init__(self, cache: Any) -> None:
        self._cache = cache

    def __getattr__(self, name: str) -> Any:
        """Everything else is the cache's own."""
        return getattr(self._cache, name)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what is kept for a signature; None where it cannot be read."""
        try:
            return self._cache.load_overload(sig, target_context)
        except Exception as failure:
            self._tell("read", failure)
            self._forget()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, where it can be written."""
        try:
            self._cache.save_overload(sig, data)
        except Exception as failure:
            self._tell("written", failure)

    def _forget(self) -> None:
        """Empty the index, so that what is compiled now can be kept."""
        try:
            self._cache.flush()
        except Exception as failure:
            self._tell("written", failure)

    def _tell(self, what: str, failure: Exception) -> None:
        place = str(self._cache.cache_path)
        if place not in _told:
            _told.add(place)
            warnings.warn(
                f"the compiled engine in {place} cannot be {what} ({type(failure).__name__}): it "
                "is compiled anew, which takes some 20 s; set NUMBA_CACHE_DIR to a folder that "
                "can be written", RuntimeWarning, stacklevel=2)
