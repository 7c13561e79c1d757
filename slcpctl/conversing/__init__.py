"""What every chat with a daemon does, whichever toolkit draws it: follows, loads, obeys, tells. It knows none."""
