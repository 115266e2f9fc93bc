"""What messages show: candidates (pure, one message at a time), then marks (one whole thread at a time).

    candidates(batch)                     RecordBatch of messages -> RecordBatch (CANDIDATE_SCHEMA)
    candidates_said(said)                 the same of texts and kinds alone; who asks attaches the messages' columns
    resolve(thread, candidates, at_risk)  a thread's rows and candidates -> Table (MARK_SCHEMA)
    infer_at_risk(pairs)                  (rows, candidates) of every thread -> names, [] where it cannot be said
    crisis(marks)                         whether distress is marked
    packs(), load_packs(folder)           the program's rules, a user's own; `.digest` goes to the case log

Format of packs, folding and every rule of `resolve`: docs/signals.md.
"""

from saksi.signals.candidates import FOUND_SCHEMA, candidates, candidates_said
from saksi.signals.infer import infer_at_risk
from saksi.signals.resolve import crisis, resolve
from saksi.signals.rules import Packs, RuleProblem, load_packs, packs, problems_of
from saksi.signals.taxonomy import phase_labels, taxonomy

__all__ = [
    "FOUND_SCHEMA", "Packs", "RuleProblem", "candidates", "candidates_said", "crisis", "infer_at_risk", "load_packs",
    "packs", "phase_labels", "problems_of", "resolve", "taxonomy",
]
