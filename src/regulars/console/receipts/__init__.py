"""Receipts: one slip as 42 columns of text, as bytes for an ESC/POS printer, and as rows of a page.

Values in, text out; who may see a slip is decided where it is made.
"""
