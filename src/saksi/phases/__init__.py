"""Phases: stretches of a thread in which one account's marks show a phase of the crime. docs/phases.md has the rules."""

from saksi.phases.mark import mark_phases

__all__ = ["mark_phases"]
