"""What a user can ask for. The command line, the web app and notebooks call these; they parse nothing and print nothing.

Every verb returns plain values (the JSON of docs/verbs/) and raises the errors of `saksi.errors`. One file a kind of work;
those that few calls need (keys, hand-over ...) are imported from their own file by whoever calls them. Heavy packages are
imported where they are used: `check` must start on an old laptop in about a second.
"""

from __future__ import annotations

from saksi.verbs.building import (
    BIG_BYTES,
    Ask,
    BuildOptions,
    BuildResult,
    build,
    calibrate,
    known_time,
    media_rule,
    with_screenshots,
)
from saksi.verbs.casework import decide, look, search
from saksi.verbs.checking import CheckResult, check, check_json, check_source, load_messages, resolve, scan
from saksi.verbs.common import (
    DATE_ORDERS,
    Progress,
    check_by,
    check_folder,
    check_output,
    check_screenshots,
    declared_screenshots,
    is_case,
    names_not_found,
    no_progress,
    open_case,
    open_or_create_case,
    open_path_or_stream,
    screenshot_paths,
    settings,
    start_reading,
    threads_not_found,
)
from saksi.verbs.documents import prepare_documents, write_documents
from saksi.verbs.exporting import EXPORTS, export_batches
from saksi.verbs.reading import ReadResult, read, read_to_file
from saksi.verbs.verifying import verify

__all__ = [
    "BIG_BYTES",
    "DATE_ORDERS",
    "EXPORTS",
    "Ask",
    "BuildOptions",
    "BuildResult",
    "CheckResult",
    "Progress",
    "ReadResult",
    "build",
    "calibrate",
    "check",
    "check_by",
    "check_folder",
    "check_json",
    "check_output",
    "check_screenshots",
    "check_source",
    "decide",
    "declared_screenshots",
    "export_batches",
    "is_case",
    "known_time",
    "load_messages",
    "look",
    "media_rule",
    "names_not_found",
    "no_progress",
    "open_case",
    "open_or_create_case",
    "open_path_or_stream",
    "prepare_documents",
    "read",
    "read_to_file",
    "resolve",
    "scan",
    "screenshot_paths",
    "search",
    "settings",
    "start_reading",
    "threads_not_found",
    "verify",
    "with_screenshots",
    "write_documents",
]
