"""What daemons are loaded with: peers and clients without number, each kind a process of its own."""
