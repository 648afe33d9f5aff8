# SPDX-License-Identifier: Apache-2.0
"""Places that images are pushed to and fetched from: an S3-compatible store that verifies signatures, and a real nginx."""
import contextlib
import datetime
import hashlib
import hmac
import http.server
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.parse
import xml.etree.ElementTree as ET

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # of Amazon's published examples
EMPTY = hashlib.sha256(b"").hexdigest()
PATIENCE = 60


# ---- AWS Signature Version 4, as "Authenticating Requests: Using the Authorization Header" (Amazon S3 API reference) has it

def encode(text, keep=""):
    return urllib.parse.quote(text, safe="-._~" + keep)


def signature(secret, method, path, query, headers, signed, body_hash, date, scope):
    """headers: lower-case names; signed: their names in order; path and query as they came, decoded here."""
    pairs = sorted((encode(k), encode(v)) for k, v in urllib.parse.parse_qsl(query, keep_blank_values=True))
    canonical = "\n".join([method, encode(urllib.parse.unquote(path), "/"), "&".join(f"{k}={v}" for k, v in pairs),
                           "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in signed), ";".join(signed), body_hash])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = b"AWS4" + secret.encode()
    for word in scope.split("/"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


class Refused(Exception):
    def __init__(self, status, code, message=""):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def check_signature(self, path, query, body):
        s3 = self.server.s3
        headers = {k.lower(): v for k, v in self.headers.items()}
        m = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})",
                         headers.get("authorization", ""))
        if not m:
            raise Refused(403, "AccessDenied", "no signature")
        key_id, scope, signed = m[1], m[2], m[3].split(";")
        date = headers.get("x-amz-date", "")
        at = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if abs((datetime.datetime.now(datetime.timezone.utc) - at).total_seconds()) > 900:
            raise Refused(403, "RequestTimeTooSkewed")
        if scope != f"{date[:8]}/{s3.region}/s3/aws4_request":
            raise Refused(400, "AuthorizationHeaderMalformed", f"scope {scope}")
        if key_id != KEY_ID:
            raise Refused(403, "InvalidAccessKeyId", "The key does not exist")
        must = {"host"} | {name for name in headers if name.startswith("x-amz-")}
        if not must <= set(signed):
            raise Refused(403, "AccessDenied", f"unsigned headers: {sorted(must - set(signed))}")
        if s3.session and headers.get("x-amz-security-token") != s3.session:
            raise Refused(403, "InvalidToken")
        body_hash = headers.get("x-amz-content-sha256", "")
        if m[4] != signature(SECRET, self.command, path, query, headers, signed, body_hash, date, scope):
            raise Refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match")
        if body_hash != hashlib.sha256(body).hexdigest():
            raise Refused(400, "XAmzContentSHA256Mismatch")

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_expect_100(self):
        if self.headers.get("Authorization", "").find(KEY_ID) < 0:  # as real stores do, before the body has come
            self.close_connection = True
            self.answer(403, b"<Error><Code>InvalidAccessKeyId</Code></Error>", Connection="close")
            return False
        return super().handle_expect_100()

    def any_method(self):
        s3 = self.server.s3
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        words = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        try:
            with s3.lock:
                s3.seen.append((self.command, path, words))
                if s3.broken and s3.broken(self.command, path, words):
                    raise Refused(503, "SlowDown", "Please reduce your request rate")
                self.check_signature(path, query, body)
                s3.act(self, path, words, body)
        except Refused as e:
            self.answer(e.status, f"<?xml version='1.0'?><Error><Code>{e.code}</Code><Message>{e.message}</Message></Error>".encode(),
                        Content_Type="application/xml")

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = any_method


