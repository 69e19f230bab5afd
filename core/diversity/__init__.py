"""What a pool is about: each instruction's root verb and object (Self-Instruct section 4.2), lengths, and Table 1.

Texts go in, frozen dataclasses come out. Nothing here knows the database or a screen; parsing runs in a process of its
own (`parsing`), so the caller never loads torch.
"""
