"""How processes that train on a CPU keep freed memory, instead of giving it back and paging every large tensor in anew.

Where paging is slow that took 40 % of an update. glibc can be told to keep it, and then spends a tenth of the time on
searching, and what it holds grows as the sizes change from row to row. jemalloc does neither; Ray brings one along, so
where Ray is installed processes that are yet to start can have it.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
from pathlib import Path

_GLIBC = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**40)}
# Freed memory stays; a small tensor may take a part of what a much larger one left; none is large enough to live apart.
_JEMALLOC = "dirty_decay_ms:-1,muzzy_decay_ms:-1,lg_extent_max_active_fit:20,oversize_threshold:0"
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h


def environment() -> dict[str, str]:
    """For a process that is yet to start. A library that the user preloads stays the one."""
    ray = importlib.util.find_spec("ray")
    library = Path(ray.origin).parent / "core" / "libjemalloc.so" if ray and ray.origin else None
    if library is None or not library.is_file() or "LD_PRELOAD" in os.environ:
        return dict(_GLIBC)
    # glibc's are for a node that has no such file: the loader goes on without it there.
    return {"LD_PRELOAD": str(library), "MALLOC_CONF": _JEMALLOC, **_GLIBC}


def keep_freed_memory() -> None:
    """For this process, with glibc. Does nothing with another C library."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