class S3:
    """One bucket, in memory."""

    def __init__(self, region="us-east-1", session=None):
        self.region, self.session = region, session
        self.lock = threading.Lock()
        self.objects, self.uploads, self.seen = {}, {}, []  # path: (bytes, meta, etag); id: (path, meta, {number: bytes})
        self.broken = None       # (method, path, query) -> is it to fail with 503?
        self.bad_complete = False
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.s3 = self
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def act(self, h, path, words, body):
        meta = h.headers.get("x-amz-meta-remint-sha256")
        if h.command == "POST" and "uploads" in words:
            # an id with characters that must be encoded in the query
            upload = f"id/{len(self.seen)}+=="
            self.uploads[upload] = (path, meta, {})
            return h.answer(200, f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>".encode())
        if "uploadId" in words:
            return self.act_on_upload(h, path, words, body)
        if h.command == "PUT":
            etag = '"' + hashlib.md5(body).hexdigest() + '"'
            self.objects[path] = (body, meta, etag)
            return h.answer(200, ETag=etag)
        if h.command == "DELETE":
            self.objects.pop(path, None)
            return h.answer(204)
        if path not in self.objects:
            raise Refused(404, "NoSuchKey", "The specified key does not exist.")
        content, meta, etag = self.objects[path]
        more = {"x_amz_meta_remint_sha256": meta} if meta else {}
        return h.answer(200, content, ETag=etag, Content_Length=str(len(content)), **more)

    def act_on_upload(self, h, path, words, body):
        upload = self.uploads.get(words["uploadId"])
        if not upload or upload[0] != path:
            raise Refused(404, "NoSuchUpload", "The specified upload does not exist.")
        parts = upload[2]
        if h.command == "DELETE":
            del self.uploads[words["uploadId"]]
            return h.answer(204)
        if h.command == "PUT":
            parts[int(words["partNumber"])] = body
            return h.answer(200, ETag='"' + hashlib.md5(body).hexdigest() + '"')
        if self.bad_complete:
            return h.answer(200, b"<?xml version='1.0'?>\n<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>")
        ns = "{http://s3.amazonaws.com/doc/2006-03-01/}"
        said = [(int(p.find(ns + "PartNumber").text), p.find(ns + "ETag").text) for p in ET.fromstring(body)]
        if said != [(n, '"' + hashlib.md5(parts[n]).hexdigest() + '"') for n in sorted(parts)]:
            raise Refused(400, "InvalidPart")
        if any(len(parts[n]) < 5 << 20 for n in sorted(parts)[:-1]):
            raise Refused(400, "EntityTooSmall")
        self.objects[path] = (b"".join(parts[n] for n in sorted(parts)), upload[1], f'"x-{len(parts)}"')
        del self.uploads[words["uploadId"]]
        return h.answer(200, b"<CompleteMultipartUploadResult/>")


# ---- nginx

def free_port():
    with contextlib.closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Nginx:
    """Serves a folder by plain HTTP, and with `tls` (key, certificate) by HTTPS to who has the token; both take PUT and DELETE."""

    def __init__(self, folder, root, tls=None, token=None):
        self.port, self.tls_port = free_port(), free_port()
        for name in "body", "logs":
            (folder / name).mkdir(parents=True)
        dav = f"root {root}; dav_methods PUT DELETE; create_full_put_path on; client_max_body_size 0; client_body_temp_path {folder}/body;"
        secure = "" if not tls else f"""
            server {{ listen 127.0.0.1:{self.tls_port} ssl; ssl_certificate {tls[1]}; ssl_certificate_key {tls[0]};
                if ($http_authorization != "Bearer {token}") {{ return 401; }}
                location / {{ {dav} }} }}"""
        paths = "".join(f"{p}_temp_path {folder}/logs/{p};" for p in ("proxy", "fastcgi", "uwsgi", "scgi"))
        config = folder / "nginx.conf"
        config.write_text(f"""
            {"user root;" if os.getuid() == 0 else ""} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/logs/error;
            events {{ worker_connections 64; }}
            http {{ access_log {folder}/logs/access; {paths}
                server {{ listen 127.0.0.1:{self.port}; location / {{ {dav} }} }} {secure} }}""")
        self.url, self.tls_url = f"http://127.0.0.1:{self.port}", f"https://127.0.0.1:{self.tls_port}"
        self.log = folder / "logs/access"
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-e", folder / "logs/error", "-c", config], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=open(folder / "stderr", "wb"))
        end = time.monotonic() + PATIENCE
        while True:
            assert self.process.poll() is None and time.monotonic() < end, (folder / "stderr").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                break
            time.sleep(0.02)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
