"""The doors in: events, tracking calls and vendors' webhooks become bodies for the gate, which answers after the commit."""
