"""Meta's "Download your information" as HTML: message_N.html of Instagram, Facebook and Messenger; messages.htm before 2018.

    …/messages/<section>/<slug>_<id>/message_1.html, message_2.html, …      since 2018
    html/messages.htm                                                        until 2018: all threads in one file

Every message block is one row, in the file's order (newest first). Rules:

1. Since 2018 a block is found by its structure: the elements of one class whose first child is a name and whose last child
   is a moment; what is between is the body. The classes are generated and change (`_2lej`, `_a6-g`, …), so the known ones
   only speed up the search. Until 2018 it is `div.message` with `message_header` and the `<p>` behind it.
2. A block without a moment ("Participants: …", a group's invite link) is a row of kind service, flag thread_header.
3. Text is the first run of words in the body; further ones are child rows `field:body`, targets of links that the words do
   not show `field:href`. `<br>` is a line feed. References are resolved; double encoding is undone as in `meta_json`.
4. Time has no zone: `--zone` or unknown; months in the account's language. Moments of digits only need an order.
5. Media are the paths that `img`, `video`, `audio` and links name; a web address is omitted.
6. Nothing says what is a call, an unsent message or an event: such sentences are text. sender_id and direction are null.

Facts, flags: docs/formats/meta.md#html. Versions: 2014 to 2017 (messages.htm), 2018 to 2025.

References: msgvault fbmessenger html_parser.go; fbchat-archive-parser simulated_data.htm.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from saksi.parts import Part, Source
from saksi.readers import _html_dates as hd
from saksi.readers import _html_spans as hs
from saksi.readers import _json_spans as js
from saksi.readers import meta_json
from saksi.readers.base import Chunk, Evidence, Problem, ReadSettings, const

ROWS_AT_ONCE: Final = 8192
OLD: Final = re.compile(rb'<div class="(?:thread|message)">')
KNOWN: Final = re.compile(rb'<(?:div|section)\b[^<>]*\bclass="[^"<>]*(?:\b_a6-g\b|\b_2lej uiBoxWhite\b)[^"<>]*"[^<>]*>')
_PLAIN: Final = re.compile(
    rb"<(div|section)\b[^<>]*+><(h2|div)\b[^<>]*+>([^<]*+)</\2><div\b[^<>]*+><div>(?:<div></div>)*+"
    rb"(?:<div>((?:[^<]++|<br ?/?>)++)</div>)?(?:<div></div>)*+</div></div>"
    rb"<(div|footer)\b[^<>]*+>(?:([^<]*+)|<div\b[^<>]*+>([^<]*+)</div>)</\5></\1>"
)
"""A block of plain words as the exporter writes it. Groups: (tag), (tag), name, words, (tag), moment, moment."""

_BREAK: Final = re.compile(rb"<br ?/?>")
BLOCKS: Final = frozenset(
    b"div p li ul ol h1 h2 h3 h4 h5 h6 section article header footer table tbody tr td th blockquote main figure".split()
)
_PLACE: Final = re.compile(
    r"(?:^|/)(?:messages/)?(?:(inbox|archived_threads|filtered_threads|message_requests|e2ee_cutover)/)?"
    r"([^/]+)/message_(\d+)\.html?\Z"
)
_FILE_NAME: Final = re.compile(r"(?:^|/)(?:message_\d+\.html?|messages\.htm)\Z")
_TITLE: Final = re.compile(
    rb'<(?:h1|div)\b[^<>]*class="[^"<>]*\b(?:_a70e|_3b0d)\b[^"<>]*"[^<>]*>(.*?)</(?:h1|div)>|<h1\b[^<>]*>(.*?)</h1>'
    rb"|<title\b[^<>]*>(.*?)</title>", re.DOTALL
)
_EMOJI: Final = re.compile(r"([^\w\s]+)\s*(.*)\Z", re.DOTALL)
_REACTED: Final = re.compile(r"(.*?)\s*\(([^()]*)\)\s*\Z", re.DOTALL)
_ACCOUNT: Final = re.compile(r"\d+@facebook\.com\Z")
_MEDIA: Final = {b"img": "image", b"video": "video", b"audio": "audio", b"source": None}
_MEDIA_FOLDERS: Final = {"photos": "image", "videos": "video", "audio": "audio", "gifs": "gif", "files": "document",
                         "stickers_used": "sticker"}
_COLUMNS: Final = ("sent_at_text", "sender_id", "sender_name", "text", "text_repair", "thread", "moment")


def record_parts(data: bytes, record: hs.Element) -> tuple[hs.Element | None, list[hs.Element], hs.Element | None]:
    """Name, body and moment of a block: its first child, what is between, its last child. The moment is None where the
    last child is none."""
    inner = [e for e in record.children if e.name not in hs.VOID]
    if not inner:
        return None, [], None
    moment = hd.written(hs.text_of(data, inner[-1]).strip(), "dmy")
    if len(inner) < 2 or moment.local_s is None:
        return inner[0], inner[1:], None
    return inner[0], inner[1:-1], inner[-1]


def opening_of(head: bytes) -> re.Pattern[bytes] | None:
    """What a message block begins with in this file; None where there are none in its head."""
    if b'<div class="message_header">' in head:
        return OLD
    if KNOWN.search(head) is not None:
        return KNOWN
    found: Counter[tuple[bytes, bytes]] = Counter()
    for element in hs.parse(head).walk():
        if element.closed and element.name in (b"div", b"section", b"article", b"li") and b"class=" in element.raw:
            name, _, moment = record_parts(head, element)
            if moment is not None and name is not None and not name.children and hs.text_of(head, name).strip():
                found[element.name, element.raw] += 1
    if not found:
        return None
    (name_, raw), _ = found.most_common(1)[0]
    return re.compile(rb"<" + name_ + re.escape(raw) + rb">")


@dataclass
class Words(meta_json.Words):
    """As meta_json.Words; `how` gathers what was done to a row's text."""

    def text(self, raw: bytes) -> tuple[str | None, str | None]:
        """Text of raw bytes with double encoding undone, and how it was repaired."""
        plain = hs.decode(raw)
        repair = hs.repair_of(raw, plain)
        text, how = self.with_how(plain)
        return text, "+".join(h for h in (how, repair) if h) or None


