"""Builds the jail around a warm parent (once) and around each program (after the fork). Runs inside the zygote.

tier                what stands between a program and the machine, beside resource limits
namespaces[+cgroup] own user, mount, pid, network, IPC and UTS namespaces; a read-only root of the interpreter and the
                    system libraries; private tmpfs; no capability; seccomp; memory and process counts by cgroup
landlock            Landlock on files, network and signals; seccomp without new processes; scratch on the disk
unsafe              nothing
"""

from __future__ import annotations

import _socket
import os
import resource

from sandbox.isolation import landlock, namespaces, seccomp, syscalls

TYPE_CHECKING = False  # for why see inside/zygote.py
if TYPE_CHECKING:
    from typing import Any

MB = 1 << 20
_OF_PROGRAMS = {resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC}  # the warm parent itself needs more of these
_STACK_MB = 64
_COMPANIONS = 6  # processes beside a program: two that wait for their jobs, four on their way out
_DATA_SLACK_MB = 32  # a thread's stack of the size of the limit is reserved, and hardly used
_ADDRESS_SPACE_SLACK_MB = 256  # allocator arenas and thread stacks that are reserved but not used


def enter(settings: dict[str, Any], control: _socket.socket) -> list[syscalls.Step]:
    """Put this process, and with it every program it will fork, behind the walls that can stand for good. Gives the
    steps by which each child builds its own."""
    resources = _resource_limits(settings)
    has_namespaces = settings["tier"].startswith("namespaces")
    if has_namespaces:
        namespaces.enter(settings, control)
    else:
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, 9)
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    if settings["tier"] == "landlock":
        _restrict_files(settings)
    for what in resources.keys() - _OF_PROGRAMS:
        resource.setrlimit(what, (resources.pop(what),) * 2)
    new_processes = settings["limits"]["processes"] > 0 and (has_namespaces or settings.get("compiles", False))
    walls = _walls_of_a_run(settings, resources)
    if settings["tier"] != "unsafe":
        counts_memory = settings["tier"] == "namespaces+cgroup"
        syscalls.take(seccomp.standing_filter(new_processes, has_namespaces, counts_memory).installing())
        walls += seccomp.program_filter(new_processes, has_namespaces).installing()
    return walls


def _restrict_files(settings: dict[str, Any]) -> None:
    read_only, listable = [*namespaces.SYSTEM_FILES, *settings["packages"]], []
    for path in {os.path.realpath(path) for path in [*namespaces.SYSTEM_FOLDERS, *settings["visible"]]}:
        shown, split = landlock.without(path, settings["hidden"])
        read_only += shown
        listable += split
    # An import lists the folders on sys.path; the names of packages are seen, not what is in them.
    landlock.restrict(read_only, [settings["scratch"], *namespaces.DEVICES], [*listable, *settings["path"]])


def forking(settings: dict[str, Any]) -> syscalls.Forking | syscalls.PlainForking:
    if settings["tier"].startswith("namespaces"):
        return syscalls.Forking(syscalls.CLONE_NEWPID | syscalls.CLONE_NEWNS)
    return syscalls.PlainForking()


def _walls_of_a_run(settings: dict[str, Any], resources: dict[int, int]) -> list[syscalls.Step]:
    """What each child does first: private scratch, limits, no privileges, and last the second filter. Order matters:
    each step needs what the next one takes away."""
    has_namespaces = settings["tier"].startswith("namespaces")
    # In a session of its own it can join no other group: the first of a pid namespace, in its child's, would never end.
    steps: list[syscalls.Step] = [(os.setsid, ()), (os.umask, (0o077,))]
    steps += namespaces.mounting_scratch(settings) if has_namespaces else []
    steps.append((os.chdir, (settings["scratch"],)))
    steps += [(resource.setrlimit, (what, (limit, limit))) for what, limit in resources.items()]
    uid = settings.get("run_uid")
    if uid is not None:
        steps += [(os.setgroups, ([],)), (os.setresgid, (uid, uid, uid)), (os.setresuid, (uid, uid, uid))]
    steps.append(syscalls.dropping_capabilities())
    if not has_namespaces:
        steps.append(syscalls.controlling(syscalls.PR_SET_PDEATHSIG, 9))
    if settings["tier"] == "landlock":
        steps.append((landlock.scope_signals, ()))
    return steps


def _resource_limits(settings: dict[str, Any]) -> dict[int, int]:
    """rlimits of each child, on top of what the warm parent itself already occupies."""
    limits = settings["limits"]
    address_space, data = _occupied_bytes()
    memory = limits["memory_mb"] * MB
    wanted = {
        resource.RLIMIT_DATA: data + memory + _DATA_SLACK_MB * MB,
        resource.RLIMIT_AS: address_space + memory + _ADDRESS_SPACE_SLACK_MB * MB,
        resource.RLIMIT_STACK: _STACK_MB * MB,
        resource.RLIMIT_FSIZE: int(limits["scratch_mb"] * MB),
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_CORE: 1,  # byte; with 0 the kernel still starts a program of the host where cores go to a pipe
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NICE: 0,
        resource.RLIMIT_RTPRIO: 0,
    }
    if settings["tier"].startswith("namespaces"):
        # Counted for each user of a user namespace; elsewhere it would count the host's processes too.
        shares_user = os.geteuid() != 0  # with the warm parent
        wanted[resource.RLIMIT_NPROC] = limits["threads"] + limits["processes"] + _COMPANIONS + shares_user
    return {what: _at_most_hard(what, limit) for what, limit in wanted.items()}


def _at_most_hard(what: int, limit: int) -> int:
    hard = resource.getrlimit(what)[1]
    return limit if hard == resource.RLIM_INFINITY else min(limit, hard)


def _occupied_bytes() -> tuple[int, int]:
    """Address space and writable private memory of this process."""
    with open("/proc/self/statm") as file:
        pages = [int(word) for word in file.read().split()]
    return pages[0] * resource.getpagesize(), pages[5] * resource.getpagesize()
