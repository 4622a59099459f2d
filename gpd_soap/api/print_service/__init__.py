"""pagoPA's service that prints notices, so that its client needs another address only."""
