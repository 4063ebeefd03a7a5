"""How the engine's loops are compiled, and the few instructions and calls that numba does not offer by itself.

Compiled once on a machine and kept between processes. The only file that imports numba for the engine. Compiled
code lies beside the module, or in the user's cache folder where an installed package is read-only; where neither may
be written it is compiled in every process, since slow is better than refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # numba brings it
from numba import config, njit, types
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic

P = ParamSpec("P")
R = TypeVar("R")


_OPTIONS = {"error_model": "numpy", "no_cfunc_wrapper": True}
"""No tests for division by zero, and no second door for C: a tenth less to compile."""


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Machine code on first call; typed as the function itself. A compiled function may not call itself."""
    try:
        return cast("Callable[P, R]", njit(cache=True, **_OPTIONS)(function))
    except RuntimeError:  # numba: "cannot cache function: no locator available"
        return cast("Callable[P, R]", njit(**_OPTIONS)(function))


@intrinsic  # type: ignore[untyped-decorator]
def popcount(_typing: Any, _word: Any) -> Any:
    """Bits set in a uint64: LLVM's ctpop, which it also turns into vector code inside loops."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(_typing: Any, array: Any, _index: Any) -> Any:
    """Asks for the cache line of an array's element, which is read soon."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        form = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        asked = builder.module.declare_intrinsic("llvm.prefetch", [byte], form)
        place = builder.bitcast(builder.gep(data, [arguments[1]]), byte)
        builder.call(asked, [place, number(0), number(3), number(1)])  # to be read, kept near, data
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


@intrinsic  # type: ignore[untyped-decorator]
def _pext(_typing: Any, _word: Any, _mask: Any) -> Any:
    """The instruction of x86 processors from 2013 on."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        form = ir.FunctionType(word, [word, word])
        return builder.call(builder.module.declare_intrinsic("llvm.x86.bmi.pext.64", fnty=form), arguments)

    return types.uint64(types.uint64, types.uint64), generate


def extract_by_bit(word: np.uint64, mask: np.uint64) -> np.uint64:
    """Moves the bits of a word that a mask holds down to its low end, in their order, on any processor."""
    kept, place = np.uint64(0), np.uint64(1)
    while mask:
        lowest = mask & (~mask + np.uint64(1))
        if word & lowest:
            kept |= place
        place <<= np.uint64(1)
        mask ^= lowest
    return kept


_FEATURES = get_host_cpu_features() if config.CPU_FEATURES is None else config.CPU_FEATURES
extract: Callable[[np.uint64, np.uint64], np.uint64] = (
    _pext if "+bmi2" in _FEATURES else compiled(extract_by_bit)
)


@intrinsic  # type: ignore[untyped-decorator]
def word_at(_typing: Any, _address: Any) -> Any:
    """The eight bytes at an address, as a whole number."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.load(builder.inttoptr(arguments[0], ir.IntType(64).as_pointer()))

    return types.intp(types.intp), generate


@intrinsic  # type: ignore[untyped-decorator]
def prefetch_at(_typing: Any, _address: Any) -> Any:
    """Asks for the cache line of an address, which is read soon."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        form = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        asked = builder.module.declare_intrinsic("llvm.prefetch", [byte], form)
        place = builder.inttoptr(arguments[0], byte)
        builder.call(asked, [place, number(0), number(3), number(1)])  # to be read, kept near, data
        return context.get_dummy_value()

    return types.void(types.intp), generate


list_append = types.ExternalFunction("PyList_Append", types.intc(types.intp, types.intp))
"""Python's own function, its list and object given by their addresses: compiled code holds the interpreter's lock."""
