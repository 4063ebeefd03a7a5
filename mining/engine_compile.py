"""How the engine's loops are compiled: once on a machine, kept between processes, one popcount instruction.

The only file that imports numba for the engine. Compiled code lies beside the module, or in the user's cache folder
where an installed package is read-only; where neither may be written it is compiled in every process, since slow is
better than refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from numba import njit, types
from numba.extending import intrinsic

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Machine code on first call; typed as the function itself. A compiled function may not call itself."""
    try:
        return cast("Callable[P, R]", njit(cache=True)(function))
    except RuntimeError:  # numba: "cannot cache function: no locator available"
        return cast("Callable[P, R]", njit(function))


@intrinsic  # type: ignore[untyped-decorator]
def popcount(_typing: Any, _word: Any) -> Any:
    """Bits set in a uint64: LLVM's ctpop, which it also turns into vector code inside loops."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate
