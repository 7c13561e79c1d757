"""The parts that record, queue, send and take messages, and what they tell each other."""

import asyncio
from asyncio import TaskGroup
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import SystemRandom
from typing import NamedTuple

from slcp.config import Config
from slcp.errors import StorageError
from slcp.events import ConfigChanged
from slcp.messages import Address, Hello
from slcp.places import Places
from slcp.presence import Presence
from slcp.trust import PinsChanged, Trust
from slcpd.alarms import Alarms
from slcpd.autoreply import Autoreply
from slcpd.company import Company
from slcpd.delivery import Delivery
from slcpd.dispatch import Dispatch
from slcpd.handshake import Handshake, ProvenPeer
from slcpd.history import History
from slcpd.hook import Hook
from slcpd.identity import Identity
from slcpd.images import ImageFolder
from slcpd.inbox import Inbox
from slcpd.journal import Journal
from slcpd.outbox import Outbox
from slcpd.partial_images import PartialImages
from slcpd.publishing import Publisher
from slcpd.queued_images import QueuedImages
from slcpd.sessions import Sessions


class Mail(NamedTuple):
    """What records, queues and delivers messages."""

    history: History
    journal: Journal
    publisher: Publisher
    delivery: Delivery
    dispatch: Dispatch
    sessions: Sessions
    outbox: Outbox
    queued_images: QueuedImages
    autoreply: Autoreply
    images: ImageFolder
    hook: Hook


def build_mail(
    group: TaskGroup, company: Company, history: History, identity: Identity, config: Config, places: Places
) -> Mail:
    me, presence = company.me, company.presence
    journal = Journal(history)
    publisher = Publisher(journal, me)
    outbox = Outbox(
        journal,
        lambda recipient: delivery.deliver(recipient),
        lambda message: delivery.withdrawn(message),
        lambda message: delivery.break_off(message),
    )
    queued_images = QueuedImages(places.outbox, history.mailbox.needs_image)
    queued_images.remove_orphans()
    if history.last_value("inactive", False) is not config.inactive:  # an absence may begin in config.toml, too
        with suppress(StorageError):  # who is full can still read
            journal.record(ConfigChanged(key="inactive", value=config.inactive))
    autoreply = Autoreply(history, outbox, config)
    images = ImageFolder(image_folder(config, places), config.max_image_size, config.open_images)
    alarms = Alarms(journal)
    handshake = Handshake(me, identity, company.trust, keeping(company.trust, journal), _admission(company, publisher))
    inbox = Inbox(history.mailbox, journal, PartialImages(images), autoreply.answer, blocks(presence))
    sessions = Sessions(group, handshake, inbox, publisher.drop, alarms)

    def refuse(address: Address) -> None:
        publisher.publish(presence.refuse(address))

    dispatch = Dispatch(me, presence.peers, company.trust, sessions, alarms, queued_images.file_of, refuse)
    delivery = Delivery(
        group,
        history.mailbox,
        journal,
        dispatch.send,
        queued_images.release,
        SystemRandom(),
    )
    publisher.observers += [sessions.notice, delivery.notice]
    hook = Hook(journal, history.last_seq, config)
    return Mail(
        history, journal, publisher, delivery, dispatch, sessions, outbox, queued_images, autoreply, images, hook
    )


def keeping(trust: Trust, journal: Journal) -> Callable[[Sequence[PinsChanged]], None]:
    """Return what makes a change of keys durable, or takes it back and raises StorageError."""

    def keep(changes: Sequence[PinsChanged]) -> None:
        try:
            journal.keep_pins(changes)
        except StorageError:
            trust.take_back(changes)
            raise

    return keep


def _admission(company: Company, publisher: Publisher) -> Callable[[ProvenPeer], None]:
    """Return what takes note of a peer that has proven its key; it raises ProtocolError when that is blocked."""

    def admit(peer: ProvenPeer) -> None:
        hello = Hello(peer.handle, peer.address.port, fingerprint=peer.fingerprint)
        now = asyncio.get_running_loop().time()
        publisher.publish(company.presence.receive_from_stream(hello, peer.address.ip, now))

    return admit


def blocks(presence: Presence) -> Callable[[ProvenPeer], bool]:
    return lambda peer: presence.blocklist.blocks(peer.handle, peer.address, peer.fingerprint)


def image_folder(config: Config, places: Places) -> Path:
    return Path(config.imagepath).expanduser() if config.imagepath else places.images
