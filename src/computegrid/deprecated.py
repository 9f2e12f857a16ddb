"""Old keywords of public functions: understood for one release, with a warning."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def renamed(**new_of: str) -> Callable[[Function], Function]:
    """Return a decorator that passes old keywords on under their new names, and warns.

    Parameters
    ----------
    **new_of : str
        Old keyword = new keyword.

    Examples
    --------
    >>> @renamed(old="new")
    ... def half(*, new):
    ...     return new / 2
    >>> half(new=6.0)
    3.0
    """
    def decorate(function: Function) -> Function:
        name = getattr(function, "__name__", "function")

        @wraps(function)
        def call(*given: Any, **named: Any) -> Any:
            for old in new_of.keys() & named.keys():
                new = new_of[old]
                if new in named:
                    raise TypeError(f"{name}() got {new}= and {old}=, its name of before; "
                                    f"give {new}= alone")
                warnings.warn(f"{name}({old}=) is called {new}= and goes with the next release",
                              DeprecationWarning, stacklevel=2)
                named[new] = named.pop(old)
            return function(*given, **named)

        return call  # type: ignore[return-value]

    return decorate
