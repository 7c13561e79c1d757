"""What a bad line does to the packets of a host: by nftables and a token bucket, inside its namespace."""

import subprocess

from lan import Host

TABLE = "slcp_soak"


class Line:
    """The line of one host of a Lan. Each call takes the place of the one before; needs `nft` and `tc`."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def lose(self, percent: int) -> None:
        """Lose so many of 100 packets, at random, in each direction."""
        self._filter(f"numgen random mod 100 < {percent} drop", hooks=("input", "output"))

    def reset_streams(self) -> None:
        """Answer each packet of a TCP stream that comes in with a reset."""
        self._filter("meta l4proto tcp reject with tcp reset", hooks=("input",))

    def repair(self) -> None:
        """Let everything pass again."""
        self._run("nft", "-f", "-", words=f"table inet {TABLE}\ndelete table inet {TABLE}\n")

    def limit(self, megabits: int) -> None:
        """Let so many megabits a second out."""
        bucket = ("burst", "64kb", "latency", "200ms")
        self._run("tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", f"{megabits}mbit", *bucket)

    def _filter(self, rule: str, hooks: tuple[str, ...]) -> None:
        self.repair()
        chains = "".join(
            f"chain {hook} {{ type filter hook {hook} priority 0; oifname lo accept; iifname lo accept; {rule}; }}\n"
            for hook in hooks
        )
        self._run("nft", "-f", "-", words=f"table inet {TABLE} {{\n{chains}}}\n")

    def _run(self, *command: str, words: str = "") -> None:
        """Raises OSError with what the command says."""
        done = subprocess.run([*self._host.prefix, *command], input=words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
