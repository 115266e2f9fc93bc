"""Shared by WhatsApp's database readers: media named by a row, words that stand beside a message."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from saksi.parts import Part, Source
from saksi.readers._sqlite import Child, Rows
from saksi.table.schema import ATTACHMENT


class Files:
    """Media that were handed in beside the database, by the end of their path."""

    def __init__(self, source: Source) -> None:
        self.by_name: dict[str, list[Part]] = {}
        for part in source.parts:
            if part.path is not None and part.media not in ("database", "database_log"):
                self.by_name.setdefault(part.name, []).append(part)
        self.named: set[int] = set()

    def not_here(self, paths: pa.Array, names: pa.Array, types: pa.Array, sizes: pa.Array) -> pa.Array:
        """The attachment structs of many media at once, where no file at all was handed in beside the database."""
        shown = pc.coalesce(paths, names)
        state = pc.if_else(pc.is_null(shown), "omitted", "missing")
        return pa.StructArray.from_arrays([shown, pa.nulls(len(shown), pa.string()), types, sizes, state], fields=list(ATTACHMENT))

    def attachment(self, path: str | None, name: str | None, kind: str | None, size: int | None) -> dict[str, Any]:
        """The attachment struct of a medium named by the database."""
        shown = path or name
        if shown is None:
            return {"name": None, "digest": None, "media_type": kind, "size": size, "state": "omitted"}
        for part in self.by_name.get(shown.replace("\\", "/").rsplit("/", 1)[-1], []):
            if part.path is not None and (part.path == path or part.path.endswith("/" + shown) or "/" not in shown):
                self.named.add(part.number)
                state = "present" if part.state == "present" else "refused"
                return {"name": part.path, "digest": part.digest(), "media_type": kind, "size": part.size, "state": state}
        return {"name": shown, "digest": None, "media_type": kind, "size": size, "state": "missing"}


class Fill:
    """Words that stand beside a message: the first where there is no text, the others as child rows."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.given: dict[int, str] = {}
        text = rows.columns["text"]
        self.empty = np.asarray(pc.equal(pc.fill_null(text, ""), ""))

    def add(self, i: int, field: str, text: str | None) -> None:
        """Words of message `i`."""
        if not text:
            return
        if self.empty[i] and i not in self.given:
            self.given[i] = text
            self.rows.flag(np.array([i]), f"text_from:{field}")
        else:
            self.child(i, text, (f"field:{field}",))

    def child(self, i: int, text: str | None, flags: tuple[str, ...]) -> None:
        """Words that are never the message's own text."""
        kind = "poll" if "field:option" in flags else "contact" if "field:vcard" in flags else "text"
        self.rows.children.append(Child(i, kind, text, flags=flags))

    def done(self) -> None:
        """Put the first words in place of the missing text."""
        if self.given:
            said = self.rows.columns["text"].to_pylist()
            for i, text in self.given.items():
                said[i] = text
            self.rows.columns["text"] = pa.array(said, pa.string())
