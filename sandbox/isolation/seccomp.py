"""System call filters, assembled by hand: a classic BPF program is eight bytes an instruction and needs no library.

Two filters. The first is installed once in the warm parent and inherited: all that neither it nor a program has a use
for. SURFACE are the parts of the kernel where most privilege escalations were found. The second is installed in each
program's process after its walls stand, and takes what they were built with: new namespaces, mounts, new processes. It
is short because the kernel translates it, and tries it out on every call, for each program.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from sandbox.isolation.syscalls import PR_SET_PDEATHSIG, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, controlling

TYPE_CHECKING = False  # for why see inside/zygote.py
if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.isolation.syscalls import Step

Numbers = dict[str, tuple[int | None, int | None]]  # name -> number on (x86_64, aarch64)

SURFACE: Numbers = {
    "_sysctl": (156, None), "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "bpf": (321, 280),
    "clock_adjtime": (305, 266), "clock_settime": (227, 112), "connect": (42, 203), "delete_module": (176, 106),
    "fanotify_init": (300, 262), "finit_module": (313, 273), "get_mempolicy": (239, 236), "init_module": (175, 105),
    "io_setup": (206, 0), "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "io_uring_setup": (425, 425),
    "ioperm": (173, None), "iopl": (172, None), "ioprio_set": (251, 30), "kcmp": (312, 272),
    "kexec_file_load": (320, 294), "kexec_load": (246, 104), "keyctl": (250, 219), "lookup_dcookie": (212, 18),
    "mbind": (237, 235), "memfd_secret": (447, 447), "migrate_pages": (256, 238), "modify_ldt": (154, None),
    "move_pages": (279, 239),
    "mq_open": (240, 180), "msgget": (68, 186), "name_to_handle_at": (303, 264), "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265), "perf_event_open": (298, 241), "personality": (135, 92), "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "ptrace": (101, 117), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    "reboot": (169, 142), "request_key": (249, 218), "semget": (64, 190), "set_mempolicy": (238, 237),
    "set_mempolicy_home_node": (450, 450), "settimeofday": (164, 170), "shmget": (29, 194), "socket": (41, 198),
    "swapoff": (168, 225), "swapon": (167, 224), "sync": (162, 81), "syncfs": (306, 267), "sysfs": (139, None),
    "syslog": (103, 116), "uselib": (134, None), "userfaultfd": (323, 282), "ustat": (136, None), "vhangup": (153, 58),
    "vmsplice": (278, 75), "mq_notify": (244, 184), "mq_timedreceive": (243, 183), "mq_timedsend": (242, 182),
    "mq_unlink": (241, 181), "msgctl": (71, 187), "msgrcv": (70, 188), "msgsnd": (69, 189), "semctl": (66, 191),
    "semop": (65, 193), "semtimedop": (220, 192), "shmat": (30, 196), "shmctl": (31, 195), "shmdt": (67, 197),
}  # fmt: skip
JAIL: Numbers = {
    "chroot": (161, 51), "fsconfig": (431, 431), "fsmount": (432, 432), "fsopen": (430, 430), "fspick": (433, 433),
    "mknod": (133, None), "mknodat": (259, 33), "mount_setattr": (442, 442),
    "move_mount": (429, 429), "open_tree": (428, 428), "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "sched_setattr": (314, 274), "setdomainname": (171, 162), "sethostname": (170, 161), "setns": (308, 268),
    "tkill": (200, 130), "umount2": (166, 39), "unshare": (272, 97),
    "inotify_add_watch": (254, 27), "open_tree_attr": (467, 467), "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
}  # fmt: skip
# What Landlock does not govern: owner, mode, times and attributes of files that can be named but not written, what is
# done with them, and the priority of other processes. Denied where no mount namespace makes the system read-only.
METADATA: Numbers = {
    "chmod": (90, None), "chown": (92, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "fchown": (93, 55), "fchownat": (260, 54), "fremovexattr": (199, 16), "fsetxattr": (190, 7),
    "futimesat": (261, None), "lchown": (94, None), "lremovexattr": (198, 15), "lsetxattr": (189, 6),
    "removexattr": (197, 14), "setpriority": (141, 140), "setxattr": (188, 5), "truncate": (76, 45),
    "utime": (132, None), "utimensat": (280, 88), "utimes": (235, None), "setxattrat": (463, 463),
    "removexattrat": (466, 466), "file_setattr": (469, 469),
}  # fmt: skip
# What the warm parent and a process that builds its walls need.
OF_BUILDERS: Numbers = {"mount": (165, 40), "pidfd_open": (434, 434), "seccomp": (317, 277)}
NEW_PROCESS: Numbers = {"fork": (57, None), "vfork": (58, None)}
# Nor what the user keeps in attributes of files. Refused as on a file system without them: who copies files goes on.
ATTRIBUTES: Numbers = {
    "getxattr": (191, 8), "lgetxattr": (192, 9), "listxattr": (194, 11), "llistxattr": (195, 12),
    "getxattrat": (464, 464), "listxattrat": (465, 465),
}  # fmt: skip
# Allowed on the caller itself only: their first argument must be 0 or the process's own pid.
ON_SELF: Numbers = {"sched_setaffinity": (203, 122)}
NEWEST = 469  # a call newer than these tables (Linux 6.18) gets ENOSYS
# A SIGKILL that the judge did not send is taken for a failure of the machine, so a program must have no way to get one:
# not by signal (the filter ends it with SIGSYS instead), not by a timer's signal, not by a CPU limit of its own making,
# not by strict seccomp.
_TIMER_CREATE = (222, 107)
_MEMFD_CREATE = (319, 279)
_KILL, _TGKILL, _SIGKILL = (62, 129), (234, 131), 9
_PRLIMIT, _SETRLIMIT = (302, 261), (160, 164)
_RLIMITS_KEPT = (0, 4)  # of CPU time, which the judge sets, and of core dumps, where less is more (see jail.py)
# A socket of a pair may send to any address, in the landlock tier to the machine's, if it is one for datagrams (which a
# raw one is, too); and families beside AF_UNIX may have the kernel load what it has for them.
_SOCKETPAIR, _AF_UNIX, _SOCKET_TYPE, _STREAM, _SEQPACKET = (53, 199), 1, 0xF, 1, 5
# Requests by number in the second argument. With many of the first kind a file system does for a file's owner what no
# right to write is asked for: attribute flags, a seal of integrity, snapshots; and for some on a socket the kernel
# loads modules, which stay. Left are those on terminals (what it is, its size and its group) and pipes, blocking or
# not, and what an exec keeps. To others the answer is that of a file system that cannot share the blocks of two files:
# after another one `pathlib` does not go on to copy them.
_IOCTL, _ALLOWED_IOCTLS = (16, 29), (0x5401, 0x802C542A, 0x5413, 0x540F, 0x541B, 0x5421, 0x5450, 0x5451)
# Of the second, those that have a signal sent by way of a descriptor.
_FCNTL, _FORBIDDEN_FCNTLS = (72, 25), (8, 10, 15)
# A lease: whoever opens the file then waits, anywhere on the machine, and a file of the system can be had one on. And
# word of what others do in a folder, of which the system's are the same for all, as by `inotify`.
_F_SETLEASE, _F_NOTIFY = 1024, 1026
# Of an open file Landlock asks how it may be read and written, not whether opening it empties it (below ABI 3), nor
# for what else a descriptor is good that can do neither.
_OPEN, _OPENAT, _OPENAT2 = (2, None), (257, 56), (437, 437)
_ACCESS_MODE, _NEITHER, _TO_READ, _TRUNCATE = 3, 3, 0, 0o1000
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_PRCTL = (157, 167)
_CLONE_THREAD = 0x00010000
_CLONE_NEW_ANYTHING = 0x7E020080

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_COLUMN = {"x86_64": 0, "aarch64": 1}
_LOAD, _AND, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_OFFSET_NUMBER, _OFFSET_ARCH = 0, 4
_CONSTANT_OFFSET = 4  # in an instruction
_OFFSET_ARGUMENT_0, _OFFSET_ARGUMENT_1, _OFFSET_ARGUMENT_2 = 16, 24, 32


OWN_PID = -1  # stands for the pid of the process that a filter is installed in
Instruction = tuple[int, int, int, int]


class Program:
    """A filter under construction. Instructions are (code, jump if true, jump if false, constant)."""

    def __init__(self, machine: str | None = None) -> None:
        machine = machine or os.uname().machine
        if machine not in _COLUMN:
            raise OSError(errno.ENOSYS, f"no system call table for {machine}")
        self.column = _COLUMN[machine]
        self.instructions: list[Instruction] = [
            (_LOAD, 0, 0, _OFFSET_ARCH),
            (_JUMP_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
            (_RETURN, 0, 0, _KILL_PROCESS),  # another architecture's call: its numbers mean other things
            (_LOAD, 0, 0, _OFFSET_NUMBER),
            (_JUMP_AT_LEAST, 0, 1, NEWEST + 1),  # those of the x32 architecture are above, too
            (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        ]

    def _number(self, pair: tuple[int | None, int | None]) -> int | None:
        return pair[self.column]

    def deny(self, table: Numbers, code: int = errno.EPERM) -> None:
        for pair in table.values():
            self.refuse(pair, code)

    def refuse(self, pair: tuple[int | None, int | None], code: int) -> None:
        number = self._number(pair)
        if number is not None:
            self.instructions += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | code)]

    def only_on(self, table: Numbers, allowed: Iterable[int]) -> None:
        """Refuse these calls unless the low word of their first argument is one of `allowed`."""
        for pair in table.values():
            self.only_with_argument(pair, allowed, _OFFSET_ARGUMENT_0, errno.EPERM)

    def only_with_argument(
        self, pair: tuple[int | None, int | None], allowed: Iterable[int], offset: int, code: int
    ) -> None:
        """Refuse this call unless the low word of the argument at `offset` is one of `allowed`."""
        body = [(_LOAD, 0, 0, offset)]
        for value in allowed:
            body += [(_JUMP_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW)]
        self._when(pair, [*body, (_RETURN, 0, 0, _ERRNO | code)])

    def refuse_argument(self, pair: tuple[int | None, int | None], values: Iterable[int], offset: int) -> None:
        """Refuse this call when the low word of the argument at `offset` is one of `values`."""
        body = [(_LOAD, 0, 0, offset)]
        for value in values:
            body += [(_JUMP_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
        self._when(pair, [*body, (_RETURN, 0, 0, _ALLOW)])

    def limit_to_itself(self, signals_to_others: bool) -> None:
        self.limit_signals(_KILL, _OFFSET_ARGUMENT_1, signals_to_others)
        self.limit_signals(_TGKILL, _OFFSET_ARGUMENT_2, signals_to_others)
        self.only_on(ON_SELF, [0, OWN_PID])
        self.limit_prlimit()

    def limit_signals(self, pair: tuple[int | None, int | None], signal_offset: int, to_others: bool) -> None:
        """Signals to the process itself, and to others when told. SIGKILL to itself ends the process here: the kernel
        would end it in some tiers, and in others spare it as the first process of a pid namespace.
        """
        body = [
            (_LOAD, 0, 0, _OFFSET_ARGUMENT_0),
            (_JUMP_EQUAL, 1, 0, OWN_PID),
            (_RETURN, 0, 0, _ALLOW if to_others else _ERRNO | errno.EPERM),
            (_LOAD, 0, 0, signal_offset),
            (_JUMP_EQUAL, 0, 1, _SIGKILL),
            (_RETURN, 0, 0, _KILL_PROCESS),
            (_RETURN, 0, 0, _ALLOW),
        ]
        self._when(pair, body)

    def limit_prlimit(self) -> None:
        """The caller's own limits, but for those that stay."""
        body = [
            (_LOAD, 0, 0, _OFFSET_ARGUMENT_0),
            (_JUMP_EQUAL, 2, 0, 0),
            (_JUMP_EQUAL, 1, 0, OWN_PID),
            (_RETURN, 0, 0, _ERRNO | errno.EPERM),
            (_LOAD, 0, 0, _OFFSET_ARGUMENT_1),
        ]
        for kept in _RLIMITS_KEPT:
            body += [(_JUMP_EQUAL, 0, 1, kept), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
        self._when(_PRLIMIT, [*body, (_RETURN, 0, 0, _ALLOW)])

    def limit_open(self) -> None:
        """Files are opened to be read or written, and emptied only by who may write to them. openat2 hides its flags in
        memory.
        """
        self.refuse(_OPENAT2, errno.ENOSYS)
        for pair, flags in ((_OPEN, _OFFSET_ARGUMENT_1), (_OPENAT, _OFFSET_ARGUMENT_2)):
            body = [
                (_LOAD, 0, 0, flags),
                (_AND, 0, 0, _ACCESS_MODE | _TRUNCATE),
                (_JUMP_EQUAL, 3, 0, _NEITHER),
                (_JUMP_EQUAL, 2, 0, _NEITHER | _TRUNCATE),
                (_JUMP_EQUAL, 1, 0, _TO_READ | _TRUNCATE),
                (_RETURN, 0, 0, _ALLOW),
                (_RETURN, 0, 0, _ERRNO | errno.EPERM),
            ]
            self._when(pair, body)

    def limit_socketpair(self) -> None:
        body = [
            (_LOAD, 0, 0, _OFFSET_ARGUMENT_0),
            (_JUMP_EQUAL, 0, 5, _AF_UNIX),
            (_LOAD, 0, 0, _OFFSET_ARGUMENT_1),
            (_AND, 0, 0, _SOCKET_TYPE),
            (_JUMP_EQUAL, 1, 0, _STREAM),
            (_JUMP_EQUAL, 0, 1, _SEQPACKET),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        ]
        self._when(_SOCKETPAIR, body)

    def limit_clone(self, new_processes: bool) -> None:
        """Threads always; other processes only when told; new namespaces never. clone3 hides its flags in memory,
        where a filter cannot look: ENOSYS makes the C library fall back to clone (EPERM would break threads).
        """
        self.refuse(_CLONE3, errno.ENOSYS)
        body = [(_LOAD, 0, 0, _OFFSET_ARGUMENT_0), (_JUMP_ANY_BIT, 0, 1, _CLONE_NEW_ANYTHING),
                (_RETURN, 0, 0, _ERRNO | errno.EPERM)]  # fmt: skip
        if not new_processes:
            body += [(_JUMP_ANY_BIT, 1, 0, _CLONE_THREAD), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
        self._when(_CLONE, [*body, (_RETURN, 0, 0, _ALLOW)])

    def _when(self, pair: tuple[int | None, int | None], body: list[Instruction]) -> None:
        number = self._number(pair)
        if number is not None:
            self.instructions += [(_JUMP_EQUAL, 0, len(body), number), *body]

    def assemble(self, own_pid: int = 0) -> Filter:
        """`own_pid` is 0 where it is known to the process alone."""
        code, own_pids = bytearray(), []
        for opcode, if_true, if_false, constant in [*self.instructions, (_RETURN, 0, 0, _ALLOW)]:
            if constant == OWN_PID and not own_pid:
                own_pids.append(len(code) + _CONSTANT_OFFSET)
            code += struct.pack("<HBBI", opcode, if_true, if_false, own_pid if constant == OWN_PID else constant)
        return Filter(bytes(code), tuple(own_pids))


class _SocketFilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


class Filter:
    """An assembled filter, and where in it the pid of the process belongs that it is installed in. It is assembled by
    the warm parent: done in each program's process that would take half a millisecond.
    """

    def __init__(self, code: bytes, own_pids: tuple[int, ...] = ()) -> None:
        self.code = code
        self.own_pids = own_pids
        self.buffer = ctypes.create_string_buffer(code, len(code))
        self.program = _SocketFilterProgram(len(code) // 8, ctypes.addressof(self.buffer))
        self.program.code = self.buffer  # a step that loads the program keeps it, and so must it its code

    def installing(self) -> list[Step]:
        """Load it for the process that takes these steps and all it starts. Needs no_new_privs."""
        load = controlling(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(self.program))
        return [(self.write_pid, ()), load] if self.own_pids else [load]

    def write_pid(self) -> None:
        for offset in self.own_pids:
            struct.pack_into("<I", self.buffer, offset, os.getpid())


def standing_filter(new_processes: bool, has_namespaces: bool, counts_memory: bool) -> Filter:
    """The filter of the warm parent and all programs. Where nobody counts the memory of files in memory there are none.
    A program's process is the first of its pid namespace, if it has one."""
    program = Program()
    program.deny(SURFACE)
    program.deny(JAIL)
    if has_namespaces:
        program.limit_to_itself(new_processes)
    program.refuse_argument(_SETRLIMIT, _RLIMITS_KEPT, _OFFSET_ARGUMENT_0)
    program.refuse_argument(
        _FCNTL, [_F_SETLEASE, _F_NOTIFY, *(() if has_namespaces else _FORBIDDEN_FCNTLS)], _OFFSET_ARGUMENT_1
    )
    if not counts_memory:
        program.refuse(_MEMFD_CREATE, errno.EPERM)
    if not has_namespaces:
        program.limit_open()
        program.deny(METADATA)
        program.deny(ATTRIBUTES, errno.ENOTSUP)
        program.refuse(_TIMER_CREATE, errno.EPERM)
    program.limit_socketpair()
    program.only_with_argument(_IOCTL, _ALLOWED_IOCTLS, _OFFSET_ARGUMENT_1, errno.EOPNOTSUPP)
    return program.assemble(own_pid=1)


def program_filter(new_processes: bool, has_namespaces: bool) -> Filter:
    """The filter of one program's process. With `new_processes` it may signal the processes it starts, which a pid
    namespace confines."""
    program = Program()
    program.limit_clone(new_processes)
    program.deny(OF_BUILDERS)
    if not new_processes:
        program.deny(NEW_PROCESS)
    if not has_namespaces:
        program.limit_to_itself(new_processes)
    program.refuse_argument(_PRCTL, [PR_SET_PDEATHSIG, PR_SET_SECCOMP], _OFFSET_ARGUMENT_0)
    return program.assemble()
