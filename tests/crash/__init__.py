"""Work that is killed at any moment: the scenarios and what kills them."""
