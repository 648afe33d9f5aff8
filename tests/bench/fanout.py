#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A thousand ranged clients on loopback: the station beside nginx with sendfile, in turns, on the same file.

usage: fanout.py BUILD SCRATCH          BUILD/remint and BUILD/bench/clients must be there; SCRATCH gets a file of 1 GiB
"""
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

CLIENTS, RANGE, SIZE = 1000, 8 << 20, 1 << 30
PAIRS, SECONDS = 5, 6
PATIENCE = 60
PAYLOAD = "images/bench/payload.zst"
NGINX = """
daemon off; worker_processes 2; worker_rlimit_nofile 16384; pid {at}/pid; error_log {at}/error.log;
events {{ worker_connections 4096; }}
http {{
    sendfile on; access_log off; keepalive_requests 1000000;
    client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;
    server {{ listen 127.0.0.1:{port} backlog=4096; root {root}; }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(argv, port):
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
            return process
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                stop(process)
                raise RuntimeError(f"{argv[0]} does not come up") from None
            time.sleep(0.05)


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE)


def start_nginx(scratch):
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not program:
        raise RuntimeError("nginx is not installed")
    at, port = scratch / "nginx", free_port()
    at.mkdir()
    user = "user root;\n" if os.geteuid() == 0 else ""
    (at / "nginx.conf").write_text(user + NGINX.format(at=at, port=port, root=scratch))
    return start([program, "-p", at, "-c", at / "nginx.conf"], port), port


def start_station(build, scratch):
    (scratch / "boot").mkdir()
    port = free_port()
    return start([build / "remint", "serve", "--state", scratch / "state", "--images", scratch / "images", "--boot", scratch / "boot",
                  "--http", f"127.0.0.1:{port}", "--https", f"127.0.0.1:{free_port()}", "--address", "127.0.0.1"], port), port


def load(build, port):
    done = subprocess.run([build / "bench/clients", "127.0.0.1", str(port), "/" + PAYLOAD, str(SIZE), str(CLIENTS), str(RANGE),
                           str(SECONDS)], capture_output=True, text=True, timeout=SECONDS + PATIENCE, check=True)
    result = json.loads(done.stdout)
    if result["errors"]:
        raise RuntimeError(f"{result['errors']} clients failed: {result['why']}")
    return result["bytes"] / result["seconds"], result["min"] / max(result["median"], 1)


def make_payload(scratch):
    path = scratch / PAYLOAD
    path.parent.mkdir(parents=True)
    with open(path, "wb") as f:
        for _ in range(SIZE >> 24):
            f.write(os.urandom(1 << 24))
    with open(path, "rb") as f:  # both read it from memory
        while f.read(1 << 24):
            pass


def measure(build, ports):
    """Pairs of (speed, slowest over median), nginx first."""
    for port in ports:
        load(build, port)
    return [tuple(load(build, port) for port in ports) for _ in range(PAIRS)]


def rows(build_dir, scratch):
    build, scratch = Path(build_dir).resolve(), Path(scratch).resolve() / "fanout"
    shutil.rmtree(scratch, ignore_errors=True)
    running = []
    try:
        make_payload(scratch)
        ports = []
        for starter in (lambda: start_nginx(scratch), lambda: start_station(build, scratch)):
            process, port = starter()
            running.append(process)
            ports.append(port)
        pairs = measure(build, ports)
    finally:
        for process in running:
            stop(process)
        shutil.rmtree(scratch, ignore_errors=True)
    ratio = statistics.median(ours[0] / peer[0] for peer, ours in pairs)
    fair = statistics.median(ours[1] for _, ours in pairs)
    return [
        {"name": f"fan-out to {CLIENTS} ranged clients", "value": round(statistics.median(o[0] for _, o in pairs) / 1e6),
         "unit": "MB/s", "peer": f"nginx sendfile {round(statistics.median(p[0] for p, _ in pairs) / 1e6)} MB/s",
         "ratio": round(ratio, 2), "goal": 0.8, "met": ratio >= 0.8},
        {"name": f"slowest of {CLIENTS} clients over the median", "value": round(fair, 2), "unit": "of the median",
         "peer": f"nginx sendfile {round(statistics.median(p[1] for p, _ in pairs), 2)}", "ratio": round(fair, 2),
         "goal": 0.33, "met": fair >= 1 / 3},
    ]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    for row in rows(sys.argv[1], sys.argv[2]):
        print(json.dumps(row))
