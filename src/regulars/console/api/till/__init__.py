"""The till's calls: members, cards, holds, sales, returns. Each write is safe to repeat by two keys."""
