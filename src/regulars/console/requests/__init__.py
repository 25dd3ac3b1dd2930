"""Requests of people about their data: the register, its deadlines, carrying them out, and the proof of it."""
