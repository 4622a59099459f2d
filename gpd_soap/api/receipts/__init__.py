"""GPD's API for the receipts of payments, and the worklist of cases that wait for a person."""
