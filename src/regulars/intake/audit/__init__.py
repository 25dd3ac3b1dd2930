"""`regulars audit-data`: reads customers like an import, and tells what they are worth instead of storing them."""
