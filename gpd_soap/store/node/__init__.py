"""What the Node's operations read and write: queries, settlement, matching, and a scan of all."""
