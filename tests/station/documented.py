# SPDX-License-Identifier: Apache-2.0
"""Checks an exchange against docs/openapi.json, a certificate against its schema. The harness does so with all that any test makes."""
import json
import re

import jsonschema
from harness import TOP

DOC = json.loads((TOP / "docs/openapi.json").read_text())
# Debian 12's python3-jsonschema (4.10) knows draft 2020-12.
CERTIFICATE = jsonschema.Draft202012Validator(json.loads((TOP / "docs/certificate.schema.json").read_text()))


def _plain(schema):
    """OpenAPI 3.0's "nullable" as JSON Schema has it."""
    if isinstance(schema, list):
        return [_plain(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {k: _plain(v) for k, v in schema.items()}
    if schema.pop("nullable", False):
        return {"anyOf": [{"type": "null"}, schema]}
    return schema


COMPONENTS = _plain(DOC["components"])
ROUTES = [(re.compile("^" + re.sub(r"\{[a-z]+\}", "[^/]+", re.escape(path).replace(r"\{", "{").replace(r"\}", "}")) + "$"), path)
          for path in DOC["paths"]]


def operation(method, target):
    path = target.split("?")[0]
    for pattern, name in ROUTES:
        if pattern.match(path):
            return name, DOC["paths"][name].get("get" if method == "HEAD" else method.lower())
    return None, None


def validate(schema, value):
    jsonschema.Draft4Validator({**_plain(schema), "components": COMPONENTS}).validate(value)


def check_certificate(certificate):
    CERTIFICATE.validate(certificate)


def check(method, target, port, reply):
    name, op = operation(method, target)
    if not op or op["x-port"] != port:
        assert reply.status in ((401, 404, 405) if port == "https" else (404, 405)), (method, target, reply)
        return
    documented = op["responses"].get(str(reply.status))
    assert documented, f"{method} {name}: {reply.status} is not documented: {reply.body[:200]!r}"
    if "$ref" in documented:
        documented = DOC["components"]["responses"][documented["$ref"].rsplit("/", 1)[1]]
    content = documented.get("content")
    if not content:
        assert reply.body == b"", (method, target, reply)
        return
    kind = reply.headers["content-type"].split(";")[0]
    assert kind in content, f"{method} {name}: {reply.status} with {kind}"
    if kind == "application/json" and method != "HEAD":
        validate(content[kind]["schema"], reply.json)
