"""curl from nginx: a file over HTTP, not encrypted. Both written in C; the file is synced, as ours is."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from daemons import free_port

from benchmarks.others.installed import find
from benchmarks.processes import serving, sync, takes_connections

NAME = "curl from nginx (C)"
CONFIG = """\
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ }}
http {{
    access_log off;
    sendfile on;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


@contextmanager
def server(folder: Path) -> Iterator[Callable[[Path], object]]:
    """Run nginx on a port of 127.0.0.1; yield what fetches a file of `folder` from it."""
    nginx, curl, port = find("nginx", "nginx-light"), find("curl", "curl"), free_port()
    config, copy = folder / "nginx.conf", folder / "curl.tif"
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(CONFIG.format(user=user, folder=folder, port=port))

    def fetch(source: Path) -> None:
        url = f"http://127.0.0.1:{port}/{source.name}"
        subprocess.run([curl, "--fail", "--silent", "--noproxy", "*", "--output", str(copy), url], check=True)
        sync(copy)

    with serving([nginx, "-c", str(config), "-g", "daemon off;"], lambda: takes_connections(port)):
        yield fetch
