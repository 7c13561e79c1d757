"""Who is there: real broadcasts between hosts that know nothing of each other."""

from collections.abc import Callable

from daemons import Daemon
from lan import Host, Lan
from lan_peer import Heard, LanPeer
from meeting import Stopwatch, meet, seq_of

PORT, WHOISPORT = 5001, 4000  # the defaults

Start = Callable[[Host, str], Daemon]
Observe = Callable[[str], None]


def test_three_hosts_see_each_other_by_broadcast_alone(lan: Lan, start_on: Start, observe: Observe) -> None:
    hosts = dict(zip(("Ani", "Luca", "Sohal"), lan.add_hosts(3), strict=True))
    ani, luca = start_on(hosts["Ani"], "Ani"), start_on(hosts["Luca"], "Luca")
    meet(ani, luca)
    watch = Stopwatch()
    sohal = start_on(hosts["Sohal"], "Sohal")
    seconds = watch.at(*meet(ani, luca, sohal))
    for handle, daemon in {"Ani": ani, "Luca": luca, "Sohal": sohal}.items():
        daemon.request("users", refresh=True)
        assert {name: (user["ip"], user["port"], user["dialect"]) for name, user in daemon.users().items()} == {
            name: (host.ip, PORT, "slcpd") for name, host in hosts.items() if name != handle
        }
    observe(f"3 hosts saw each other by broadcast {seconds:.2f} s after the third daemon was started")


def test_one_that_goes_is_missed_at_once(lan: Lan, start_on: Start, observe: Observe) -> None:
    ani, luca, sohal = map(start_on, lan.add_hosts(3), ("Ani", "Luca", "Sohal"))
    meet(ani, luca, sohal)
    watch = Stopwatch()
    assert luca.stop() == 0
    left = [daemon.wait_for("user_left", handle="Luca", reason="said_so") for daemon in (ani, sohal)]
    assert ani.users().keys() == {"Sohal"}
    assert sohal.users().keys() == {"Ani"}
    observe(f"2 hosts heard LEAVE {watch.at(*left) * 1000:.0f} ms after the third was asked to stop")


def test_a_plain_program_is_told_everyone_in_both_spellings(lan: Lan, start_on: Start, observe: Observe) -> None:
    *hosts, plain_host = lan.add_hosts(4)
    meet(*map(start_on, hosts, ("Ani", "Luca", "Sohal")))
    with LanPeer(plain_host, WHOISPORT) as otto:
        watch = Stopwatch()
        otto.broadcast("WHO")
        answers = otto.hear_answers(_has_both_spellings)
        seconds = watch.now()
    lists = [heard.line.partition(" ") for heard in answers if heard.line.startswith("KNOW")]
    assert {spelling for spelling, _, _ in lists} == {"KNOWNUSERS", "KNOWUSERS"}
    for _, _, entries in lists:
        assert sorted(entries.split(", ")) == [
            "Ani 10.77.0.1 5001",
            "Luca 10.77.0.2 5001",
            "Sohal 10.77.0.3 5001",
        ]
    assert {heard.port for heard in answers} == {PORT}
    observe(f"WHO of a plain program was answered in both spellings, naming all 3, in {seconds * 1000:.1f} ms")


def test_a_plain_programs_join_is_answered_by_everyone(lan: Lan, start_on: Start, observe: Observe) -> None:
    *hosts, plain_host = lan.add_hosts(4)
    daemons = list(map(start_on, hosts, ("Ani", "Luca", "Sohal")))
    meet(*daemons)
    with LanPeer(plain_host, WHOISPORT) as otto:
        watch = Stopwatch()
        otto.broadcast("JOIN Otto 6001")
        answers = otto.hear_unicast(lambda heard: len(_joins(heard)) == len(hosts))
        seconds = watch.now()
    assert _joins(answers) == {
        Heard(f"JOIN {handle} {PORT}", host.ip, PORT)
        for handle, host in zip(("Ani", "Luca", "Sohal"), hosts, strict=True)
    }
    for daemon in daemons:
        daemon.wait_for("user_joined", handle="Otto", ip=plain_host.ip, port=6001)
        assert daemon.users()["Otto"]["dialect"] == "unknown"
    observe(f"JOIN of a plain program was answered by 3 JOINs to its whoisport in {seconds * 1000:.1f} ms")


def test_two_users_of_one_host_are_seen_by_everyone_once_each(lan: Lan, start_on: Start, observe: Observe) -> None:
    shared, of_luca, of_sohal = lan.add_hosts(3)
    ani, luca, sohal = start_on(shared, "Ani"), start_on(of_luca, "Luca"), start_on(of_sohal, "Sohal")
    berta = start_on(shared, "Berta")
    meet(ani, berta, luca, sohal)
    for daemon in (ani, berta, luca, sohal):
        daemon.request("users", refresh=True)
    assert _addresses(ani) == [("Berta", "127.0.0.1", 5002), ("Luca", of_luca.ip, 5001), ("Sohal", of_sohal.ip, 5001)]
    assert _addresses(berta) == [("Ani", "127.0.0.1", 5001), ("Luca", of_luca.ip, 5001), ("Sohal", of_sohal.ip, 5001)]
    assert _addresses(luca) == [("Ani", shared.ip, 5001), ("Berta", shared.ip, 5002), ("Sohal", of_sohal.ip, 5001)]
    assert _addresses(sohal) == [("Ani", shared.ip, 5001), ("Berta", shared.ip, 5002), ("Luca", of_luca.ip, 5001)]
    observe("2 users of one host and 2 of others: everyone lists the 3 others once each")


