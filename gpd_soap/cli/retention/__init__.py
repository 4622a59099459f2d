"""The commands about keeping and forgetting."""
