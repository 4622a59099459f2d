"""The pages by subject: each module has `room(parts)`, which returns its blueprint."""
