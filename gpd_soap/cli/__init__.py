"""The command line; a command imports its dependencies when it runs, so that help is quick."""
