"""The survivor's own copy: one HTML file that opens in any recent browser, without Saksi, without a network, with a passphrase.

    page(content, passphrase, lang) -> bytes            the whole file
    content(view, lang, made_at_us) -> dict             what is inside, in both languages
    opened(page, passphrase) -> dict                    the inverse

Rules, in order:
1. Her own messages as text and her case in plain words. No picture, no other person's thread: only threads with marks that may be
   shown (all, where there are none). Withheld marks stay withheld: nothing is told as her act.
2. Nothing is readable without the passphrase, not even that it is about a case: the locked page says "Notes".
3. PBKDF2-SHA256 with ITERATIONS, AES-256-GCM, random salt and nonce: what every browser's WebCrypto has, and ten lines of Python open
   (docs/bundle-format.md). Argon2id would be stronger and is in no browser.
4. The page's policy forbids every load; its one script and one style are allowed by their digest. Text enters as text only.
5. "Leave quickly" empties the page before it leaves, and says that the file stays.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from saksi.case.model import CaseView, ThreadView
from saksi.errors import UsageError, VerificationFailed, WrongKey
from saksi.report._times import day, short
from saksi.report.chronology._front import reviewed_contacts
from saksi.report.chronology.report import intervals_shown
from saksi.times import EPOCH
from saksi.words import LANGUAGES, area, say

FORMAT: Final = "saksi-own-copy-1"
ITERATIONS: Final = 1_000_000
"""PBKDF2-SHA256: OWASP's floor of 2023 is 600,000; a million takes a cheap phone some two seconds."""

ITERATIONS_MAX: Final = 20_000_000
PASSPHRASE_CHARS_MIN: Final = 14
"""Whoever finds the file may guess without end: three or four words."""

ROWS_MAX: Final = 20_000
IDLE_S: Final = 300
"""Seconds without a touch after which the page locks itself."""

PHASES_MAX: Final = 40


@cache
def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _w(key: str, lang: str, **values: str | int) -> str:
    return say(f"own_copy.{key}", lang, **values)


# -- what is inside --------------------------------------------------------------------------------------------------------


def content(view: CaseView, lang: str, made_at_us: int) -> dict[str, Any]:
    """Everything the page shows once it is open; both languages."""
    told: dict[str, Any] = {language: _told(view, language, made_at_us) for language in LANGUAGES}
    return {**told, "threads": _threads(view, lang)}


def _told(view: CaseView, lang: str, made_at_us: int) -> dict[str, Any]:
    return {
        "title": _w("title", lang),
        "warning": [_w("warning_1", lang), _w("warning_2", lang)],
        "sections": [
            _found(view, lang),
            _section("next_title", lang, [], [_w(f"next_{n}", lang) for n in range(1, 5)]),
            _section("rights_title", lang, [], [_w(f"rights_{n}", lang) for n in range(1, 6)]),
            _section("help_title", lang, [_w("help_companion", lang)], _contacts(lang)),
        ],
        "messages": _w("messages_title", lang),
        "end": _w("end", lang, code=view.code, day=day(made_at_us, view.zone, lang)),
    }


def _section(title: str, lang: str, paras: list[str], items: list[str]) -> dict[str, Any]:
    return {"title": _w(title, lang), "paras": paras, "items": items}


def _found(view: CaseView, lang: str) -> dict[str, Any]:
    sealed = max((s.sealed_at_us for s in view.sources), default=0)
    messages = sum(t.records - t.duplicates for t in view.threads)
    intro = _w("found_intro", lang, exports=len(view.sources), messages=messages, day=day(sealed, view.zone, lang))
    items = list(dict.fromkeys(_phases(view, lang)))[:PHASES_MAX]
    found = [_w("found_phases", lang), _w("not_your_fault", lang)] if items else [_w("found_none", lang)]
    return _section("found_title", lang, [intro, *found], items)


