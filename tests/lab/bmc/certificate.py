# SPDX-License-Identifier: Apache-2.0
"""A BMC's own certificate, signed by itself, as they come from the factory; and what serves with it."""
import ssl
import subprocess


def make(folder, name):
    """certificate and key, PEM; those that are there from before stay, since somebody may have pinned them."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if certificate.exists() and key.exists():
        return certificate, key
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    return certificate, key


def context(certificate, key):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(certificate, key)
    return made
