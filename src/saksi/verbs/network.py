"""The only file of Saksi that can reach a network: a timestamp query posted to an authority (RFC 3161 3.4).

Nothing is imported before `post` is called, and only `stamp --network` and `hand-over --network` call it (tests/test_layers.py).
What is sent is the query and nothing else: the digest of a checkpoint or of a signature and a random number, no name, no file,
no cookie. Redirections are not followed: the reply must come from the address that was named.
"""

from __future__ import annotations

from typing import Final

from saksi.errors import UsageError, VerificationFailed
from saksi.vault.timestamps import REPLY_BYTES_MAX

SECONDS_MAX: Final = 30.0
"""How long an authority may take to answer; unsourced: they answer in one or two."""


def post(url: str, query: bytes) -> bytes:
    """The authority's reply. Raises UsageError (authority_no_address), VerificationFailed (authority_no_answer)."""
    import http.client
    import urllib.error
    import urllib.request

    if not url.startswith(("http://", "https://")):
        raise UsageError("authority_no_address")

    class Staying(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_args: object, **_kwargs: object) -> None:
            return None

    try:
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
            url,
            data=query,
            headers={"Content-Type": "application/timestamp-query", "User-Agent": "saksi"},
            method="POST",
        )
        opener = urllib.request.build_opener(Staying)
        with opener.open(request, timeout=SECONDS_MAX) as answer:
            data: bytes = answer.read(REPLY_BYTES_MAX + 1)
    except urllib.error.HTTPError as e:
        e.close()  # it holds the connection
        raise VerificationFailed("authority_no_answer") from e
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as e:
        raise VerificationFailed("authority_no_answer") from e
    return data
