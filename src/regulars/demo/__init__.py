"""A demo chain of shops that knows who is who, and sends what its tills and its web shop would send.

Everything below `shop.Shop` is a pure function of a seed and of the times handed in: no clock, no global chance.
Only `sender` and `serve` touch the network.
"""
