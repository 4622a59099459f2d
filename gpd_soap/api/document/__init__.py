"""The texts and examples of the OpenAPI document."""
