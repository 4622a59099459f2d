"""What a back office does with positions: creates, updates, publishes, withdraws, reads."""
