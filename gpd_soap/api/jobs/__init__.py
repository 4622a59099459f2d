"""Background work: its state, and what people do about it."""
