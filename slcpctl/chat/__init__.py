"""The command chat: its beginning, and the chat in plain lines."""
