"""The daemon: thin shells of sockets, files and tasks around the core in slcp."""
