"""Jobs: begun in the transaction of their cause, leased to one worker at a time, and ended."""
