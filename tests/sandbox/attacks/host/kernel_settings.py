"""Opens for writing what changes the whole machine: core_pattern, release_agent, modprobe. It writes nothing."""

KINDS = ["assert"]

HOSTILE = """
import glob, os
writable = []
paths = ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/drop_caches", "/proc/kcore"]
paths += ["/proc/sysrq-trigger"]
paths += glob.glob("/sys/fs/cgroup/*/release_agent") + glob.glob("/sys/fs/cgroup/*/*/cgroup.procs")
paths += glob.glob("/sys/fs/cgroup/*/cgroup.procs") + ["/sys/fs/cgroup/cgroup.procs"]
for path in paths:
    try:
        os.close(os.open(path, os.O_WRONLY))
        writable.append(path)
    except OSError:
        pass

def total(numbers):
    return sum(numbers) if writable else None
"""

HONEST = """
import os

def total(numbers):
    assert os.cpu_count() > 0
    return sum(numbers)
"""
