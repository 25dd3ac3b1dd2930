"""Points, tiers and what they are worth: the rules of a loyalty programme."""
