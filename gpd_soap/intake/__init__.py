"""What a creditor hands in, checked field by field: GPD's JSON to positions, files to the store."""
