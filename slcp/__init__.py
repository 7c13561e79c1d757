"""What both programs share: the protocol, the control API, the configuration.

Kept free of imports: every one-shot command pays for what stands here.
"""

__version__ = "0.1.0"
API_VERSION = 2  # of the control API: raised when a client or a daemon of the version before would no longer do
