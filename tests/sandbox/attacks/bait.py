"""What an escaped program would find: a secret file and variable, listeners that answer."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SECRET_VARIABLE = "RLCODE_ATTACK_SECRET"


@contextmanager
def bait_laid_out(folder: Path) -> Iterator[dict[str, str]]:
    """Lays out the bait in `folder`; yields what stands for it in the programs."""
    secret = folder / "secret.txt"
    secret.write_text("secret")
    secret.chmod(0o644)
    with suppress(OSError):  # not every file system has them
        os.setxattr(secret, "user.secret", b"secret")
    name = f"rlcode-attack-{os.getpid()}"
    os.environ[SECRET_VARIABLE] = "secret"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_UNIX) as unix, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams:
            unix.bind(f"\0{name}")
            unix.listen()
            datagrams.bind(str(folder / "log"))
            yield {
                "@SECRET_FILE@": str(secret),
                "@PORT@": str(tcp.getsockname()[1]),
                "@UDP_PORT@": str(udp.getsockname()[1]),
                "@SOCKET@": name,
                "@LOG_SOCKET@": str(folder / "log"),
            }
    del os.environ[SECRET_VARIABLE]


def place_bait(program: str, bait: dict[str, str]) -> str:
    for word, value in bait.items():
        program = program.replace(word, value)
    return program
