"""What the pages of notices need besides their view: forms, words of refusals, files."""
