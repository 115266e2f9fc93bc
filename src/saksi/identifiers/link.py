"""Links and invitations: http(s), www., and bare domains whose ending is known. Never resolved, never fetched.

value: scheme and host in lower case, the rest as written; a link without scheme gets "https://". An invitation (a group, a
server, a chat that opens with a person) is of kind `invite`, spelled one way per service: https://t.me/+HASH,
https://chat.whatsapp.com/CODE, https://discord.gg/CODE. A link that holds a phone number (wa.me/62…) also yields the phone,
over the digits' own span (see `saksi.identifiers.phone`).

A bare domain counts where its ending is one that people do not type by leaving out a space ("besok.my"): short endings that
are words need a path behind them or a host that is known.
"""

from __future__ import annotations

import re
from typing import Final

from saksi.identifiers.hit import Hit, Line, Spans

SURE_ENDINGS: Final = (
    "com", "net", "org", "co.id", "ac.id", "go.id", "sch.id", "or.id", "web.id", "my.id", "biz.id", "desa.id", "info", "xyz",
    "co.uk", "com.my", "com.sg", "com.au", "io", "gg",
)
"""Endings accepted without a path: none of them begins a word of ordinary Indonesian or English chat."""

PATH_ENDINGS: Final = (
    "id", "me", "my", "sg", "co", "cc", "ly", "gl", "to", "tv", "be", "ru", "cn", "de", "nl", "app", "dev", "link", "live",
    "site", "online", "shop", "store", "club", "vip", "top", "pro", "fun", "icu", "chat", "page", "bio", "ee", "biz", "click",
)
"""Endings accepted only with a path behind them, or for a host of KNOWN_HOSTS."""

KNOWN_HOSTS: Final = frozenset((
    "t.me", "wa.me", "m.me", "line.me", "paypal.me", "bit.ly", "s.id", "linktr.ee", "discord.gg", "telegram.me", "youtu.be",
    "g.co", "fb.me", "saweria.co", "trakteer.id", "tiktok.com", "x.com",
))

GATE: Final = r"(?i:://|www\.|[a-z0-9]\.(?:com|net|org|id|me|my|sg|co|cc|ly|gl|to|tv|be|ru|cn|de|nl|app|dev|link|live|site|online|shop|store|club|vip|top|pro|fun|icu|chat|page|bio|ee|biz|click|info|xyz|io|gg)\b)"

_SCHEME: Final = re.compile(r"(?<![A-Za-z0-9])(?:https?|tg|whatsapp|line|discord)://[^\s<>\"`\\^{|}]{1,4096}", re.IGNORECASE)
_WWW: Final = re.compile(r"(?<![A-Za-z0-9./@\-])www\.[^\s<>\"`\\^{|}]{3,4096}", re.IGNORECASE)
_BARE: Final = re.compile(
    r"(?<![A-Za-z0-9./@_\-])((?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.){1,5}[a-z]{2,6})(?![a-z0-9@_\-])(?!\.[a-z0-9])"
    r"(:\d{2,5})?(/[^\s<>\"`\\^{|}]{0,4096}|\?[^\s<>\"]{1,4096})?",
    re.IGNORECASE,
)
_HOST: Final = re.compile(r"([a-z]+)://(?:[^/?#@\s]*@)?(\[[0-9a-f:.]+\]|[^/?#:\s]+)(:\d+)?(.*)", re.IGNORECASE | re.DOTALL)

_DOT: Final = re.compile(r"\.[^\W\d_]")
"""A dot and a letter: every bare domain holds one."""

_INVITE_HOST: Final = re.compile(
    r"(?:https?|tg)://(?:www\.)?(?:t\.|telegram\.|join\?|chat\.whatsapp\.|discord|line\.me|m\.me|signal\.group)", re.IGNORECASE
)
"""How every one of _INVITES begins: asked first, since few links are invitations."""

