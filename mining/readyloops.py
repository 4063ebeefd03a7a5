"""How the loops that answer a question at once are compiled: for the arrays that they will get, before the first of them.

Knows types of arrays only. It refuses to know what a loop does; imported when asked, as it imports numba.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from numba import types

from mining.engine_compile import compiled

P = ParamSpec("P")
R = TypeVar("R")


def ready(*arguments: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile for these arguments when the module is first imported on a machine, not at the first question.

    Arrays are declared read-only, as mapped files are; those of an index that was just built pass too.
    """

    def made(function: Callable[P, R]) -> Callable[P, R]:
        machine: Any = compiled(function)
        machine.compile(arguments)
        machine.disable_compile()
        return machine  # type: ignore[no-any-return]

    return made


I64, I32, I16, I8, U64, U8, F64 = (
    types.Array(one, 1, "C", readonly=True)
    for one in (types.int64, types.int32, types.int16, types.int8, types.uint64, types.uint8, types.float64)
)
N = types.int64
CHANGED = types.Array(types.int64, 1, "C")
"""Whole numbers that the loop changes in place."""
WORDS = types.Array(types.uint64, 2, "C", readonly=True)
