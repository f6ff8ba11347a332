"""What compiled loops take from the processor itself: eight bytes at once, and where the first bit stands.

Each is a function of plain Python, for which compiled loops get one instruction or two.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import types
from numba.extending import intrinsic, overload

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def eight_bytes(data: NDArray[np.uint8], at: int) -> np.uint64:
    """Read ``data[at : at + 8]`` as one number, the first byte in its highest bits.

    Nothing checks that all eight are there.
    """
    return np.uint64(int.from_bytes(data[at : at + 8].tobytes(), "big"))


def leading_zeros(value: np.uint64) -> int:
    """Count the zeros above the highest bit of 64 that is set; 64 where none is."""
    return 64 - int(value).bit_length()


def _load(typing: Any, data: Any, at: Any) -> Any:
    def lower(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, given[0])
        number = context.get_value_type(types.uint64)
        place = builder.bitcast(builder.gep(array.data, [given[1]]), number.as_pointer())
        value = builder.load(place, align=1)
        return builder.bswap(value) if sys.byteorder == "little" else value

    del typing, at
    return types.uint64(data, types.int64), lower


def _count(typing: Any, value: Any) -> Any:
    def lower(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        del signature
        return builder.ctlz(given[0], context.get_constant(types.boolean, 0))

    del typing, value
    return types.int64(types.uint64), lower


_loaded: Callable[[Any, int], np.uint64] = intrinsic(_load)
_counted: Callable[[np.uint64], int] = intrinsic(_count)


def _eight_bytes(data: Any, at: Any) -> Callable[[Any, int], np.uint64]:
    del data, at

    def call(data: Any, at: Any) -> np.uint64:
        return _loaded(data, at)

    return call


def _leading_zeros(value: Any) -> Callable[[np.uint64], int]:
    del value

    def call(value: Any) -> int:
        return _counted(value)

    return call


overload(eight_bytes)(_eight_bytes)
overload(leading_zeros)(_leading_zeros)
