"""A document as one HTML file: nothing outside it is ever asked for, nothing in it runs but the filter.

The policy in the page's head forbids every load (`default-src 'none'`) and allows the one inline style sheet and the one
inline script by their SHA-256. Every run is escaped here and nowhere else; drawings are the only markup that blocks carry
and are made by `saksi.report._chart`, which escapes its labels. Text of messages stands in `<bdi>`, so that its direction
cannot turn its surroundings.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from pathlib import Path

from saksi.report._blocks import (
    Block,
    Bullets,
    Card,
    Document,
    Figure,
    Heading,
    Line,
    Para,
    Run,
    Section,
    Table,
    Window,
)


@lru_cache(maxsize=4)
def _asset(name: str) -> str:
    """A file beside this module, line ends normalised."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _source_hash(text: str) -> str:
    """The policy's word for an inline text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _run(run: Run) -> str:
    """One run, escaped."""
    text = escape(run.text)
    kind = run.kind
    if kind in ("", "said"):
        return text
    if kind == "b":
        return f"<strong>{text}</strong>"
    if kind == "mark":
        return f"<mark>{text}</mark>"
    if kind == "line":
        return f"<br>{text}"
    if kind == "cite":
        title = f' title="{escape(run.ref)}"' if run.ref else ""
        if run.target:
            return f'<a class="cite" href="#{escape(run.target)}"{title}>{text}</a>'
        return f'<span class="cite"{title}>{text}</span>'
    return f'<span class="{"mono" if kind == "halves" else kind}">{text}</span>'


def _runs(runs: Sequence[Run]) -> str:
    return "".join(map(_run, runs))


def _table(t: Table) -> str:
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in t.head)
    body = "".join("<tr>" + "".join(f"<td><bdi>{_runs(r)}</bdi></td>" for r in row) + "</tr>" for row in t.rows)
    caption = f"<caption>{escape(t.caption)}</caption>" if t.caption else ""
    return (f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(t.caption or t.head[0])}"><table>{caption}'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>")


def _line(item: Line, labels: dict[str, str]) -> str:
    """One message of a window."""
    notes = "".join(f'<li class="{n.tone}">{_runs(n.runs)}</li>' for n in item.notes)
    under = f'<ul class="notes" aria-label="{escape(labels["marks_word"])}">{notes}</ul>' if notes else ""
    marked = ' class="m"' if item.notes else ""
    when = "<br>".join(map(escape, item.when))
    return (
        f'<tr id="{escape(item.anchor)}"{marked}><td>[{escape(item.cite)}]<span class="id">{escape(item.message_id)}</span></td>'
        f'<td>{when}</td><td><bdi>{_runs(item.sender)}</bdi></td>'
        f'<td><bdi class="said" dir="auto">{_runs(item.body)}</bdi>{under}</td></tr>'
    )


def _window(w: Window, labels: dict[str, str]) -> str:
    """One excerpt."""
    head = "".join(f'<th scope="col" class="c{i}">{escape(labels[k])}</th>'
                   for i, k in enumerate(("col_message", "col_time", "col_account", "col_text"), 1))
    rows = "".join(_line(item, labels) for item in w.lines)
    return (f'<article id="{w.anchor}" data-f="{" ".join(w.filters)}" aria-labelledby="{w.anchor}-h">'
            f'<h3 id="{w.anchor}-h"><bdi>{_runs(w.title)}</bdi></h3>'
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></article>")


def _block(b: Block, labels: dict[str, str]) -> str:
    """Any block."""
    if isinstance(b, Para):
        return f'<p class="note">{_runs(b.runs)}</p>' if b.tone == "note" else f"<p>{_runs(b.runs)}</p>"
    if isinstance(b, Bullets):
        tag = "ol" if b.numbered else "ul"
        start = f' start="{b.start}"' if b.numbered and b.start != 1 else ""
        return f"<{tag}{start}>" + "".join(f"<li>{_runs(i)}</li>" for i in b.items) + f"</{tag}>"
    if isinstance(b, Heading):
        anchor = f' id="{escape(b.anchor)}"' if b.anchor else ""
        return f"<h{b.level}{anchor}><bdi>{_runs(b.runs)}</bdi></h{b.level}>"
    if isinstance(b, Table):
        return _table(b)
    if isinstance(b, Card):
        inner = "".join(_block(x, labels) for x in b.blocks)
        return f'<div class="card" role="note"><h3>{escape(b.title)}</h3>{inner}</div>'
    if isinstance(b, Figure):
        return (f'<figure><figcaption>{escape(b.caption)}</figcaption><div class="scroll" tabindex="0" role="region" '
                f'aria-label="{escape(b.caption)}">{b.svg}</div></figure>')
    return _window(b, labels)


def _filter_form(d: Document, total: int) -> str:
    """The search form, hidden until the script runs."""
    w = d.labels
    boxes = "".join(f'<label><input type="checkbox" value="{escape(v)}" checked> {escape(label)}</label>'
                    for v, label in d.filters)
    return (
        f'<form class="filter" id="filter" role="search" hidden><label for="filter-words">{escape(w["search_label"])}</label>'
        f'<input type="search" id="filter-words" autocomplete="off" spellcheck="false" aria-describedby="filter-hint">'
        f'<p id="filter-hint">{escape(w["search_hint"])}</p>'
        f'<fieldset><legend>{escape(w["filter_legend"])}</legend>{boxes}</fieldset>'
        f'<button type="button" id="filter-reset">{escape(w["reset"])}</button>'
        f'<p role="status"><span id="filter-count">{total}</span> {escape(w["filter_shown"])} {total}</p>'
        f'<p id="filter-none" hidden>{escape(w["filter_none"])}</p></form>'
    )


def _section(s: Section, d: Document) -> str:
    out = [f'<section id="{s.anchor}" aria-labelledby="{s.anchor}-h"><h2 id="{s.anchor}-h">{escape(s.title)}</h2>']
    windows = sum(isinstance(b, Window) for b in s.blocks)
    placed = not s.search
    for b in s.blocks:
        if not placed and isinstance(b, Window):
            out.append(_filter_form(d, windows))
            placed = True
        out.append(_block(b, d.labels))
    out.append("</section>")
    return "".join(out)


def page(d: Document) -> str:
    """The whole file."""
    style, script = _asset("page.css"), _asset("page.js")
    policy = (f"default-src 'none'; style-src {_source_hash(style)}; script-src {_source_hash(script)}; "
              "base-uri 'none'; form-action 'none'")
    contents = "".join(f'<li><a href="#{s.anchor}">{escape(s.title)}</a></li>' for s in d.sections)
    body = "".join(_section(s, d) for s in d.sections)
    return (
        f'<!DOCTYPE html>\n<html lang="{d.lang}" dir="ltr"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex,noarchive">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="generator" content="Saksi">'
        f"<title>{escape(d.subtitle)}</title><style>{style}</style></head><body>"
        f'<a class="skip" href="#main">{escape(d.labels["skip"])}</a>'
        f"<header><h1>{escape(d.title)}</h1><p>{escape(d.subtitle)}</p></header>"
        f'<nav aria-label="{escape(d.labels["contents"])}"><h2>{escape(d.labels["contents"])}</h2><ol>{contents}</ol></nav>'
        f'<main id="main" tabindex="-1">{body}</main><footer>{escape(d.footer)}</footer>'
        f"<script>{script}</script></body></html>\n"
    )
