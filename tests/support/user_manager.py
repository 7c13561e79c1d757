"""A user's own systemd, apart from that of this machine: in namespaces of its own, on loopback alone.

It has a root of its own, in which stand the programs of this machine and this Python. Linux and root only.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import psutil
from daemons import WAIT
from notify_socket import NotifySocket

ROOT = Path(__file__).parents[2]
UID = 4242
NAME = "ani"
NEEDED = ("unshare", "nsenter", "setpriv", "pivot_root", "ip", "dbus-daemon", "systemctl", "systemd-run")
SYSTEMD = Path("/lib/systemd/systemd")
HOME = f"/home/{NAME}"
RUNTIME = f"/run/user/{UID}"
VARIABLES = {"HOME": HOME, "USER": NAME, "LOGNAME": NAME, "SHELL": "/bin/sh", "XDG_RUNTIME_DIR": RUNTIME}
CGROUP = f"/sys/fs/cgroup/user.slice/user-{UID}.slice/user@{UID}.service"  # where systemd expects a user's manager
BOOT = r"""
set -e
root=$1 shared=$2; shift 2
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$root"
cd "$root"
mkdir -p proc sys dev tmp var/tmp run/systemd/system run/systemd/unit-root .$HOME .$XDG_RUNTIME_DIR old
chmod 1777 tmp var/tmp
for name in bin sbin lib lib32 lib64 usr etc; do
    if [ -L /$name ]; then cp -P /$name $name; elif [ -d /$name ]; then mkdir $name; mount --rbind /$name $name; fi
done
for kept in "$@" "$shared"; do mkdir -p ".$kept"; mount --rbind "$kept" ".$kept"; done
cp /etc/passwd passwd; echo "$USER:x:$UID:$UID::$HOME:/bin/sh" >>passwd; mount --bind passwd etc/passwd
cp /etc/group group; echo "$USER:x:$UID:" >>group; mount --bind group etc/group
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom; do touch dev/$device; mount --bind /dev/$device dev/$device; done
ln -s /proc/self/fd dev/fd
mkdir -m 1777 dev/shm
chown $UID:$UID .$HOME .$XDG_RUNTIME_DIR
chmod 700 .$HOME .$XDG_RUNTIME_DIR
pivot_root . old
cd /
umount -l old
ip link set lo up
mkdir -p "$CGROUP"
chown -R $UID:$UID "$CGROUP"
echo 0 >"$CGROUP/cgroup.procs"
setpriv --reuid $UID --regid $UID --init-groups env -u CGROUP /lib/systemd/systemd --user &
wait
"""


class ManagerUnavailableError(Exception):
    """This machine, or this user, cannot run a systemd of its own."""


class UserManager:
    """One user who is logged in. A context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        if os.getuid() != 0:
            raise ManagerUnavailableError("a systemd of its own needs root")
        missing = [name for name in NEEDED if shutil.which(name) is None]
        if missing or not SYSTEMD.exists():
            raise ManagerUnavailableError(f"not installed: {', '.join(missing) or SYSTEMD}")
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        root, shared = self._folder / "root", self._folder / "shared"
        for folder in (root, shared):
            folder.mkdir()
        shared.chmod(0o777)
        cgroup = self._stack.enter_context(_cgroup())
        notify = self._stack.enter_context(NotifySocket(shared / "notify"))
        Path(notify.name).chmod(0o777)
        kept = {str(ROOT), sys.prefix, sys.base_prefix}
        boot = ["sh", "-c", BOOT, "boot", str(root), str(shared), *(path for path in kept if path[:5] != "/usr/")]
        namespaces = ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child"]
        enter = ["sh", "-c", 'echo 0 >"$0"/cgroup.procs; exec "$@"', str(cgroup), *namespaces, *boot]
        variables = {**VARIABLES, "UID": str(UID), "CGROUP": CGROUP, "NOTIFY_SOCKET": notify.name}
        self._process = subprocess.Popen(enter, env={**variables, "PATH": os.defpath + ":/usr/sbin:/sbin"})
        self._stack.callback(self._process.wait, WAIT)
        self._stack.callback(self._process.kill)
        try:
            notify.wait_for("READY")
        except AssertionError as error:
            raise ManagerUnavailableError("a systemd of its own does not start here") from error
        if self.run(sys.executable, "-c", "import slcpd", check=False).returncode:
            raise ManagerUnavailableError(f"another user cannot run {sys.executable}")

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command as the user, in the home."""
        [inside] = psutil.Process(self._process.pid).children()
        enter = ["nsenter", f"--target={inside.pid}", "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup"]
        user = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--init-groups"]
        ran = subprocess.run(
            [*enter, *user, "env", f"--chdir={HOME}", *words],
            env={**VARIABLES, "SLCP_INTERFACES": "lo", "PATH": os.defpath},
            capture_output=True,
            text=True,
            timeout=4 * WAIT,
            check=False,
        )
        assert not check or ran.returncode == 0, ran.stdout + ran.stderr
        return ran

    def sh(self, script: str) -> str:
        """Run a script of the shell as the user; return what it prints."""
        return self.run("sh", "-ec", script).stdout

    def slcpctl(self, *words: str) -> str:
        """Run slcpctl; return what it prints."""
        return self.run(sys.executable, "-m", "slcpctl", *words).stdout

    def status(self) -> dict[str, Any]:
        """Return what `slcpctl service status` tells."""
        shown: dict[str, Any] = json.loads(self.slcpctl("--json", "service", "status"))
        return shown

    def show(self, *names: str) -> list[str]:
        """Return properties of the unit, in the order of their names."""
        shown = self.run("systemctl", "--user", "show", "slcpd.service", f"--property={','.join(names)}").stdout
        properties = dict(line.split("=", 1) for line in shown.splitlines())
        return [properties[name] for name in names]

    def configure_unit(self, settings: str) -> None:
        """Add settings to the unit, as `systemctl --user edit` does."""
        folder = "~/.config/systemd/user/slcpd.service.d"
        self.sh(f"mkdir -p {folder}; printf '[Service]\\n{settings}\\n' >{folder}/test.conf")
        self.run("systemctl", "--user", "daemon-reload")


@contextlib.contextmanager
def _cgroup() -> Iterator[Path]:
    """Make a cgroup, in which the manager makes its own; all of them go at the end."""
    mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()]
    found = [Path(mount[4]) for mount in mounts if mount[mount.index("-") + 1] == "cgroup2"]
    if not found:
        raise ManagerUnavailableError("no cgroup2 is mounted")
    cgroup = found[0] / f"slcp-test-{os.getpid()}"
    try:
        cgroup.mkdir()
    except OSError as error:
        raise ManagerUnavailableError(f"no cgroup can be made: {error}") from error
    try:
        yield cgroup
    finally:
        _remove(cgroup)


def _remove(cgroup: Path) -> None:
    deadline = time.monotonic() + WAIT
    while cgroup.exists():
        for folder in sorted((path for path in cgroup.rglob("*") if path.is_dir()), reverse=True):
            with contextlib.suppress(OSError):  # its processes are not all gone
                folder.rmdir()
        with contextlib.suppress(OSError):
            cgroup.rmdir()
        assert time.monotonic() < deadline, f"{cgroup} is not empty"
