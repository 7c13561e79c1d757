"""Being away, the settings, whose key is whose, and who is heard no more."""

import pytest
from chat_stage import Come, Stage
from daemons import Daemon
from gui import Gui, OpenGui


def test_away_and_back(gui: Gui, ani: Daemon, luca: Daemon) -> None:
    gui.click("away").wait_until(lambda: gui.is_seen("autoreply"), "the text").wait_in("status", "away")
    gui.tcl(f"focus {gui.path('autoreply')}; {gui.path('autoreply')} delete 0 end")
    gui.type("bin im Urlaub").press("Return")
    ani.wait_for("config_changed", key="autoreply", value="bin im Urlaub")
    luca.request("send_text", to="Ani", text="Bist du da?")
    luca.wait_for("text_received", handle="Ani", text="bin im Urlaub", automatic=True)
    gui.wait_in("messages", "(automatic) bin im Urlaub").click("away").wait_gone("autoreply")
    ani.wait_for("config_changed", key="inactive", value=False)


def test_it_shows_what_another_client_has_set(gui: Gui, ani: Daemon) -> None:
    ani.request("set_config", key="inactive", value=True)
    gui.wait_until(lambda: gui.is_seen("autoreply"), "the text")
    ani.request("set_config", key="inactive", value=False)
    gui.wait_gone("autoreply")


# Settings


@pytest.fixture
def settings(gui: Gui) -> Gui:
    """The settings, open."""
    return gui.press("Control-comma").wait_focus("dialog_settings")


def row(gui: Gui, key: str) -> str:
    """Return the path of the row of a key."""
    return gui.path(f"key_{key}")


def test_a_key_is_changed_and_reset(settings: Gui, ani: Daemon) -> None:
    assert "from: default" in settings.words("key_autoreply") or "set by you" in settings.words("key_autoreply")
    field = f"{row(settings, 'autoreply')}.field"
    settings.tcl(f"focus {field}; {field} delete 0 end")
    settings.type("gleich zurueck").press("Return").wait_in("key_autoreply", "from: set by you")
    ani.wait_for("config_changed", key="autoreply", value="gleich zurueck")
    settings.tcl(f"{row(settings, 'autoreply')}.reset invoke")
    settings.wait_in("key_autoreply", "from: default")
    settings.press("Escape").wait_gone("dialog_settings")


def test_where_values_come_from(settings: Gui) -> None:
    assert "from: config file" in settings.words("key_handle")
    assert "from: environment" in settings.words("key_interfaces")
    assert settings.tcl(f"{row(settings, 'interfaces')}.field instate disabled") == "1"


def test_what_is_wrong_is_said(settings: Gui) -> None:
    field = f"{row(settings, 'handle')}.field"
    settings.tcl(f"focus {field}; {field} delete 0 end")
    settings.type("two words").press("Return").wait_in("wrong", "handle")


def test_a_new_handle(settings: Gui, luca: Daemon) -> None:
    field = f"{row(settings, 'handle')}.field"
    settings.tcl(f"focus {field}; {field} delete 0 end")
    settings.type("Anja").press("Return").wait_in("status", "Anja")
    luca.wait_for("user_changed", handle="Anja")
    settings.tcl(f"{row(settings, 'handle')}.reset invoke")
    settings.wait_in("status", "Ani ·")


# Keys and blocks


def test_keys_are_compared_and_trusted(gui: Gui, ani: Daemon, luca: Daemon) -> None:
    gui.type("erst kennenlernen").press("Return").wait_in("messages", "delivered").wait_in("trust", "encrypted")
    gui.click("keys").wait_in("keys_of", "The key of Luca, met before").wait_in("keys_of", "Your key")
    key = ani.request("verify", handle="Luca")["shown"]
    assert key["spoken"] in gui.words("keys_of")
    gui.click("trust_key").wait_gone("keys_of").wait_in("trust", "verified")
    assert ani.request("verify", handle="Luca")["standing"] == "verified"


def test_of_one_without_a_key(gui: Gui, come: Come) -> None:
    come("Tom")
    gui.wait_in("people", "Tom").click_person("Tom").wait_in("name", "Tom").wait_in("trust", "not encrypted")
    gui.click("keys").wait_in("keys_of", "Tom has shown no key").wait_focus("keys_of").press("Escape").wait_gone(
        "keys_of"
    )


def test_blocked_after_a_question(gui: Gui, come: Come, ani: Daemon) -> None:
    come("Troll")
    gui.wait_in("people", "Troll").click_person("Troll").wait_in("name", "Troll").click("block")
    gui.wait_in("question", "Hear nothing more of Troll?").wait_focus("question").press("Escape").wait_gone("question")
    assert not ani.request("get_config")["config"]["blocked"]["value"]
    gui.click("block").wait_in("question", "Troll").click("yes").wait_in("notice", "Troll is blocked")
    assert ani.request("get_config")["config"]["blocked"]["value"]


def test_the_name_that_two_have(gui: Gui, come: Come, open_gui: OpenGui, stage: Stage) -> None:
    come("Kim")
    come("Kim")
    gui.wait_in("people", "Kim").click_person("Kim").wait_in("trust", "2 have this name")
