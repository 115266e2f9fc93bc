"""The scripted evaluation set: conversations with the marks and phases that a careful reader gives them."""
