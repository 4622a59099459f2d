"""The pages by subject: `make_blueprint(parts)` of a module returns its blueprint."""
