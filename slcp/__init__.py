"""What both programs share: the protocol, the control API, the configuration.

Kept free of imports: every one-shot command pays for what stands here.
"""

__version__ = "0.1.0"