_INVITES: Final = tuple((re.compile(pattern, re.IGNORECASE), shape) for pattern, shape in (
    (r"https?://(?:t|telegram)\.(?:me|dog)/(?:joinchat/|\+)([A-Za-z0-9_-]{6,64})/?(?:\?.*)?", "https://t.me/+{}"),
    (r"tg://join\?invite=([A-Za-z0-9_-]{6,64}).*", "https://t.me/+{}"),
    (r"https?://chat\.whatsapp\.com/(?:invite/)?([A-Za-z0-9]{10,64})/?(?:\?.*)?", "https://chat.whatsapp.com/{}"),
    (r"https?://(?:www\.)?discord(?:\.gg|(?:app)?\.com/invite)/([A-Za-z0-9-]{2,64})/?(?:\?.*)?", "https://discord.gg/{}"),
    (r"https?://line\.me/(?:R/)?ti/([pg]/[~%@A-Za-z0-9_.-]{2,64})/?(?:\?.*)?", "https://line.me/ti/{}"),
    (r"https?://m\.me/([A-Za-z0-9.]{2,64})/?(?:\?.*)?", "https://m.me/{}"),
    (r"https?://(?:www\.)?signal\.group/(#[A-Za-z0-9_=-]{10,200})", "https://signal.group/{}"),
))


def trimmed(text: str) -> str:
    """A link without the punctuation of the sentence around it; a closing bracket stays where the link opened it."""
    while text:
        last = text[-1]
        opening = {")": "(", "]": "["}.get(last)
        if opening is not None and text.count(last) <= text.count(opening):
            return text
        if last not in ".,;:!?'\")]*_~…»":
            return text
        text = text[:-1]
    return text


def _bare_counts(host: str, path: str) -> bool:
    """Whether a domain without scheme is one (see the module's text)."""
    host = host.lower()
    if host in KNOWN_HOSTS:
        return len(path) > 1
    if host.startswith("www."):
        return True
    if any(host.endswith("." + ending) for ending in SURE_ENDINGS):
        return True
    return len(path) > 1 and path[0] == "/" and host.rsplit(".", 1)[1] in PATH_ENDINGS


def canonical(link: str) -> str | None:
    """Scheme and host in lower case, no default port, no lone final "/"; None where there is no host."""
    parts = _HOST.fullmatch(link)
    if parts is None:
        return None
    scheme, host, port, rest = parts.groups()
    scheme, host = scheme.lower(), host.lower().rstrip(".")
    port = "" if port is None or (scheme, port) in (("http", ":80"), ("https", ":443")) else port
    return f"{scheme}://{host}{port}{'' if rest == '/' else rest}"


def _hit(written: str, link: str, start: int, reason: str) -> Hit | None:
    value = canonical(link)
    if value is None:
        return None
    end = start + len(written)
    for pattern, shape in _INVITES if _INVITE_HOST.match(value) else ():
        match = pattern.fullmatch(value)
        if match is not None:
            return Hit("invite", shape.format(match.group(1)), start, end, "invite")
    return Hit("link", value, start, end, reason)


def find(line: Line) -> list[Hit]:
    """All links and invitations, leftmost first; a part of a link is not a second link."""
    text = line.folded
    hits: list[Hit] = []
    spans = Spans()
    if "://" in text:
        for match in _SCHEME.finditer(text):
            written = trimmed(match.group())
            hit = _hit(written, written, match.start(), "link_scheme")
            if hit is not None and len(written) > written.find("://") + 4:
                _add(hits, spans, hit)
    for match in _WWW.finditer(text) if "www." in line.low else ():
        written = trimmed(match.group())
        if "." in written[4:]:
            _add(hits, spans, _hit(written, "https://" + written, match.start(), "link_www"))
    if all(spans.overlap(*dot.span()) for dot in _DOT.finditer(text)):
        return hits  # every dot that could be a domain's is part of a link already
    for match in _BARE.finditer(text):
        if _bare_counts(match.group(1), match.group(3) or ""):
            written = trimmed(match.group())
            _add(hits, spans, _hit(written, "https://" + written, match.start(), "link_domain"))
    return hits


def _add(hits: list[Hit], spans: Spans, hit: Hit | None) -> None:
    if hit is not None and not spans.overlap(hit.start, hit.end):
        spans.add(hit.start, hit.end)
        hits.append(hit)
