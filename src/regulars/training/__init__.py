"""Training a matching model on data that nobody has labelled; needs the `train` extra (Splink, DuckDB)."""
