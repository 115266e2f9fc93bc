"""Write into src/saksi/handover/verify.py, which imports nothing of ours, what it shares with us: the words of area
`bundle_check` of the catalog, and the check of the graph (src/saksi/handover/graph_check.py).

`python tools/bundle_words.py` writes, `--check` only compares (tests/handover/test_verify.py does).
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

from saksi import words

VERIFY = Path(__file__).resolve().parents[1] / "src" / "saksi" / "handover" / "verify.py"
BEGIN = "# generated: words (tools/bundle_words.py)\n"
END = "# end of generated words\n"
GRAPH_BEGIN = "# generated: check of the graph, from graph_check.py (tools/bundle_words.py)\n"
GRAPH_END = "# end of the generated check\n"
GRAPH_CHECK = VERIFY.parent / "graph_check.py"


def quoted(text: str) -> str:
    """A Python literal."""
    return json.dumps(text, ensure_ascii=False)


def with_graph_check(source: str) -> str:
    """The program with the graph's check: everything of that module but its docstring and imports."""
    tree = ast.parse(GRAPH_CHECK.read_text(encoding="utf-8"))
    first = next(n for n in tree.body if isinstance(n, ast.Assign))
    lines = GRAPH_CHECK.read_text(encoding="utf-8").splitlines(keepends=True)
    head, _, rest = source.partition(GRAPH_BEGIN)
    _, _, tail = rest.partition(GRAPH_END)
    return head + GRAPH_BEGIN + "".join(lines[first.lineno - 1 :]) + GRAPH_END + tail


def with_words(source: str) -> str:
    """The program with the catalog's words."""
    head, _, rest = source.partition(BEGIN)
    _, _, tail = rest.partition(END)
    lines = [
        f"    {quoted(key)}: (\n        {quoted(entry.id)},\n        {quoted(entry.en)},\n    ),\n"
        for key, entry in words.area("bundle_check").items()
    ]
    table = "# ruff: noqa: E501\nWORDS: dict[str, tuple[str, str]] = {\n" + "".join(lines) + "}\n"
    return f"{head}{BEGIN}{table}{END}{tail}"


def main() -> int:
    """Write or compare."""
    is_now = VERIFY.read_text(encoding="utf-8")
    should_be = with_graph_check(with_words(is_now))
    if "--check" in sys.argv:
        return int(is_now != should_be)
    VERIFY.write_text(should_be, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
