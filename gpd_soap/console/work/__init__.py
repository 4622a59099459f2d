"""What the pages on cases, receipts, the journal and the station say, without the pages."""
