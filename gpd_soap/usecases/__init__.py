"""One function for each thing somebody asks: no HTTP, no SQL, no Spyne, no command line."""
