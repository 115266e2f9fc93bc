"""Text as the matcher sees it: folded to plain lower-case ASCII, with a map back to the original code points."""

from saksi.text.normalise import fold_batch, fold_text
from saksi.text.offsets import Folded

__all__ = ["Folded", "fold_batch", "fold_text"]
