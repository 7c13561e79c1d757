"""The interactive chat: a client of the control socket with a line to type on."""