def test_a_plain_program_is_told_both_users_of_a_host_at_its_address(lan: Lan, start_on: Start) -> None:
    shared, plain_host = lan.add_hosts(2)
    meet(start_on(shared, "Ani"), start_on(shared, "Berta"))
    with LanPeer(plain_host, WHOISPORT) as otto:
        otto.broadcast("WHO")
        answers = otto.hear_answers(_has_both_spellings)
    for heard in answers:
        if heard.line.startswith("KNOW"):
            assert sorted(heard.line.partition(" ")[2].split(", ")) == ["Ani 10.77.0.1 5001", "Berta 10.77.0.1 5002"]


def test_whoever_asks_from_outside_of_the_link_hears_nothing(lan: Lan, start_on: Start, observe: Observe) -> None:
    of_ani, stranger_host = lan.add_hosts(2)
    ani = start_on(of_ani, "Ani")
    stranger_host.add_address("192.168.99.5/24")
    of_ani.add_route("192.168.99.0/24")  # so an answer would arrive
    with (
        LanPeer(stranger_host, WHOISPORT, "192.168.99.5") as stranger,
        LanPeer(stranger_host, WHOISPORT) as neighbour,
        LanPeer(of_ani, WHOISPORT + 1) as anis_host,
    ):
        stranger.broadcast("JOIN Eve 6666")
        stranger.broadcast(f"HELLO Eve 6666 1 {'a' * 64}")  # to one alone it would be heard (2.2)
        for peer in (stranger, neighbour):  # what the neighbour says comes last, at each of Ani's sockets
            peer.broadcast("WHO")
            peer.send("WHO", of_ani.ip)
            peer.send("WHO", of_ani.ip, PORT)
        neighbour.hear_answers(lambda heard: sum(each.line.startswith("KNOWNUSERS") for each in heard) == 3)
        anis_host.send("the way back is open", "192.168.99.5", WHOISPORT)
        assert [heard.line for heard in stranger.hear_unicast(bool)] == ["the way back is open"]
        assert stranger.unread() == []
    assert ani.users() == {}
    assert ani.request("status")["dropped"] == {"not_on_link": 5}
    observe("1 JOIN, 1 HELLO and 3 WHO from outside of the link: no answer; the same WHO from a neighbour: 3 answers")


def test_a_host_that_changes_its_address_is_found_at_the_new_one(lan: Lan, start_on: Start, observe: Observe) -> None:
    of_ani, of_luca, of_sohal = lan.add_hosts(3)
    ani, luca, sohal = start_on(of_ani, "Ani"), start_on(of_luca, "Luca"), start_on(of_sohal, "Sohal")
    meet(ani, luca, sohal)
    of_luca.change_address("10.77.0.22/24")
    watch = Stopwatch()
    ani.wait_until(lambda _: "10.77.0.22:5001" in _known_addresses(ani), "Luca at its new address")
    seen = watch.now()
    ani.request("send_text", to="Luca@10.77.0.22:5001", text="Have you moved?")
    luca.wait_for("text_received", handle="Ani", text="Have you moved?")
    moved = [daemon.wait_for("user_changed", handle="Luca", ip="10.77.0.22", port=PORT) for daemon in (ani, sohal)]
    ani.request("send_text", to="Luca", text="There you are!")
    luca.wait_for("text_received", handle="Ani", text="There you are!")
    since = seq_of(ani)
    luca.request("send_text", to="Ani", text="Yes.")
    assert ani.wait_for("text_received", since=since, handle="Luca")["ip"] == "10.77.0.22"
    assert _addresses(sohal) == [("Ani", of_ani.ip, PORT), ("Luca", "10.77.0.22", PORT)]
    assert _addresses(luca) == [("Ani", of_ani.ip, PORT), ("Sohal", of_sohal.ip, PORT)]
    observe(
        f"a host changed its address: the others had seen it at the new one {seen:.1f} s later, "
        f"and that it is no more at the old one {watch.at(*moved):.1f} s later; nobody saw it leave"
    )


def _known_addresses(daemon: Daemon) -> list[str]:
    user = daemon.users()["Luca"]
    return [f"{user['ip']}:{user['port']}", *user["other_addresses"]]


def _has_both_spellings(heard: list[Heard]) -> bool:
    """Tell whether one of those who answered has done so in both spellings."""
    spellings = {(each.ip, each.line.partition(" ")[0]) for each in heard}
    return any({(ip, "KNOWNUSERS"), (ip, "KNOWUSERS")} <= spellings for ip, _ in spellings)


def _joins(heard: list[Heard]) -> set[Heard]:
    return {each for each in heard if each.line.startswith("JOIN ")}


def _addresses(daemon: Daemon) -> list[tuple[str, str, int]]:
    """Return who is here, each entry as often as it is listed."""
    return [(user["handle"], user["ip"], user["port"]) for user in daemon.request("users")["users"]]
