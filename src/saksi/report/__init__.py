"""Documents written from a case. One folder a document; `DOCUMENTS` is the registry (kind -> module, imported lazily).

    write(view, kind, lang, folder, made_at_us=…)   plaintext files in a folder; returns their paths
    render(view, kind, lang, made_at_us)            {file name: bytes}, so that a caller can seal instead of write

A document module has `build(view, lang, made_at_us) -> Built` (a screen and a printed form). Same view, language and
made_at_us: same bytes. `made_at_us` is the only time that enters; no clock is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

from saksi.case.model import CaseView
from saksi.errors import UsageError
from saksi.words import LANGUAGES

DOCUMENTS: Final[dict[str, str]] = {"chronology": "saksi.report.chronology.report"}
"""kind -> module; imported when it is asked for."""

FILE_NAMES: Final = {"chronology": {"id": "kronologi", "en": "chronology"}}
"""What a document's files are called in each language; neutral words, for the name is seen in folders and histories."""


def file_stem(view: CaseView, kind: str, lang: str) -> str:
    """ "sk-12ab34cd-kronologi": the case's code and the document's neutral name.

    Lower case, letters, digits, - and _ only, short: the name is a file's on every system and an object's kind in a case.
    """
    code = re.sub(r"[^a-z0-9_-]", "", view.code.lower()).strip("-_")[:24] or "saksi"
    return f"{code}-{FILE_NAMES[kind][lang]}"


def render(view: CaseView, kind: str, lang: str, made_at_us: int) -> dict[str, bytes]:
    """The files of one document. Raises UsageError for an unknown kind or language."""
    if kind not in DOCUMENTS:
        raise UsageError("unknown_document", known=", ".join(DOCUMENTS))
    if lang not in LANGUAGES:
        raise UsageError("unknown_document_language", known=", ".join(LANGUAGES))
    from saksi.report._html import page
    from saksi.report._pdf import pdf

    built = import_module(DOCUMENTS[kind]).build(view, lang, made_at_us)
    stem = file_stem(view, kind, lang)
    return {f"{stem}.html": page(built.screen).encode("utf-8", "replace"), f"{stem}.pdf": pdf(built.printed)}


def write(view: CaseView, kind: str, lang: str, folder: Path, *, made_at_us: int) -> list[Path]:
    """Write the document's files as plaintext into `folder` (made where it is missing), readable by the owner only.

    An existing file of the name is replaced as a whole. Raises UsageError as `render`, OSError where the disk refuses.
    """
    return write_files(render(view, kind, lang, made_at_us), folder)


def write_files(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Write rendered files as plaintext into `folder`, each whole or not at all. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, data in files.items():
        path = folder / name
        partial = folder / f".{name}.part"
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb") as f:
            f.write(data)
        partial.replace(path)
        paths.append(path)
    return paths
