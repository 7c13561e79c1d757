"""The full-screen chat: what slcpctl.view knows, drawn by prompt_toolkit."""
