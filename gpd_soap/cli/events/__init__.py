"""The commands on events: the feed, and its deliveries to subscribers."""
