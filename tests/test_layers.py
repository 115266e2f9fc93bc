"""Data flows one way: a package imports only itself and packages to its left. Standard library only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[1] / "src" / "saksi"

RANKS = [
    ["errors"],
    ["limits"],
    ["datafiles", "times"],
    ["words"],
    ["text"],
    ["packed"],
    ["table", "vault", "parts"],
    ["mime"],
    ["embedded", "ocr"],
    ["sqlite"],
    ["readers"],
    ["intake"],
    ["identifiers", "media", "signals"],
    ["phases"],
    ["findings"],
    ["case"],
    ["parties"],
    ["report"],
    ["handover"],
    ["verbs"],
    ["cli"],
    ["__main__"],
]
RANK = {name: i for i, names in enumerate(RANKS) for name in names}


def owner(path: Path) -> str:
    relative = path.relative_to(SRC)
    return relative.parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.split(".")
            if parts[0] == "saksi":
                names |= {parts[1]} if len(parts) > 1 else {a.name for a in node.names if a.name != "__version__"}
            assert node.level == 0, "absolute imports only"
        elif isinstance(node, ast.Import):
            names |= {a.name.split(".")[1] for a in node.names if a.name.startswith("saksi.")}
    return names


FILES = sorted(p for p in SRC.rglob("*.py") if p != SRC / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_imports_only_to_the_left(path: Path) -> None:
    own = owner(path)
    assert own in RANK, f"{own} has no place in the house: add it to the design and to this test"
    for name in imported(ast.parse(path.read_text(encoding="utf-8"))):
        if name == "__init__" or name not in RANK:
            raise AssertionError(f"{path.name} imports saksi.{name}, which has no rank")
        assert name == own or RANK[name] < RANK[own], f"{own} (rank {RANK[own]}) imports {name} (rank {RANK[name]})"


def test_every_package_has_a_rank() -> None:
    packages = {p.name.removesuffix(".py") for p in SRC.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert packages - {"__init__"} <= set(RANK)


NETWORK = {"socket", "urllib", "http", "requests", "ssl", "ftplib", "smtplib", "asyncio"}
CLIENT = SRC / "verbs" / "network.py"
"""The one file that may reach a network: it posts timestamp queries, and imports what it needs when it is asked to."""


def modules_named(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [a.name for a in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def test_no_network_modules() -> None:
    """Nothing leaves: no module of the program but the client imports a network client or server."""
    for path in FILES:
        if path != CLIENT:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                assert not NETWORK & {name.split(".")[0] for name in modules_named(node)}, path


def test_the_network_client_is_imported_late_and_by_two_verbs_only() -> None:
    tree = ast.parse(CLIENT.read_text(encoding="utf-8"))
    assert not any(NETWORK & {n.split(".")[0] for n in modules_named(node)} for node in tree.body), "only inside post()"
    users = []
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any("saksi.verbs.network" in modules_named(node) for node in ast.walk(tree)):
            users.append(path.relative_to(SRC).as_posix())
            assert not any("saksi.verbs.network" in modules_named(node) for node in tree.body), "only where it is used"
    assert users == ["verbs/signing.py", "verbs/stamping.py"]
