"""Where the networks are: files of an installed package, found without importing it."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path


def models() -> tuple[Path, Path] | None:
    """The files of network one and two; None where the package is not installed."""
    spec = find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations or find_spec("onnxruntime") is None:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "models"
    found = [sorted(folder.glob(pattern)) for pattern in ("*_det_*.onnx", "*_rec_*.onnx")]
    return (found[0][-1], found[1][-1]) if all(found) else None


def is_there() -> bool:
    """Whether pictures can be decoded and any engine can be used on this machine."""
    return find_spec("PIL") is not None and (models() is not None or shutil.which("tesseract") is not None)