def _phases(view: CaseView, lang: str) -> Iterator[str]:
    """One line a phase: what somebody else did, who, when."""
    for interval in intervals_shown(view):
        people = ", ".join(p for p in interval.people if p not in view.at_risk) or _w("unknown_sender", lang)
        phase = _w(f"phase_{interval.phase}", lang)
        if interval.first_at is None or interval.last_at is None:
            yield _w("found_item_no_time", lang, phase=phase, people=people)
        else:
            first, last = (day(at, view.zone, lang) for at in (interval.first_at, interval.last_at))
            key = "found_item" if first != last else "found_item_one_day"
            yield _w(key, lang, phase=phase, people=people, first=first, last=last)


def _contacts(lang: str) -> list[str]:
    return [
        _w("help_line", lang, name=c.name, role=c.role, reach=", ".join(channel.value for channel in c.channels))
        for c in reviewed_contacts(lang)
    ]


def _threads(view: CaseView, lang: str) -> list[dict[str, Any]]:
    """The rows of the threads with marks that may be shown, in the order of the file."""
    marked = {i.thread for i in intervals_shown(view)} | _marked(view)
    wanted = [t for t in view.threads if (t.source_digest, t.thread_id) in marked] or list(view.threads)
    by_key = {(t.source_digest, t.thread_id): _Rows(t, view, lang) for t in wanted}
    left = ROWS_MAX
    columns = ("source_digest", "thread_id", "sent_at", "sent_at_text", "sender_id", "sender_name", "kind", "text", "duplicate_of")
    for batch in view.batches(columns):
        for row in batch.to_pylist():
            rows = by_key.get((row["source_digest"], row["thread_id"]))
            if rows is not None and row["duplicate_of"] is None:
                rows.add(row, keep=left > 0)
                left -= 1
    return [r.as_json() for r in by_key.values() if r.rows]


def _marked(view: CaseView) -> set[tuple[str, str | None]]:
    from saksi.report._evidence import shown_marks

    return {m.thread for m in shown_marks(view).marks}


