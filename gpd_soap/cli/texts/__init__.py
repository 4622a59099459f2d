"""The texts of the command line: what is printed, failures, refusals and reports."""
