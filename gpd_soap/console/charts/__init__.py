"""The geometry of charts, as values: a template draws them, and decides nothing."""
