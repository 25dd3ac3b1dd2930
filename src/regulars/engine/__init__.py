"""The engine: the one place that writes customer state."""
