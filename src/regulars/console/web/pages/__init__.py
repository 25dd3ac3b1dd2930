"""One file a page: read the address, ask the services, render."""
