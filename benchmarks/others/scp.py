"""scp: a file over an encrypted connection. Written in C; the file is synced, as ours is."""

import getpass
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from daemons import free_port

from benchmarks.others.installed import find
from benchmarks.processes import serving, sync, takes_connections

NAME = "scp (C)"
PRIVILEGES = Path("/run/sshd")  # a folder that sshd wants when root starts it
SERVER = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
Subsystem sftp internal-sftp
"""


@contextmanager
def server(folder: Path) -> Iterator[Callable[[Path], object]]:
    """Run sshd on a port of 127.0.0.1 with keys of its own; yield what copies a file through it."""
    sshd, scp, keygen = (
        find(*names)
        for names in (("sshd", "openssh-server"), ("scp", "openssh-client"), ("ssh-keygen", "openssh-client"))
    )
    if os.geteuid() == 0:
        PRIVILEGES.mkdir(exist_ok=True)
    for key in ("host_key", "user_key"):
        (folder / key).unlink(missing_ok=True)
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
    port, config, copy = free_port(), folder / "sshd_config", folder / "scp.tif"
    config.write_text(SERVER.format(port=port, folder=folder))
    options = {
        "IdentityFile": folder / "user_key",
        "UserKnownHostsFile": folder / f"known_hosts-{port}",
        "StrictHostKeyChecking": "accept-new",
        "IdentitiesOnly": "yes",
        "BatchMode": "yes",
    }
    words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]

    def fetch(source: Path) -> None:
        there = f"{getpass.getuser()}@127.0.0.1:{source}"
        subprocess.run([scp, "-q", "-F", "none", "-P", str(port), *words, there, str(copy)], check=True)
        sync(copy)

    with serving([sshd, "-D", "-f", str(config)], lambda: takes_connections(port)):
        yield fetch
