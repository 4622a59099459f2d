"""The journal of exchanges: its entries, its writer, its monthly partitions, its purge."""
