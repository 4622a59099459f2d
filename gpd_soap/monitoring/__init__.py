"""What watches the program: health, metrics and log lines, and a limit on how long a look takes."""
