"""Texts in both directions, and what the chat shows of each."""

from chat_stage import Come, Open
from daemons import Daemon
from full_screen import pane, status, title, typed


def test_texts_between_two_slcpd(chat: Open, luca: Daemon) -> None:
    ani_chat = chat()
    ani_chat.type("Hallo Luca!\r")
    luca.wait_for("text_received", handle="Ani", text="Hallo Luca!")
    ani_chat.wait_state("Ani         Hallo Luca!", "delivered")
    luca.request("send_text", to="Ani", text="Hallo Ani!")
    ani_chat.wait_in(pane, "Luca        Hallo Ani!")
    assert ani_chat.find("Hallo Luca!")[1] + 1 == ani_chat.find("Hallo Ani!")[1]
    assert ani_chat.find("encrypted")[1] == 0


def test_texts_to_and_from_a_plain_program(chat: Open, come: Come, ani: Daemon) -> None:
    tom = come("Tom")
    tom.send(ani.request("status")["port"], b"MSG Ani from Tom\n")
    with_tom = chat("Tom").wait_in(pane, "Tom         from Tom")
    with_tom.type("to Tom\r")
    assert tom.take() == b"MSG Tom to Tom\n"
    with_tom.wait_state("Ani         to Tom", "sent")
    assert with_tom.find("not encrypted")[1] == 0


def test_a_text_waits_for_whoever_cannot_be_reached(chat: Open, come: Come) -> None:
    tim = come("Tim").speak_from_elsewhere()
    tim.tcp.close()
    with_tim = chat("Tim").type("are you there?\r")
    with_tim.wait_state("are you there?", "queued").wait_in(status, "1 queued")
    with_tim.wait_in(title, "Tim  not here: what you write waits")
    with_tim.press("m-down").wait_gone("to Tim >").press("m-up")
    with_tim.wait_state("are you there?", "queued").wait_in(pane, f"at {tim.ip}:{tim.port}")  # why
    tim.listen()
    tim.join()
    assert tim.take() == b"MSG Tim are you there?\n"
    with_tim.wait_state("are you there?", "sent").wait_gone("queued")


def test_a_text_that_fails_says_why(chat: Open, come: Come, ani: Daemon) -> None:
    come("Tilo")
    ani.request("set_config", key="security", value="require")
    try:
        with_tilo = chat("Tilo").type("a secret\r")
        with_tilo.wait_state("a secret", "failed").wait_in(pane, "security")
    finally:
        ani.request("set_config", key="security", value=None)


def test_texts_of_several_lines(chat: Open, luca: Daemon) -> None:
    with_luca = chat()
    for key in ("m-enter", "c-j"):
        with_luca.type("one").press(key).type(f"two by {key}\r")
        luca.wait_for("text_received", text=f"one\ntwo by {key}")
        with_luca.wait_state(f"two by {key}", "delivered")
        column, row = with_luca.find(f"two by {key}")
        assert "".join(with_luca.cell(column + x, row - 1).data for x in range(5)) == "one  "


def test_what_is_pasted_is_sent_by_enter_alone(chat: Open, luca: Daemon) -> None:
    with_luca = chat().paste("/pasted\nin three\nlines").wait_in(typed, "in three")
    assert with_luca.find("lines")[1] == with_luca.find("in three")[1] + 1
    with_luca.press("home", "up", "up", "home").type("/\r")
    luca.wait_for("text_received", text="/pasted\nin three\nlines")


def test_a_line_that_cannot_be_done_is_given_back(chat: Open) -> None:
    with_luca = chat().type("/histroy Tom\r").wait_in(typed, "/histroy is no command; did you mean /history?")
    with_luca.wait_in(typed, "to Luca > /histroy Tom")
    with_luca.press("c-c").wait_gone("to Luca > /").type("MSG Nobody psst\r")
    with_luca.wait_in(typed, "no user Nobody").wait_in(typed, "to Luca > MSG Nobody psst")


def test_a_line_given_back_does_not_mix_with_the_next(chat: Open) -> None:
    with_luca = chat().type("MSG Nobody psst\rthe next").wait_in(typed, "Nobody")
    with_luca.wait_in(typed, "to Luca > the next")
    assert with_luca.text.count("psst") == 0


def test_what_was_typed_before_comes_back_by_the_up_key(chat: Open, luca: Daemon) -> None:
    chat().type("say it again\r").wait_state("say it again", "delivered").press("up").wait_in(typed, "> say it again")
    chat().press("up").wait_in(typed, "> say it again")  # another chat


def test_where_it_cannot_be_kept_the_chat_knows_its_own(chat: Open, ani: Daemon) -> None:
    kept = ani.world.log.with_name("chat_history")
    kept.unlink(missing_ok=True)
    kept.mkdir()
    try:
        chat().type("of this chat\r").wait_state("of this chat", "delivered").press("up").wait_in(
            typed, "> of this chat"
        )
    finally:
        kept.rmdir()


def test_a_text_to_everyone_is_one_row_with_the_states_of_all(
    chat: Open, come: Come, ani: Daemon, luca: Daemon
) -> None:
    toni, ute = come("Toni"), come("Ute").speak_from_elsewhere()
    ute.tcp.close()
    to_all = chat("everyone").type("to you all\r")
    assert toni.take() == b"MSG Toni to you all\n"
    luca.wait_for("text_received", text="to you all")
    to_all.wait_in(pane, "to 3 people: to you all")
    to_all.wait_in(pane, "queued 1").wait_in(pane, "delivered 1").wait_in(pane, "sent 1")
    assert to_all.text.count("to you all") == 1
    ute.listen()
    ute.join()
    assert ute.take() == b"MSG Ute to you all\n"
    to_all.wait_in(pane, "sent 2, delivered 1")
