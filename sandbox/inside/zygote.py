"""The warm parent: an interpreter with its imports done, from which every program's process is forked.

It reads no job. It receives descriptors, forks a child that will read its job from one of them, and reports how
children end. Single-threaded; ends when the judge's end of the control socket closes.

Started as `python -s -S -X utf8 zygote.py CONTROL_FD`, with its settings, in JSON, as the first message.

Every fork copies the page table of all memory here, and the pages that either side then writes to, if only to count a
reference: half of the time of a short program. So what is imported here and in `isolation/` is little (`typing` alone
is a megabyte), and what runs on both sides of a fork is prepared, has run before, and looks up few names.
"""

from __future__ import annotations

import _signal
import _socket  # the module around it brings enumerations
import ctypes
import gc
import os
import select
import site
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

REHEARSALS = 100  # code is adapted after it ran some tens of times
MOST_FDS = 1024
ROOM_FOR_FDS = _socket.CMSG_SPACE(4 * 4)
RESTORE_INTERRUPT = _signal.signal, (_signal.SIGINT, _signal.default_int_handler)  # the judge itself ignores it


def main() -> None:
    del os.environ["LD_BIND_NOW"]  # it was for this process
    import_package(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from sandbox.inside import job
    from sandbox.isolation import jail, syscalls

    null = occupy(job.REPORT_FD)  # a rehearsal takes a child's places, one of which `control` may have
    control = _socket.socket(fileno=os.dup(int(sys.argv[1])))
    os.dup2(null, int(sys.argv[1]))
    settings = job.parse_body(control.recv(1 << 20))
    sys.path[:] = settings["path"]
    sys.path_hooks.insert(0, InstalledPackages.hook({os.path.basename(file) for file in settings["packages"]}))
    sys.argv = [""]
    give_builtins()
    for name in settings["preload"]:
        __import__(name)
    job.seed_random(0)
    sys.dont_write_bytecode = True  # a program's imports find nothing to write to
    for _ in range(REHEARSALS):
        job.rehearse()
    walls = jail.enter(settings, control)
    gc.collect()
    if hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)  # what compiling left free: each fork would copy its page table entries
    gc.freeze()
    control.send(b"ready")
    Zygote(control, walls, jail.forking(settings), syscalls, job).serve()


def occupy(highest: int) -> int:
    """Take all numbers up to this one, and one more, which is given: a descriptor that comes later is above the places
    it may be moved to."""
    while (null := os.open("/dev/null", os.O_RDONLY)) <= highest:
        pass
    return null


def give_builtins() -> None:
    """What `site` adds to the built-in names. It runs no path files here: what those import makes every fork larger."""
    site.setquit()
    site.setcopyright()
    site.sethelper()


class InstalledPackages:
    """Finds the packages that programs may import, and no other: where Landlock hides the others they can still be seen
    in a listing, and importing one must say that it is not there, as in the other tiers.
    """

    def __init__(self, folder: str, names: set[str]) -> None:
        self.names = names
        self.finder: Any = sys.path_hooks[-1](folder)  # as for any folder

    @staticmethod
    def hook(files: set[str]) -> Callable[[str], InstalledPackages]:
        names = {file.partition(".")[0] for file in files}

        def find_in(folder: str) -> InstalledPackages:
            if folder.endswith(("site-packages", "dist-packages")):
                return InstalledPackages(folder, names)
            raise ImportError("some other folder")

        return find_in

    def find_spec(self, name: str, target: types.ModuleType | None = None) -> Any:
        return self.finder.find_spec(name, target) if name in self.names else None

    def invalidate_caches(self) -> None:
        self.finder.invalidate_caches()


def import_package(folder: str) -> None:
    """Make `sandbox` importable without running its __init__, which the jailed side has no use for."""
    package = types.ModuleType("sandbox")
    package.__path__ = [folder]
    sys.modules["sandbox"] = package


class Zygote:
    def __init__(self, control: _socket.socket, walls: list[Any], fork: Any, syscalls: Any, job: Any) -> None:
        self.control = control
        self.walls = walls
        self.fork = fork
        self.reap = syscalls.Reaping()
        self.take = syscalls.take
        self.job = job
        self.fds: list[int] = []  # that came for the last child, with what it had to do; they have the same numbers
        self.steps: list[Any] = []
        self.right_to_pidfd = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, self.fork.pidfd)]
        self.children: dict[int, int] = {}  # pidfd -> pid
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)

    def serve(self) -> None:
        asked = self.control.fileno()
        while True:
            for fd, _ in self.poll.poll():
                if fd == asked:
                    self.fork_one()
                else:
                    self.bury(fd)

    def fork_one(self) -> None:
        message, ancillary, _, _ = self.control.recvmsg(64, ROOM_FOR_FDS)
        if not message:
            os._exit(0)
        fds = [fd for _, _, data in ancillary for fd in memoryview(data).cast("i")]
        if fds != self.fds:
            self.fds, self.steps = fds, self.steps_of_child(fds)
        try:
            pid = self.fork()
        except OSError as error:
            self.control.send(f"E{error.errno}".encode())
        else:
            if not pid:
                self.become_program()
            pidfd = self.fork.pidfd.value
            self.children[pidfd] = pid
            self.poll.register(pidfd, select.POLLIN)
            self.control.sendmsg([b"P%d" % pid], self.right_to_pidfd)
        for fd in fds:
            os.close(fd)

    def steps_of_child(self, fds: list[int]) -> list[Any]:
        """What it does before its job: its descriptors in their places and every other one closed, its walls, and a
        word that they stand."""
        steps: list[Any] = [(os.dup2, pair) for pair in zip(fds, self.job.CHILD_FDS, strict=True)]
        # Opened anew: what hangs on an open file, a lock or an owner, would stay for the next program.
        steps += [(os.close, (0,)), (os.open, ("/dev/null", os.O_RDWR)), (os.set_inheritable, (0, True))]
        steps += [(os.closerange, (self.job.REPORT_FD + 1, MOST_FDS)), RESTORE_INTERRUPT]
        return [*steps, *self.walls, (os.write, (self.job.REPORT_FD, self.job.READY))]

    def become_program(self) -> None:
        try:
            self.take(self.steps)
        except BaseException as error:
            os.write(2, f"jail: {type(error).__name__}: {error}\n".encode())
            os._exit(97)
        self.job.do_one_job()
        os._exit(0)

    def bury(self, pidfd: int) -> None:
        self.poll.unregister(pidfd)
        pid = self.children.pop(pidfd)
        status, seconds = self.reap(pid)
        os.close(pidfd)
        self.control.send(b"X%d %d %.6f" % (pid, status, seconds))


if __name__ == "__main__":
    main()
