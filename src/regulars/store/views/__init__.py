"""Named queries of the screens that read across rooms."""
