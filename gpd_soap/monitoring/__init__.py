"""How the program is watched: health, metrics, log lines, and a time limit for each check."""
