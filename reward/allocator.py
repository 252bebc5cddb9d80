"""How glibc treats freed memory in processes that train on a CPU: it is to stay.

By default large blocks go back to the system at once, and every large tensor is paged in anew; where paging is slow
that took 40 % of an update.
"""

from __future__ import annotations

import ctypes

# For a process that is yet to start.
ENVIRONMENT = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**40)}

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h


def keep_freed_memory() -> None:
    """The same for this process. Does nothing with another C library."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
