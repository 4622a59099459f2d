"""Creates, updates, publishes, withdraws, deletes and reads debt positions."""
