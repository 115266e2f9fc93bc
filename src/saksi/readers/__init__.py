"""One file a format; `registry.read_source` finds the reader by content and proves that every byte is accounted for."""
