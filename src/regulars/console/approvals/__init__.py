"""The approvals room: what somebody asks for and a second person decides on.

A kind of approval says who may ask and who may decide, how it reads, and how it is carried out; `catalogue.KINDS` has
them all. The room does not know what it is about.
"""
