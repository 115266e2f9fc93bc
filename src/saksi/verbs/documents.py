"""`saksi report` and the documents of a build: rendered, sealed, and written open only where that is asked and logged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from saksi.errors import StorageFailed, UsageError
from saksi.verbs.common import Progress, check_folder, no_progress

if TYPE_CHECKING:
    from saksi.case.store import Case


def prepare_documents(case: Case, lang: str, progress: Progress = no_progress, out: Path | None = None) -> list[str]:
    """Render every document once and seal it in the case; with `out` write it there too.

    Returns the object ids, or the paths where they were written.
    """
    from saksi import report
    from saksi.case.view import StoredView

    ids: list[str] = []
    files: dict[str, bytes] = {}
    view = StoredView(case)
    for done, kind in enumerate(report.DOCUMENTS, 1):
        progress("progress.report", done, len(report.DOCUMENTS))
        rendered = report.render(view, kind, lang, made_at_us=view.sealed_at_us)
        ids += [case.put_bytes("case", f"document-{name}", data) for name, data in rendered.items()]
        files |= rendered
    if out is None:
        return ids
    return [
        str(p) for p in _write_open(case, out, list(report.DOCUMENTS), lang, lambda: report.write_files(files, out))
    ]


def _write_open(case: Case, out: Path, kinds: Sequence[str], lang: str, write: Callable[[], list[Path]]) -> list[Path]:
    """Note in the log that documents leave the case, then let them. Raises UsageError, StorageFailed."""
    from saksi.vault import custody

    check_folder(out)
    labels = [label for label, _, _ in case.sources()]
    more = {"what": "documents", "kinds": list(kinds), "lang": lang}
    custody.record(case.vault, custody.Event("export", exhibits=labels, more=more))
    try:
        return write()
    except OSError as e:
        raise StorageFailed("disk_refused") from e


def write_documents(case: Case, out: Path, kind: str, lang: str) -> list[Path]:
    """Write documents of one kind or all as plaintext into `out`; an `export` event in the log."""
    from saksi import report
    from saksi.case.view import StoredView

    if kind != "all" and kind not in report.DOCUMENTS:
        raise UsageError("unknown_document", known=", ".join([*report.DOCUMENTS, "all"]))
    kinds = list(report.DOCUMENTS) if kind == "all" else [kind]
    view = StoredView(case)
    return _write_open(
        case,
        out,
        kinds,
        lang,
        lambda: [p for k in kinds for p in report.write(view, k, lang, out, made_at_us=view.sealed_at_us)],
    )
