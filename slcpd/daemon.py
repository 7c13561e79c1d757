"""The daemon as a whole: builds the parts, runs them in one TaskGroup, unwinds when cancelled."""

import asyncio
import logging
import signal
import sys
from asyncio import TaskGroup
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, closing
from socket import socket
from typing import NamedTuple

from slcp.config import Config, Layers, Source
from slcp.errors import ConfigError, StorageError
from slcp.links import Links
from slcp.messages import Address
from slcp.node import Node
from slcp.places import Places
from slcp.trust import Security
from slcpd import local_socket
from slcpd.answers import Answers
from slcpd.applying import settings_of
from slcpd.attendance import Attendance
from slcpd.company import Company, build_company
from slcpd.connections import Accept, Connections
from slcpd.control import Control
from slcpd.datagrams import DatagramSocket
from slcpd.descriptors import LoopErrors
from slcpd.discovery import Discovery, bind_own, bind_tcp, bind_whois
from slcpd.history import History
from slcpd.identity import load_identity
from slcpd.interfaces import interface_names, links_now
from slcpd.introducing import Introductions
from slcpd.json_listener import JsonListener
from slcpd.local_socket import MAX_CLIENTS
from slcpd.mail import Mail, build_mail, keeping
from slcpd.messaging import Messaging
from slcpd.reading import Reading
from slcpd.receiving import MAX_CONNECTIONS, MAX_CONNECTIONS_PER_HOST, READ_AHEAD, Receiver
from slcpd.short_reads import short_reads
from slcpd.status import OpenNow, Profile, StatusReport
from slcpd.supervision import NOBODY, Supervisor
from slcpd.transmitting import JSON_IMAGES, AnswerStreams
from slcpd.trusting import Trusting
from slcpd.udp_images import UdpImages

log = logging.getLogger(__name__)


class Sockets(NamedTuple):
    """Bound, before anything is built: whether we can start at all shows here."""

    tcp: socket  # takes texts and images
    own: DatagramSocket  # UDP at the same port
    whois: DatagramSocket  # UDP, shared with the other programs of this machine
    control: local_socket.Endpoint  # for the clients


async def run(
    layers: Layers, places: Places, name: str, ready: Callable[[], None], supervisor: Supervisor = NOBODY
) -> None:
    """Run the daemon of the profile `name` until its task is cancelled: by a signal or a shutdown request.

    Calls `ready` once clients and peers are served, and tells the supervisor. Raises ConfigError when it cannot start.
    """
    stop = _cancel_on_signals(supervisor.stopping)
    asyncio.get_running_loop().set_exception_handler(LoopErrors())
    config = layers.config
    links = _links(config)
    with ExitStack() as stack:
        tcp, own = bind_own(config.port, layers.source("port") is Source.DEFAULT)
        stack.enter_context(tcp)
        stack.enter_context(own)
        whois = stack.enter_context(bind_whois(config.whoisport))
        control = stack.enter_context(local_socket.bound(places.socket))
        sockets = Sockets(tcp, own, whois, control)

        def serving() -> None:
            ready()
            supervisor.ready(f"serving at port {tcp.getsockname()[1]}")

        try:
            history = stack.enter_context(closing(History(places.database)))
            identity = load_identity(places.identity)
            fingerprint = None if config.security == Security.OFF else identity.fingerprint
            company = build_company(config, Node(config.handle, tcp.getsockname()[1], links, fingerprint), history)
            profile = Profile(name, layers, places, asyncio.get_running_loop().time())
            async with TaskGroup() as group:
                group.create_task(supervisor.keep_alive())
                mail = build_mail(group, company, history, identity, config, places)
                await _serve(group, sockets, company, mail, profile, stop, serving)
        except* StorageError as errors:  # at the start; later whoever asks is told
            raise ConfigError(f"{errors.exceptions[0]}; if it is damaged, move it away and start again") from None


