"""The hand-over: what leaves a case for somebody else, so that it can be checked with ordinary tools. docs/handover.md."""