class _Rows:
    """The rows of one thread as the page shows them."""

    def __init__(self, thread: ThreadView, view: CaseView, lang: str) -> None:
        self.thread, self.view, self.lang = thread, view, lang
        self.rows: list[dict[str, str]] = []
        self.more = 0

    def add(self, row: Mapping[str, Any], *, keep: bool) -> None:
        """One row, or only its number."""
        if not keep:
            self.more += 1
            return
        kind = str(row["kind"])
        words = f"report.kind_{kind}"
        named = say(words, self.lang) if words.removeprefix("report.") in area("report") else kind
        self.rows.append({
            "when": self._when(row),
            "who": row["sender_name"] or row["sender_id"] or _w("unknown_sender", self.lang),
            "text": row["text"] or _w("no_words", self.lang, kind=named),
        })  # fmt: skip

    def _when(self, row: Mapping[str, Any]) -> str:
        if row["sent_at"] is None:
            return row["sent_at_text"] or ""
        return short((row["sent_at"] - EPOCH) // timedelta(microseconds=1), self.view.zone, self.lang)

    def as_json(self) -> dict[str, Any]:
        """Title and rows."""
        app = say(f"report.platform_{self.thread.platform}", self.lang) if (
            f"platform_{self.thread.platform}" in area("report")) else self.thread.platform
        title = f"{app} · {self.thread.title or self.thread.thread_id or _w('unknown_sender', self.lang)}"
        if self.more:
            self.rows.append({"when": "", "who": "", "text": _w("more_rows", self.lang, n=self.more)})
        return {"title": title, "rows": self.rows}


# -- the file --------------------------------------------------------------------------------------------------------------


def check_passphrase(passphrase: str) -> None:
    """Raises UsageError (own_copy_passphrase_short)."""
    if len(passphrase.strip()) < PASSPHRASE_CHARS_MIN:
        raise UsageError("own_copy_passphrase_short", characters=PASSPHRASE_CHARS_MIN)


def _key(passphrase: str, salt: bytes, iterations: int) -> bytes:
    secret = unicodedata.normalize("NFC", passphrase).strip().encode("utf-8", "surrogatepass")
    return hashlib.pbkdf2_hmac("sha256", secret, salt, iterations, 32)


def page(inside: Mapping[str, Any], passphrase: str, lang: str, *, iterations: int = ITERATIONS) -> bytes:
    """The file. Raises UsageError for a passphrase that is too short."""
    check_passphrase(passphrase)
    plain = json.dumps(inside, ensure_ascii=False).encode("utf-8", "replace")
    salt, nonce = os.urandom(16), os.urandom(12)
    data = AESGCM(_key(passphrase, salt, iterations)).encrypt(nonce, plain, FORMAT.encode())
    packed = {"salt": salt, "iv": nonce, "data": data}
    sealed = {
        "format": FORMAT, "kdf": "PBKDF2-SHA256", "cipher": "AES-256-GCM", "iterations": iterations, "idle_s": IDLE_S,
        **{name: base64.b64encode(value).decode() for name, value in packed.items()},
    }  # fmt: skip
    return _html(sealed, lang).encode()


def _source_hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _both(key: str, lang: str) -> str:
    other = next(language for language in LANGUAGES if language != lang)
    return f"<p>{escape(_w(key, lang))}</p><p lang={other}>{escape(_w(key, other))}</p>"


def _html(sealed: Mapping[str, Any], lang: str) -> str:
    style, script = _asset("copy.css"), _asset("copy.js")
    words = {key: {language: _w(key, language) for language in LANGUAGES} for key in ("other", "lock", "opening", "wrong", "too_old")}
    policy = (f"default-src 'none'; style-src {_source_hash(style)}; script-src {_source_hash(script)}; "
              "base-uri 'none'; form-action 'none'")  # fmt: skip
    data = json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex,noarchive">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(_w("page_title", lang))}</title><style>{style}</style></head><body>'
        f'<button type="button" id="exit">{escape(_w("exit", lang))}</button><main>'
        f'<form id="lock" hidden autocomplete="off"><h1>{escape(_w("page_title", lang))}</h1>{_both("locked_what", lang)}'
        f'<div class="card">{_both("locked_shared", lang)}{_both("locked_exit", lang)}</div>'
        f'<label for="passphrase">{escape(_w("passphrase", lang))}</label>'
        '<input id="passphrase" type="password" autocomplete="off" autocapitalize="off" spellcheck="false" required>'
        f'<button type="submit">{escape(_w("open", lang))}</button><p id="said" role="alert"></p></form>'
        f'<noscript>{_both("no_script", lang)}</noscript>'
        '<article id="content" tabindex="-1" hidden></article></main>'
        f'<script type="application/json" id="words">{data}</script>'
        f'<script type="application/json" id="sealed">{json.dumps(sealed)}</script><script>{script}</script></body></html>\n'
    )


def opened(data: bytes, passphrase: str) -> dict[str, Any]:
    """What a copy holds. Raises VerificationFailed (own_copy_damaged), WrongKey (wrong_passphrase)."""
    mark, end = b'<script type="application/json" id="sealed">', b"</script>"
    try:
        sealed = json.loads(data.split(mark, 1)[1].split(end, 1)[0])
        salt, nonce, hidden = (base64.b64decode(sealed[k], validate=True) for k in ("salt", "iv", "data"))
        if sealed["format"] != FORMAT or not 1 <= sealed["iterations"] <= ITERATIONS_MAX:
            raise ValueError
    except (IndexError, KeyError, TypeError, ValueError) as e:
        raise VerificationFailed("own_copy_damaged") from e
    try:
        plain = AESGCM(_key(passphrase, salt, sealed["iterations"])).decrypt(nonce, hidden, FORMAT.encode())
    except InvalidTag as e:
        raise WrongKey("wrong_passphrase") from e
    inside: dict[str, Any] = json.loads(plain)
    return inside
