"""The words every room shares: events, ids, money, time, errors, connector contract. Imports nothing of ours."""
