#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usage: forward.py DESCRIPTOR PORT      what connects to the inherited listening socket is joined with 127.0.0.1:PORT

A socket keeps the network namespace that it was made in, so this joins two of them.
"""
import socket
import sys
import threading


def pump(source, to):
    try:
        while data := source.recv(65536):
            to.sendall(data)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        to.close()


def join(client, port):
    try:
        server = socket.create_connection(("127.0.0.1", port), timeout=10)
    except OSError:
        client.close()
        return
    server.settimeout(None)
    back = threading.Thread(target=pump, args=[server, client], daemon=True)
    back.start()
    pump(client, server)
    back.join()
    client.close()
    server.close()


def main():
    listener, port = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    while True:
        client, _ = listener.accept()
        threading.Thread(target=join, args=[client, port], daemon=True).start()


if __name__ == "__main__":
    main()
