"""What the screens show, as typed values: each function reads in one transaction that the caller opened.

Personal data is decrypted here, and masked here for people whose role may not see it.
"""