@dataclass
class Body:
    """What a block's body holds, in order."""

    runs: list[list[bytes]] = field(default_factory=lambda: [[]])
    links: list[tuple[str, str]] = field(default_factory=list)
    media: list[tuple[str, str | None]] = field(default_factory=list)
    reactions: list[str] = field(default_factory=list)

    def gather(self, data: bytes, element: hs.Element) -> None:
        """Add an element's content."""
        at = element.inner_start
        for child in element.children:
            self.runs[-1].append(_text_only(data[at : child.start]))
            at = child.end
            if child.name == b"br":
                self.runs[-1].append(b"\n")
            elif child.name in _MEDIA:
                self._medium(data, child)
            elif child.name == b"ul" and child.children and all(e.name == b"li" for e in child.children):
                self.reactions += [hs.text_of(data, e).strip() for e in child.children]
            elif child.name not in hs.RAW and child.name not in hs.VOID:
                self._inside(data, child)
        self.runs[-1].append(_text_only(data[at : element.inner_end]))

    def _inside(self, data: bytes, child: hs.Element) -> None:
        if child.name in BLOCKS:
            self.runs.append([])
        if child.name == b"a":
            href = child.attributes.get("href", "")
            if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", href):
                self.links.append((href, hs.text_of(data, child).strip()))
            elif href and not href.startswith("#"):
                self.media.append((href, None))
        self.gather(data, child)
        if child.name in BLOCKS:
            self.runs.append([])

    def _medium(self, data: bytes, child: hs.Element) -> None:
        src = child.attributes.get("src", "")
        if src and not src.startswith("data:"):
            self.media.append((src, _MEDIA[child.name]))
        if child.children:
            self._inside(data, child)

    def words(self) -> list[bytes]:
        """The raw runs of words that are not only white space."""
        joined = [b"".join(run) for run in self.runs]
        return [run for run in joined if hs.decode(run).strip()]

    def files(self) -> list[tuple[str, str | None]]:
        """Media by path, each once, the type as its tag, its folder or another mention tells."""
        types: dict[str, str | None] = {}
        for path, kind in self.media:
            folder = path.split("/")[-2] if "/" in path else ""
            types[path] = types.get(path) or _MEDIA_FOLDERS.get(folder) or kind
        return list(types.items())


