"""Run Redis, PostgreSQL and MariaDB as Debian has them, each with a folder of its own."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
from typing import TYPE_CHECKING

from scripts import debian
from scripts.servers import Server, free_ports

if TYPE_CHECKING:
    from pathlib import Path


class Redis(Server):
    """A running Redis.

    Args:
        root: What `debian.build` unpacked.
        folder: For what it writes.

    Attributes:
        port: Where it listens, at 127.0.0.1.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        (self.port,) = free_ports(1)
        # in the package the server is a link to a file that looks at what it is called
        program = folder / "redis-server"
        program.symlink_to(root / "usr" / "bin" / "redis-check-rdb")
        options = {"--port": self.port, "--bind": "127.0.0.1", "--save": "", "--dir": folder}
        words = [str(word) for pair in options.items() for word in pair]
        super().__init__([str(program), *words], debian.libraries(root), folder / "log")

    def ready(self) -> bool:
        """Tell whether it answers."""
        return asked(self.port, b"PING\r\n").startswith(b"+PONG")


class PostgreSQL(Server):
    """A running PostgreSQL with the user `test`, who needs no password, and an empty database.

    Args:
        root: What `debian.build` unpacked.
        folder: For what it writes.

    Attributes:
        port: Where it listens, at 127.0.0.1.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        (self.port,) = free_ports(1)
        programs = root / "usr" / "lib" / "postgresql" / "15" / "bin"
        data = folder / "data"
        made = [str(programs / "initdb"), "--pgdata", str(data), "--username=test"]
        made += ["--auth=trust", "--no-sync", "--no-locale", "--encoding=UTF8"]
        env = debian.libraries(root)
        subprocess.run(
            [*debian.as_a_user(), *made], env={**os.environ, **env}, check=True, capture_output=True
        )
        options = [f"-p{self.port}", "-cfsync=off", "-cunix_socket_directories="]
        command = [str(programs / "postgres"), "-D", str(data), "-h127.0.0.1", *options]
        super().__init__([*debian.as_a_user(), *command], env, folder / "log")

    def ready(self) -> bool:
        """Tell whether it takes a session; while it starts, its answer is an error."""
        words = b"\0\3\0\0user\0test\0database\0postgres\0\0"
        return asked(self.port, struct.pack("!i", len(words) + 4) + words).startswith(b"R")


class MariaDB(Server):
    """A running MariaDB where every name is a user's who may do everything.

    Args:
        root: What `debian.build` unpacked.
        folder: For what it writes.

    Attributes:
        port: Where it listens, at 127.0.0.1.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        (self.port,) = free_ports(1)
        (folder / "data" / "mysql").mkdir(parents=True)
        (folder / "data" / "shop").mkdir()  # a database
        shared = root / "usr" / "share" / "mysql"
        user = ["--user=root"] if os.geteuid() == 0 else []
        command = [
            str(root / "usr" / "sbin" / "mariadbd"), "--no-defaults", *user,
            "--skip-grant-tables",  # without them, it needs no tables of its own
            "--bind-address=127.0.0.1", f"--port={self.port}",
            f"--datadir={folder / 'data'}", f"--socket={folder / 's'}",
            f"--pid-file={folder / 'pid'}", f"--plugin-dir={folder}",
            f"--lc-messages-dir={shared}", f"--character-sets-dir={shared / 'charsets'}",
            "--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M",
            "--innodb-flush-log-at-trx-commit=0",
        ]  # fmt: skip
        super().__init__(command, debian.libraries(root), folder / "log")

    def ready(self) -> bool:
        """Tell whether it greets who connects."""
        return b"MariaDB" in asked(self.port, b"")


def asked(port: int, words: bytes) -> bytes:
    """Return the first bytes of a server's answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(words)
        return connection.recv(4096)
