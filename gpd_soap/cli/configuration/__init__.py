"""Commands about organizations, stations and services."""