def _text_only(run: bytes) -> bytes:
    return run if b"<" not in run else b"".join(run[s:e] for kind, s, e, _, _ in hs.tokens(run) if kind == hs.TEXT)


@dataclass
class _File:
    """Reading one file. thread: title, id; flags: of its section; names: senders met, to tell a reaction's actor."""

    source: Source
    part: Part
    settings: ReadSettings
    opening: re.Pattern[bytes]
    thread_id: str
    flags: list[str]
    title: str | None = None
    names: set[str] = field(default_factory=set)
    ledger: js.Ledger = field(default_factory=js.Ledger)
    table: hs.Table = field(default_factory=lambda: hs.Table(_COLUMNS))
    said: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.siblings = js.Siblings(self.source, self.part)
        self.platform = meta_json.platform_of(self.source, self.part)
        if self.opening is OLD:
            self.platform = "facebook"

    def chunks(self) -> Iterator[Chunk]:
        """All chunks of the file."""
        with self.part.open() as stream:
            feed = js.Feed(stream, self.part.size)
            for piece in hs.pieces(feed, self.opening):
                if piece.head:
                    self._head(piece)
                elif not piece.data:
                    self._unparsed(piece.start, piece.end, b"", "oversize_message")
                else:
                    self._old(piece) if self.opening is OLD else self._new(piece)
                if len(self.table) >= ROWS_AT_ONCE:
                    yield from self._flush()
            yield from self._flush()
            yield from hs.unread_chunk(self.part, feed, self.ledger)

    def _problem(self, reason: str, start: int | None = None, end: int | None = None, *, once: bool = False) -> None:
        if not once or reason not in self.said:
            self.said.add(reason)
            self.table.problems.append(Problem(reason, self.part.path, start, end))

    def _head(self, piece: hs.Piece) -> None:
        """The page before the first block: the thread's title."""
        found = [hs.words(m[1] or m[2] or m[3] or b"") for m in _TITLE.finditer(piece.data)]
        titles = found[1:] + found[:1] if piece.data.find(b"<title") >= 0 else found  # <title> last: some say only "Instagram"
        self.title = meta_json.Words()(next(filter(None, titles), None))
        if piece.last and not piece.data.rstrip().lower().endswith(b"</html>"):
            self._problem("truncated", piece.end, piece.end)

    def _unparsed(self, start: int, end: int, raw: bytes, reason: str) -> None:
        text, bad = js.decode_utf8(raw)
        i = self.table.add(start, end, "unparsed", text=text or None, text_repair="utf8_stand_in" if bad else None,
                           thread=(self.thread_id, self.title))
        self.table.flags[i] = list(self.flags)
        self._problem(reason, start, end)

    def _rest(self, piece: hs.Piece, at: int) -> None:
        """What follows a block before the next one: the page's syntax, or words that belong to nobody."""
        rest = piece.data[at:]
        cut = rest.rfind(b"<")
        whole = rest if not piece.last or cut < 0 or b">" in rest[cut:] else rest[:cut]
        ended = not piece.last or piece.data.rstrip().lower().endswith(b"</html>")
        if hs.words(whole):
            raw = rest.strip()
            start = piece.start + at + len(rest) - len(rest.lstrip())
            self._unparsed(start, start + len(raw), raw, "truncated" if not ended else "broken_record")
        elif not ended:
            self._problem("truncated", piece.end, piece.end)

    # -- since 2018 -----------------------------------------------------------------------------------------------

    def _plain(self, piece: hs.Piece) -> bool:
        """Read a block of plain words by its pattern; False (and nothing done) where it has another form."""
        m = _PLAIN.match(piece.data)
        if m is None:
            return False
        when = hs.decode(m[6] or m[7] or b"").strip()
        raw = m[4]
        moment = hd.written(when, self.settings.date_order)
        if moment.local_s is None:
            return False
        text, how = None, None
        words = Words()
        if raw is not None:
            if b"<" in raw:
                raw = _BREAK.sub(b"\n", raw)
            text, how = words.text(raw)
            if text is None or not text.strip():
                return False
        name = words(hs.decode(m[3]).strip())
        if name is None or "@" in name:
            return False
        self.names.add(name)
        start, end = piece.start, piece.start + m.end()
        i = self.table.add(start, end, "text", sent_at_text=when, moment=moment, sender_name=name, text=text,
                           text_repair=how, thread=(self.thread_id, self.title))
        if self.flags:
            self.table.flags[i] = list(self.flags)
        if words.kept:
            self._problem("mojibake_kept", start, end)
        if piece.last or m.end() < len(piece.data):
            self._rest(piece, m.end())
        return True

    def _new(self, piece: hs.Piece) -> None:
        if self._plain(piece):
            return
        root = hs.parse(piece.data)
        record = root.children[0] if root.children else None
        if record is None or not record.closed or record.start != 0:
            raw = piece.data.rstrip()
            self._unparsed(piece.start, piece.start + len(raw), raw, "truncated" if piece.last else "broken_record")
            return
        name, body, moment = record_parts(piece.data, record)
        if moment is None:
            self._header(piece, record)
        else:
            sender = "" if name is None else hs.text_of(piece.data, name).strip()
            when = hs.text_of(piece.data, moment).strip()
            self._message(piece.start, piece.start + record.end, piece.data, sender, when, body)
        self._rest(piece, record.end)

    def _header(self, piece: hs.Piece, record: hs.Element) -> None:
        """A block without a moment: who takes part, a group's link."""
        body = Body()
        body.gather(piece.data, record)
        words = Words()
        said = [words.text(raw) for raw in body.words()] + [(href, None) for href, shown in body.links if href != shown]
        if said:
            text, how = said[0]
            i = self.table.add(piece.start, piece.start + record.end, "service", text=text, text_repair=how,
                               thread=(self.thread_id, self.title))
            self.table.flags[i] = [*self.flags, "thread_header"]
            for more, repair in said[1:]:
                self.table.child(i, {"kind": "service", "text": more, "text_repair": repair,
                                     "flags": [*self.flags, "field:body"]})

    def _message(
        self, start: int, end: int, data: bytes, sender: str, when: str, elements: Sequence[hs.Element]
    ) -> None:
        """The rows of one message."""
        words, body = Words(), Body()
        for element in elements:
            body.runs.append([])
            body.gather(data, element)
        name = words(sender)
        if name is not None:
            self.names.add(name)
        runs = [words.text(raw) for raw in body.words()]
        files = [f for f in (self._attachment(path, kind, words) for path, kind in body.files()) if f is not None]
        flags = list(self.flags)
        shown = " ".join(text or "" for text, _ in runs)
        further = [("body", text, how) for text, how in runs[1:]]
        further += [("href", href, None) for href, words_ in body.links if href != words_ and href not in shown]
        text, how = runs[0] if runs else (None, None)
        if text is None and further:
            _, text, how = further.pop(0)
            flags.append("text_from:href")
        account = name if name is not None and _ACCOUNT.match(name) else None
        kind = "media" if files else "text"
        i = self.table.add(
            start, end, kind, sent_at_text=when, moment=hd.written(when, self.settings.date_order), sender_id=account,
            sender_name=None if account else name, text=text, text_repair=how, thread=(self.thread_id, self.title),
        )
        self.table.flags[i] = flags
        if files:
            self.table.attachments[i] = files
        for field_, more, repair in further:
            self.table.child(i, {"kind": kind, "text": more, "text_repair": repair, "flags": [*self.flags, f"field:{field_}"]})
        for reaction in body.reactions:
            self.table.child(i, self._reaction(reaction, words), inherits=False)
        if words.kept:
            self._problem("mojibake_kept", start, end)

    def _attachment(self, path: str, kind: str | None, words: Words) -> dict[str, Any] | None:
        if re.match(r"https?:", path):
            return js.attachment(path, kind, None, None, "omitted") if kind is not None else None
        found = self.siblings.find(re.sub(r"\A(?:\.\.?/)+", "", path), climb=True)
        if found is not None:
            self.table.named.add(found.number)
        return js.attachment(words(path), kind, None, found) if kind is not None or found is not None else None

    def _reaction(self, said: str, words: Words) -> dict[str, Any]:
        """A reaction: sign, actor and perhaps a moment run together ("😂Budi (Dec 28, 2020 6:56 am)")."""
        when = None
        m = _REACTED.match(said)
        if m is not None and hd.written(m[2], self.settings.date_order).local_s is not None:
            said, when = m[1], m[2]
        actor = max((n for n in self.names if said.endswith(n) and said != n), key=len, default=None)
        sign: str | None = said
        if actor is not None:
            sign = said[: -len(actor)].strip()
        elif (split := _EMOJI.match(said)) is not None and split[2]:
            sign, actor = split[1], split[2]
        moment = hd.NOTHING if when is None else hd.written(when, self.settings.date_order)
        sent, bases = hd.columns([moment.local_s], [moment.offset_s], self.settings.zone)
        return {"kind": "reaction", "text": words(sign), "sender_name": words(actor), "sent_at": sent[0].as_py(),
                "sent_at_text": when, "sent_at_basis": bases[0], "flags": self.flags or None}

    # -- until 2018 -----------------------------------------------------------------------------------------------

    def _old(self, piece: hs.Piece) -> None:
        root = hs.parse(piece.data)
        first = root.children[0] if root.children else hs.Element(b"", b"", 0, 0, 0, 0)
        if "thread" in first.classes:  # its messages follow in pieces of their own: only its people stand here
            self.title = Words()(hs.words(piece.data)) or self.title
            self.thread_id = self.title or self.thread_id
            if piece.last and not piece.data.rstrip().lower().endswith(b"</html>"):
                self._problem("truncated", piece.end, piece.end)
            return
        header = first.first("message_header")
        user, meta = (None, None) if header is None else (header.first("user"), header.first("meta"))
        text = next((e for e in root.children if e.name == b"p"), None)
        end = first.end if text is None else text.end
        closed = first.closed and meta is not None and meta.closed and (text.closed if text is not None else not piece.last)
        if header is None or user is None or meta is None or not closed:
            raw = piece.data.rstrip()
            self._unparsed(piece.start, piece.start + len(raw), raw, "truncated" if piece.last else "broken_record")
            return
        more = [e for e in root.children if e.name == b"p"][1:]
        end = more[-1].end if more and all(e.closed for e in more) else end
        sender, when = (hs.text_of(piece.data, e).strip() for e in (user, meta))
        self._message(piece.start, piece.start + end, piece.data, sender, when, [e for e in root.children if e.name == b"p"])
        self._rest(piece, end)

    def _flush(self) -> Iterator[Chunk]:
        table = self.table
        n = len(table)
        threads = table.columns.pop("thread")
        zone = self.settings.zone
        moments: list[hd.Written] = [m or hd.NOTHING for m in table.columns.pop("moment")]
        sent, bases = hd.columns([m.local_s for m in moments], [m.offset_s for m in moments], zone)
        kinds = table.columns["kind"]
        if any(m.ambiguous for m in moments):
            self._problem("date_order_ambiguous", once=True)
        elif any(b == "none" and k in ("text", "media") for b, k in zip(bases, kinds, strict=True)):
            self._problem("unknown_locale", once=True)
        if "zone_unknown" in bases:
            self._problem("zone_unknown", once=True)
        yield from table.chunks(
            self.part, self.ledger, sent_at=sent, sent_at_basis=bases, platform=const(self.platform, n),
            thread_id=[t[0] for t in threads], thread_title=[t[1] for t in threads],
        )


