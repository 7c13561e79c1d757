"""The chat as a window, in Tk. Two threads: one has the widgets, the other the sockets and all that is known."""
