"""Pages of an administrator: people, keys, the audit and the configuration."""
