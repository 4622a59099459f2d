"""Who may use the API, what a key has asked for once, and who changed what."""
