"""Casework: people and roles, decisions, what a case holds and how it is stored."""
