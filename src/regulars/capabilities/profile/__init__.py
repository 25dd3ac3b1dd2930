"""Profile: what each customer and each shop bought and brought back."""
