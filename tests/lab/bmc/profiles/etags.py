# SPDX-License-Identifier: Apache-2.0
"""ETags that are in the way (quirk 2)."""
import gzip

from ..errors import Refusal
from .profile import Profile
from .vendors import Ami, Dell9, Dell10, Hpe10


class Strict(Ami):
    """428 without If-Match."""

    def unmodified(self, request, tag):
        if "if-match" not in request.headers:
            raise Refusal(428, "PreconditionRequired")
        super().unmodified(request, tag)


class Weak(Profile):
    """It gives weak tags, which by RFC 9110 match nothing in an If-Match: only the same without W/ does."""

    def tag(self, tag):
        return "W/" + tag

    def unmodified(self, request, tag):
        super().unmodified(request, tag.removeprefix("W/"))


class RefusesValid(Profile):
    """412 to whatever If-Match says, to a PATCH and to an action's POST."""

    def unmodified(self, request, tag):
        if "if-match" in request.headers:
            raise Refusal(412, "PreconditionFailed")

    def action_unmodified(self, request):
        self.unmodified(request, None)


class RefusesAction(Dell10):
    """iDRAC 10: 412 to If-Match on an action's POST; a PATCH is as it should be."""

    def action_unmodified(self, request):
        if "if-match" in request.headers:
            raise Refusal(412, "PreconditionFailed")


class Gzip(Dell9):
    """iDRAC 9: unless the client asks for "identity", the web server in front compresses and makes another tag, which it does not know again."""

    def encode(self, request, response):
        coding = request.headers.get("accept-encoding")
        if coding is not None and "identity" in coding and "gzip" not in coding:
            return response
        if "ETag" in response.headers:
            response.headers["ETag"] = response.headers["ETag"].removesuffix('"') + '-gzip"'
        if isinstance(response.body, dict) and coding is not None and "gzip" in coding:
            response.body = gzip.compress(response.encoded(), 1)
            response.headers["Content-Encoding"] = "gzip"
        return response


class NoIdentity(Hpe10):
    """HPE Gen10: 406 to a client that takes "identity" only."""

    def arrive(self, request):
        if request.headers.get("accept-encoding", "").strip() == "identity":
            raise Refusal(406, "HeaderInvalid", "Accept-Encoding")


PROFILES = {"etag-strict": Strict, "etag-weak": Weak, "etag-refuses-valid": RefusesValid, "etag-refuses-action": RefusesAction,
            "etag-gzip": Gzip, "etag-no-identity": NoIdentity}
