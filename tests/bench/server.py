# SPDX-License-Identifier: Apache-2.0
"""The real nginx with sendfile on loopback, the same for all tools."""
import os
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

CONFIG = """
{user}
worker_processes auto;
pid {prefix}/nginx.pid;
error_log {prefix}/error.log warn;
events {{ worker_connections 1024; }}
http {{
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 100000;
	client_body_temp_path {prefix}/body;
	proxy_temp_path {prefix}/proxy;
	fastcgi_temp_path {prefix}/fastcgi;
	uwsgi_temp_path {prefix}/uwsgi;
	scgi_temp_path {prefix}/scgi;
	server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextmanager
def nginx(root, prefix):
    """Serves the folder; gives its URL, without a slash at the end."""
    prefix, port = Path(prefix).resolve(), free_port()
    prefix.mkdir(parents=True, exist_ok=True)
    config = prefix / "nginx.conf"
    config.write_text(CONFIG.format(prefix=prefix, port=port, root=Path(root).resolve(), user="user root;" if os.geteuid() == 0 else ""))
    server = subprocess.Popen(["nginx", "-p", prefix, "-c", config, "-e", prefix / "error.log", "-g", "daemon off;"],
                              env=dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"), stdin=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
            except OSError:
                if server.poll() is not None:
                    raise RuntimeError(f"nginx ended: {(prefix / 'error.log').read_text()[-1000:]}")
                time.sleep(0.05)
        yield url
    finally:
        server.terminate()
        server.wait(10)


def warm(url):
    """Into the page cache."""
    with urllib.request.urlopen(url) as answer:
        while answer.read(1 << 20):
            pass
