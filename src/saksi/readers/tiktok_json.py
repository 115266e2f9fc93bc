"""TikTok's data download as JSON: user_data.json, user_data_tiktok.json.

    {"Direct Message": {"Direct Messages": {"ChatHistory": {"Chat History with USER:": [{"Date", "From", "Content"}]}}}, …}

Rows, in file order, are the elements of these lists; all else of the download is container:

1. Direct messages and group chats (text); the words with TikTok's assistant; comments the account wrote; messages with
   shops. Sections have had other names over the years: `_SECTIONS` lists them.
2. LIVE: streams that the account held (service, action:go_live; earnings and viewers as flags), streams it watched
   (service, action:watch_live), its comments and questions there (text).
3. Gifts sent, gifts and coins bought, wallet transactions, shop orders: kind payment, flags `action:<what>` and
   `amount:<as written>`; to whom a gift went is a child row (field:UserName) and a flag `to:<name>`.
4. Time: `Date` (or the record's own date field), which TikTok gives in UTC (basis utc).
5. Direction: out where `From` is the profile's userName, in where it is the other party of the thread, else null.
6. The download holds no message ids, no files and no deleted messages; a shared video is its address only.

Spans, damaged files, unknown fields: `_json_records`. Facts and sources: docs/formats/tiktok.md.
Versions: downloads of 2021 to 2026 ("Activity" and "Your Activity", "Tiktok Live" and "TikTok Live", "Income+ Wallet").
Seen in the code of others, never in a real file here: shop orders and wallet transactions that are not empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import Final

from saksi.parts import Part, Source
from saksi.readers import _json_records as jr
from saksi.readers import _json_spans as js
from saksi.readers.base import Chunk, Evidence, ReadSettings

_DIRECT: Final = ("Direct Message", "Direct Messages")
_ACTIVITY: Final = ("Activity", "Your Activity")
_LIVE: Final = ("Tiktok Live", "TikTok Live")
_SHOP: Final = ("Tiktok Shopping", "TikTok Shop", "TikTok Shopping")
_BOUGHT: Final = ("Purchase History", "Purchases")
_SECTIONS: Final[tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]] = (
    # what its elements are: the keys that lead there, each with the names it has had
    ("message", (_DIRECT, ("Chat History", "Direct Messages"), ("ChatHistory",), ("*",))),
    ("message", (_DIRECT, ("Group Chat",), ("GroupChat",), ("*",))),
    ("assistant", (_DIRECT, ("Tako Chat History",), ("TakoChatHistoryList",), ("[]",), ("Messages",))),
    ("comment", (("Comment",), ("Comments",), ("CommentsList",))),
    ("shop", (_SHOP, ("Communication History", "Communication With Shops"), ("CommunicationHistories",), ("*",))),
    ("go_live", (_LIVE, ("Go Live History",), ("GoLiveList",))),
    ("live_comment", (_LIVE, ("Watch Live History",), ("WatchLiveMap",), ("*",), ("Comments",))),
    ("live_question", (_LIVE, ("Watch Live History",), ("WatchLiveMap",), ("*",), ("Questions",))),
    ("send_gift", (_ACTIVITY, _BOUGHT, ("SendGifts",), ("SendGifts",))),
    ("buy_gift", (_ACTIVITY, _BOUGHT, ("BuyGifts",), ("BuyGifts",))),
    ("buy_coins", (("Income+ Wallet",), ("Coin Purchase History",), ("CoinPurchaseHistoryList",))),
    ("transaction", (("Income+ Wallet",), ("Transaction History",), ("TransactionsHistoryList", "TransactionsList"))),
    ("order", (_SHOP, ("Order History",), ("OrderHistories",))),
)
_KIND: Final = {path: what for what, keys in _SECTIONS for path in product(*keys)}
ARRAYS: Final = jr.Paths(*_KIND)
OPENING: Final = rb'\{[ \t\r\n]*"(?:Date|date)"[ \t\r\n]*:'
KNOWN: Final = frozenset({
    *_DIRECT, *_ACTIVITY, *_LIVE, *_SHOP, "Comment", "Video", "Post", "Profile", "Profile And Settings", "App Settings",
    "Income+ Wallet", "Likes and Favorites", "Location Review", "Ads and data",
})
_WATCHED: Final = ("WatchTime", "Link")
_USER_NAME: Final = ("Profile Information", "Profile Info")
_PREFIX: Final = re.compile(r"(?:Group )?Chat History with\s+", re.IGNORECASE)
_DATES: Final = ("Date", "date", "send_time", "LiveStartTime", "CommentTime", "QuestionTime", "CreateTime", "create_time")
_AMOUNTS: Final = ("GiftAmount", "Price", "CoinAmount", "Amount", "TotalPrice", "TotalAmount")


def party_of(key: str) -> str:
    """"Chat History with budi:" -> "budi"."""
    return _PREFIX.sub("", key, count=1).strip().removesuffix(":").rstrip(":") or key


class _Job(jr.Job):
    """Reads one download."""

    def __init__(self, source: Source, part: Part, settings: ReadSettings) -> None:
        super().__init__(source, part, settings, "tiktok")
        self.owner: str | None = None
        self.party: str | None = None
        self.what = ""
        self.chat_title: str | None = None
        self.makers: dict[str, Callable[[jr.Fields], jr.Row]] = {
            "message": self._message, "assistant": self._assistant, "comment": self._comment, "shop": self._shop,
            "go_live": self._go_live, "live_comment": self._live_words, "live_question": self._live_words,
        }

    def find_owner(self) -> None:
        """The profile's userName, which stands behind the messages."""
        for event in self.walk(ARRAYS, OPENING):
            if not isinstance(event, js.Field) or len(event.path) != 4:
                continue
            if event.path[-2:] == ("ProfileMap", "userName") and event.path[-3] in _USER_NAME:
                name = js.scalar(event, js.Repairs())
                self.owner = name if isinstance(name, str) and name else None
                return

    def on(self, event: js.Field | js.Opened | js.Entered) -> Iterable[Chunk] | None:
        """Where the walk is: which section, which thread."""
        path = event.path
        if isinstance(event, js.Entered):
            pattern = ARRAYS.match(path)
            self.what = "" if pattern is None else _KIND[pattern]
            self.party = None
            self.thread_id = self.thread_title = "/".join(p for p in path if p != "[]")
            if self.what == "message":
                self.party = party_of(path[-1])
                self.thread_id = self.thread_title = self.party
            elif self.what == "assistant":
                self.thread_title = self.chat_title or self.thread_title
            elif self.what in ("live_comment", "live_question"):
                self.thread_id = self.thread_title = f"live:{path[-2]}"
        elif isinstance(event, js.Field):
            if path[-1:] == ("Chat Title",):
                title = self.value(event)
                self.chat_title = title if isinstance(title, str) else None
            elif len(path) == 5 and path[1:3] == ("Watch Live History", "WatchLiveMap") and path[-1] in _WATCHED:
                return self._watched(event)
        return None

    def _watched(self, event: js.Field) -> Iterator[Chunk]:
        """A stream that was watched: its time and its address are rows of their own, for they are single values."""
        said = self.value(event)
        if not isinstance(said, str) or not said:
            return
        self.thread_id = self.thread_title = f"live:{event.path[-2]}"
        row = jr.Row("service", None, flags=["action:watch_live"])
        row.sent(None, None, "none")
        if event.path[-1] == "WatchTime":
            self._sent(row, said)
        else:
            row.text = said
            row.flags.append("field:Link")
        yield from self.one(event.start, event.start + len(event.raw), row)

    def _sent(self, row: jr.Row, stamp: str | None) -> None:
        us, zone = jr.iso_time(stamp)
        row.sent(us, stamp, "none" if us is None else zone or "utc")

    def _dated(self, f: jr.Fields, row: jr.Row) -> None:
        """Time by the first date field of the record."""
        for name in _DATES:
            if isinstance(f.left.get(name), str):
                self._sent(row, f.said(name))
                return
        row.sent(None, None, "none")

    @staticmethod
    def _owned(row: jr.Row) -> jr.Row:
        """Something that the account did itself. The record names no sender, so the row names none."""
        row.columns["direction"] = "out"
        return row

    def make(self, f: jr.Fields) -> jr.Row:
        """One record as a row."""
        row = self.makers.get(self.what, self._payment)(f)
        return row.finish(f)

    def _message(self, f: jr.Fields) -> jr.Row:
        row = jr.Row("text", f.text("Content"))
        self._dated(f, row)
        sender = f.said("From")
        row.columns |= {"sender_id": sender, "sender_name": sender}
        if sender is not None and self.owner is not None and sender == self.owner:
            row.columns["direction"] = "out"
        elif sender is not None and sender == self.party:
            row.columns["direction"] = "in"
        return row

    def _assistant(self, f: jr.Fields) -> jr.Row:
        row = jr.Row("text")
        self._dated(f, row)
        content = f.inner("Content") if isinstance(f.left.get("Content"), dict) else None
        if content is None:
            row.text = f.text("Content")
            return row
        words, row.flags = content.left_over()
        content.left.clear()
        row.words([(f"Content.{name.removeprefix('Content.')}", said) for name, said in words])
        return row

    def _comment(self, f: jr.Fields) -> jr.Row:
        row = self._owned(jr.Row("text", f.text("comment") if "comment" in f.left else f.text("Comment")))
        self._dated(f, row)
        row.flags.append("action:comment")
        return row

    def _shop(self, f: jr.Fields) -> jr.Row:
        row = jr.Row("text", f.text("content"))
        self._dated(f, row)
        row.flags += jr.tag("shop", f.said("shop_name")) + jr.tag("exported_direction", f.said("direction"))
        return row

    def _go_live(self, f: jr.Fields) -> jr.Row:
        row = self._owned(jr.Row("service", flags=["action:go_live"]))
        self._dated(f, row)
        for name, flag in (
            ("LiveEndTime", "until"), ("LiveDuration", "duration"), ("RoomId", "room"), ("TotalEarning", "amount"),
            ("TotalLike", "likes"), ("TotalView", "views"), ("TotalGifter", "gifters"), ("QualitySetting", "quality"),
        ):
            row.flags += jr.tag(flag, f.id(name))
        return row

    def _live_words(self, f: jr.Fields) -> jr.Row:
        name = "CommentContent" if self.what == "live_comment" else "QuestionContent"
        row = self._owned(jr.Row("text", f.text(name)))
        self._dated(f, row)
        row.flags.append(f"action:{self.what}")
        return row

    def _payment(self, f: jr.Fields) -> jr.Row:
        row = self._owned(jr.Row("payment", flags=[f"action:{self.what}"]))
        self._dated(f, row)
        for name in _AMOUNTS:
            row.flags += jr.tag("amount", f.id(name))
        row.flags += jr.tag("type", f.said("Type"))
        who = f.said("UserName")
        if who is not None:
            row.flags += jr.tag("to", who)
            row.children.append(({"kind": "payment", "text": who, "flags": ["field:UserName"]}, True))
        return row


class TiktokJson:
    """Reader `tiktok_json`; see the module's text."""

    name = "tiktok_json"

    def recognise(self, part: Part) -> Evidence | None:
        """Two top sections of the download, or its chat history."""
        head = part.head()
        if not re.search(rb'"(?:Direct Messages?|Your Activity|Activity|Comment|Tik[Tt]ok Live|Income\+ Wallet)"', head):
            return None
        found = jr.outline_of(head)
        if found is None:
            return None
        paths = found.paths | found.entered
        top = {path[0] for path in paths if path}
        chats = any(path[2:3] == ("ChatHistory",) and path[0] in _DIRECT for path in paths)
        return Evidence("tiktok_data") if chats or len(top & KNOWN) >= 2 else None

    def is_metadata(self, part: Part) -> bool:  # noqa: ARG002
        """The download is one file."""
        return False

    def read(self, source: Source, parts: Sequence[Part], settings: ReadSettings) -> Iterator[Chunk]:
        """Rows of each download."""
        for part in parts:
            job = _Job(source, part, settings)
            job.find_owner()
            yield from job.read(job.walk(ARRAYS, OPENING), job.make, job.on)


reader = TiktokJson()
