"""What a chat shows, before any window shows it. Pure: answers and events of the control API in, facts out."""
