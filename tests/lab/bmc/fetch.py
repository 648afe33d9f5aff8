# SPDX-License-Identifier: Apache-2.0
"""What the BMC fetches itself: images of media, firmware."""
import contextlib
import ssl
import urllib.error
import urllib.request

from .errors import Refusal

SECONDS = 30  # that a server may be silent


@contextlib.contextmanager
def fetched(url, verify=False):
    """The open file behind a URL of http or https. What goes wrong there is told to who asked for it."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with urllib.request.urlopen(url, timeout=SECONDS, context=context) as source:
            yield source
    except urllib.error.HTTPError as error:
        raise Refusal(400, "AccessDenied", f"{url}: {error}") from None
    except OSError as error:
        raise Refusal(400, "CouldNotEstablishConnection", f"{url}: {error}") from None
