"""What compiled loops take from the processor itself: eight bytes at once, and where the first bit stands."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from numba import types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray


def _eight_bytes(typing: Any, data: Any, at: Any) -> Any:
    """Read ``data[at : at + 8]`` (bytes) as one number, the first byte in its highest bits.

    Nothing checks that all eight are there.
    """

    def lower(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, given[0])
        number = context.get_value_type(types.uint64)
        place = builder.bitcast(builder.gep(array.data, [given[1]]), number.as_pointer())
        value = builder.load(place, align=1)
        return builder.bswap(value) if sys.byteorder == "little" else value

    del typing, at
    return types.uint64(data, types.int64), lower


def _leading_zeros(typing: Any, value: Any) -> Any:
    """Count the zeros above the highest bit of 64 that is set; 64 where none is."""

    def lower(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        del signature
        return builder.ctlz(given[0], context.get_constant(types.boolean, 0))

    del typing, value
    return types.int64(types.uint64), lower


eight_bytes: Callable[[NDArray[np.uint8], int], np.uint64] = intrinsic(_eight_bytes)
leading_zeros: Callable[[np.uint64], int] = intrinsic(_leading_zeros)
