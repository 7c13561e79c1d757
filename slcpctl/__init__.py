"""The client of slcpd: one-shot commands for shells and scripts, and the interactive chat."""