def _in_a_chat(head: bytes, opening: re.Pattern[bytes]) -> bool:
    """Whether a page without a path is a chat and not another list of the download (followers, posts), which have the
    same blocks: its title is one who writes, its first block has no moment, or few people write many blocks."""
    places = [m.start() for m in opening.finditer(head)][:40]
    senders: list[str] = []
    for begin, end in zip(places, [*places[1:], len(head)], strict=True):
        data = head[begin:end]
        record = next(iter(hs.parse(data).children), None)
        if record is None or not record.closed:
            continue
        name, body, moment = record_parts(data, record)
        if moment is None:
            return True
        if name is not None and body:
            senders.append(hs.text_of(data, name).strip())
    titles = {hs.words(m[1] or m[2] or m[3] or b"") for m in _TITLE.finditer(head[: places[0]] if places else head)}
    few = bool(senders) and len(set(senders)) <= max(2, len(senders) // 4) and not any(s.endswith(".") for s in senders)
    return few or bool(titles & set(senders))


class MetaHtml:
    """Reader `meta_html`; see the module's text."""

    name = "meta_html"

    def recognise(self, part: Part) -> Evidence | None:
        """Blocks of a name, a body and a moment on a page of Meta's; never a list of another kind."""
        head = part.head()
        if hs.family(head) not in ("meta", None) or not hs.looks_like_html(head):
            return None
        opening = opening_of(head)
        if opening is None:
            return None
        if opening is OLD:
            return Evidence("meta_html_old")
        if part.path is not None:
            folders = part.path.split("/")[:-1]
            if hs.family(head) is None and not _FILE_NAME.search(part.path):
                return None
            return Evidence("meta_html_blocks") if _FILE_NAME.search(part.path) or "messages" in folders else None
        return Evidence("meta_html_blocks") if hs.family(head) == "meta" and _in_a_chat(head, opening) else None

    def is_metadata(self, part: Part) -> bool:
        """Other pages of the download, as in its JSON form; under messages/ only the list of threads."""
        if part.name in ("chats.html", "your_messages.html"):
            return hs.family(part.head()) == "meta" or hs.looks_like_html(part.head())
        return meta_json.reader.is_metadata(part)

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each thread's files in the order of their numbers."""
        for group in meta_json.in_order(parts, _PLACE):
            expected = 1
            names: set[str] = set()
            for number, part in group:
                gap = 0 if number is None else min(max(number - expected, 0), 1000)
                if gap:
                    yield js.bare_chunk(part, problems=[Problem("missing_sibling", part.path)] * gap)
                expected = expected if number is None else number + 1
                found = _PLACE.search(part.path or "")
                section = None if found is None else found[1]
                folder = None if found is None else found[2] if section is None else f"{section}/{found[2]}"
                flags = [meta_json.SECTION_FLAGS[section]] if section in meta_json.SECTION_FLAGS else []
                thread_id = folder or f"{source.digest[:16]}-{part.number}"
                opening = opening_of(part.head()) or KNOWN
                yield from _File(source, part, settings, opening, thread_id, flags, names=names).chunks()


reader = MetaHtml()
