"""Who is here: the parts that know ourselves and the others, built from the configuration and the history."""

from random import SystemRandom
from typing import NamedTuple

from slcp.announcing import Announcer
from slcp.blocklist import Blocklist
from slcp.config import Config
from slcp.evidence import Evidence
from slcp.membership import Membership
from slcp.node import Node
from slcp.presence import Presence
from slcp.trust import Security, Trust
from slcpd.history import History


class Company(NamedTuple):
    """Who is here: we and the others."""

    me: Node
    announcer: Announcer
    membership: Membership
    presence: Presence
    trust: Trust


def build_company(config: Config, me: Node, history: History) -> Company:
    announcer = Announcer(me, config.whoisport)
    membership = Membership(me, announcer, SystemRandom())
    evidence = Evidence(history.remembered(), pinned_dialects(config))
    presence = Presence(me, announcer, membership, blocklist_of(config), evidence)
    trust = Trust(history.pins(), Security(config.security))
    return Company(me, announcer, membership, presence, trust)


def pinned_dialects(config: Config) -> dict[str, str]:
    return {handle: name for handle, _, name in (pin.rpartition("=") for pin in config.dialects)}


def blocklist_of(config: Config) -> Blocklist:
    return Blocklist(frozenset(config.blocked))
