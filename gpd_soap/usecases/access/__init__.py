"""Who may do what: keys, their rights, wrong keys, and the audit of what was done."""
