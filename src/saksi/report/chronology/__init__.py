"""The chronology: what happened, in which messages, with what proof. `saksi.report.chronology.report.build` makes it."""
