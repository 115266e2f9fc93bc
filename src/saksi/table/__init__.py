"""The corridor: one Arrow schema for messages, attachments, problems, marks, phases, identifiers."""
