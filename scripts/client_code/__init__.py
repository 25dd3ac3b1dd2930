"""Writes the generated part of regulars.client from the OpenAPI document."""
