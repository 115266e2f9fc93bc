"""What messages show: candidates (pure, one message at a time), then marks (one whole thread at a time).

    candidates(batch)                     RecordBatch of messages -> RecordBatch (CANDIDATE_SCHEMA)
"""

from saksi.signals.candidates import candidates
from saksi.signals.rules import Packs, RuleProblem, load_packs, packs, problems_of
from saksi.signals.taxonomy import phase_labels, taxonomy

__all__ = ["Packs", "RuleProblem", "candidates", "load_packs", "packs", "phase_labels", "problems_of", "taxonomy"]
