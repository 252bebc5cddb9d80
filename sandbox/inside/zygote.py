"""The warm parent: an interpreter with its imports done, from which every program's process is forked.

It reads no job. It receives descriptors, forks a child that will read its job from one of them, and reports how
children end. Single-threaded; ends when the judge's end of the control socket closes.

Started as `python -s -S -X utf8 zygote.py CONTROL_FD`, with a settings frame as the first message.
"""

from __future__ import annotations

import _signal
import _socket  # the module around it brings enumerations, half a megabyte that every fork would copy
import array
import contextlib
import ctypes
import gc
import json
import os
import select
import site
import sys
import types
from collections.abc import Callable
from typing import Any

CHILD_FDS = 4  # job, report, stdout, stderr
REHEARSALS = 100  # code is adapted after it ran some tens of times


def main() -> None:
    control = _socket.socket(fileno=int(sys.argv[1]))
    settings = json.loads(control.recv(1 << 20))
    del os.environ["LD_BIND_NOW"]  # it was for this process
    import_package(settings["package"])
    from sandbox.inside import job, program
    from sandbox.isolation import jail

    sys.path[:] = settings["path"]
    sys.path_hooks.insert(0, InstalledPackages.hook({os.path.basename(file) for file in settings["packages"]}))
    sys.argv = [""]
    give_builtins()
    for name in settings["preload"]:
        __import__(name)
    sys.dont_write_bytecode = True  # a program's imports find nothing to write to
    for _ in range(REHEARSALS):
        program.rehearse()
    jail.enter(settings, control)
    gc.collect()
    with contextlib.suppress(AttributeError):  # the C library has none
        ctypes.CDLL(None).malloc_trim(0)  # what compiling left free: each fork would copy its page table entries
    gc.freeze()
    control.send(b"ready")
    Zygote(control, settings, jail, job).serve()


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
    def __init__(self, control: _socket.socket, settings: dict[str, Any], jail: Any, job: Any) -> None:
        self.control = control
        self.settings = settings
        self.jail = jail
        self.job = job
        self.children: dict[int, int] = {}  # pidfd -> pid
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)

    def serve(self) -> None:
        while True:
            for fd, _ in self.poll.poll():
                if fd == self.control.fileno():
                    self.fork_one()
                else:
                    self.reap(fd)

    def fork_one(self) -> None:
        message, ancillary, _, _ = self.control.recvmsg(64, _socket.CMSG_SPACE(CHILD_FDS * 4))
        if not message:
            os._exit(0)
        fds = array.array("i")
        for _, _, data in ancillary:
            fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
        try:
            pid, pidfd = self.jail.fork(self.settings)
        except OSError as error:
            self.control.send(b"E" + str(error.errno).encode())
            for fd in fds:
                os.close(fd)
            return
        if pid == 0:
            self.become_program(list(fds))
        for fd in fds:
            os.close(fd)
        self.children[pidfd] = pid
        self.poll.register(pidfd, select.POLLIN)
        rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", [pidfd]))
        self.control.sendmsg([b"P%d" % pid], [rights])

    def become_program(self, fds: list[int]) -> None:
        try:
            # Opened anew: what hangs on an open file, a lock or an owner, would stay for the next program.
            place_fds([os.open("/dev/null", os.O_RDONLY), *fds])
            self.jail.enter_run(self.settings)
        except BaseException as error:
            os.write(2, f"jail: {type(error).__name__}: {error}\n".encode())
            os._exit(97)
        self.job.serve_one_job()

    def reap(self, pidfd: int) -> None:
        self.poll.unregister(pidfd)
        pid = self.children.pop(pidfd)
        _, status, usage = os.wait4(pid, 0)
        os.close(pidfd)
        self.control.send(b"X%d %d %.6f" % (pid, status, usage.ru_utime + usage.ru_stime))


def place_fds(fds: list[int]) -> None:
    """stdin at 0, job at 3, report at 4, stdout and stderr at 1 and 2; every other descriptor closed."""
    high = [os.dup2(fd, 100 + index) for index, fd in enumerate(fds)]
    for target, fd in zip((0, 3, 4, 1, 2), high, strict=True):
        os.dup2(fd, target)
    os.closerange(5, 1024)
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)  # signal.signal touches twenty pages more


if __name__ == "__main__":
    main()
