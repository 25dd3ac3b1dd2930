"""Identity: which records are one person."""
