"""Offers: which promotions a basket gets, what they take off, and what a return gives back."""
