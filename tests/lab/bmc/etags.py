# SPDX-License-Identifier: Apache-2.0
"""Entity tags: DSP0266, "ETags"; RFC 9110, 8.8.3 and 13.1."""
import hashlib
import json

# What changes by itself does not make a resource another one.
VOLATILE = ("DateTime", "@odata.etag")


def tag_of(body):
    kept = {k: v for k, v in body.items() if k not in VOLATILE}
    return '"' + hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16] + '"'


def listed(header):
    """The tags of an If-Match or If-None-Match."""
    return [part.strip() for part in header.split(",") if part.strip()]


def matches(header, tag):
    """Strong comparison, as If-Match wants it: a weak tag matches nothing."""
    return header.strip() == "*" or (not tag.startswith("W/") and tag in listed(header))


def matches_weakly(header, tag):
    """As If-None-Match wants it."""
    return header.strip() == "*" or tag.removeprefix("W/") in [t.removeprefix("W/") for t in listed(header)]