async def _serve(
    group: TaskGroup,
    sockets: Sockets,
    company: Company,
    mail: Mail,
    profile: Profile,
    stop: Callable[[], None],
    ready: Callable[[], None],
) -> None:
    """Open the daemon to peers and to clients, and be here until cancelled."""
    config = profile.layers.config
    peers = Connections(group, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_HOST, mail.publisher.refuse)
    clients = Connections(group, MAX_CLIENTS, MAX_CLIENTS, mail.publisher.refuse)
    receiver = Receiver(
        company.me,
        company.presence,
        mail.images,
        mail.journal,
        mail.publisher.publish,
        mail.autoreply.answer,
        company.trust.refuses_plain,
        mail.sessions.serve,
    )
    discovery = _discovery(group, company, mail, receiver, config.whoisport)
    images = JsonListener(
        group,
        company.presence.peers,
        lambda: bind_tcp(company.me.port + JSON_IMAGES),
        peers.accepting(receiver.serve_json_image),
    )
    mail.publisher.observers.append(images.notice)
    answers = _answers(company, mail, profile, discovery.flush, OpenNow(peers, mail.sessions, clients))
    control = Control(answers, mail.journal, stop)
    async with (
        _listening(sockets.tcp, peers.accepting(receiver.serve)),
        local_socket.listening(sockets.control, clients.accepting(control.serve)),
    ):
        mail.images.remove_parts()
        mail.delivery.start()
        group.create_task(mail.hook.run())
        group.create_task(mail.history.mailbox.text_index.run())
        log.info("%s is here: port %d, whoisport %d", company.me.handle, company.me.port, config.whoisport)
        await discovery.run(sockets.own, sockets.whois, company.membership, _follower(company, config), ready)


def _discovery(group: TaskGroup, company: Company, mail: Mail, receiver: Receiver, whoisport: int) -> Discovery:
    discovery = Discovery(
        company.presence,
        company.announcer,
        lambda: [Address(ip, whoisport) for ip in company.me.links.broadcasts],
        mail.publisher.publish,
        receiver.take_text,
        UdpImages(group, receiver.serve_datagrams),
        AnswerStreams(group).send,
    )
    introductions = Introductions(company.announcer, discovery.flush)
    mail.publisher.observers.append(introductions.notice)
    mail.dispatch.introduce = introductions.ask
    mail.dispatch.hear_datagram = discovery.hear
    return discovery


def _answers(
    company: Company,
    mail: Mail,
    profile: Profile,
    flush: Callable[[], None],
    open_now: OpenNow,
) -> Answers:
    me, presence, membership = company.me, company.presence, company.membership
    settings = settings_of(company, mail, profile, flush)
    report = StatusReport(profile, me, presence, membership, mail.history, mail.journal, mail.publisher, open_now)
    history, as_now = mail.history, mail.delivery.as_now
    messaging = Messaging(presence.peers, history.mailbox, mail.outbox, mail.queued_images, as_now)
    reading = Reading(history.mailbox, history.conversations, mail.journal, as_now)
    attendance = Attendance(me, presence, membership, company.trust, settings, flush)
    trusting = Trusting(
        mail.sessions.own_fingerprint,
        presence.peers,
        company.trust,
        mail.sessions,
        keeping(company.trust, mail.journal),
        mail.publisher.publish,
    )
    return Answers(messaging, reading, attendance, trusting, settings, report)


@asynccontextmanager
async def _listening(tcp: socket, accept: Accept) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(short_reads(accept, READ_AHEAD), sock=tcp, backlog=128)
    try:
        yield
    finally:
        server.close()  # not wait_closed(): the connections belong to the TaskGroup, which ends them


def _follower(company: Company, config: Config) -> Callable[[float], None]:
    """Return a function that tells the membership when the interfaces have changed."""

    def follow(now: float) -> None:
        try:
            found = links_now(config.interfaces, config.peers)
        except OSError as error:  # no descriptor is free, for one
            log.warning("the network cannot be looked at: %s", error)
            return
        if found != company.me.links:
            log.info("the network has changed: %s", _names(found))
            company.membership.follow(found, now)

    return follow


def _links(config: Config) -> Links:
    """Return the links to serve now; an interface that is not there may come."""
    links = links_now(config.interfaces, config.peers)
    missing = [name for name in config.interfaces if name not in interface_names()]
    if missing:
        log.warning("interfaces: there is no %s now; waiting for it", ", ".join(missing))
    elif not links.links:
        log.warning("no interface is up; waiting for one")
    return links


def _names(links: Links) -> str:
    return ", ".join(f"{link.interface} {link.ip}" for link in links.links)


def _cancel_on_signals(stopping: Callable[[], None]) -> Callable[[], None]:
    """Let SIGTERM and SIGINT call `stopping` and cancel the current task. Returns what does so on request."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  # we run in one

    def stop() -> None:
        stopping()
        task.cancel()

    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop)
    return stop
