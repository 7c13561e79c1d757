"""What the user does, and what comes of it."""

from contextlib import closing

import pytest
from fake_daemon import FakeDaemon, Json
from screen_state import search, state_with
from shown_messages import plain, received

from slcp.async_client import Requests
from slcpctl.conversing.actions import Actions
from slcpctl.conversing.paging import Paging
from slcpctl.conversing.tasks import Doing
from slcpctl.conversing.typed import parse


def page_of(newest: int, params: Json) -> Json:
    """Answer `history` as a daemon with so many messages does."""
    seqs = range(max(params.get("after", 0) + 1, 1), min(params.get("before", newest + 1), newest + 1))
    fitting = seqs[: params["limit"]] if params.get("oldest") else seqs[-params["limit"] :]
    return {"messages": [received(seq) for seq in fitting], "more": len(fitting) < len(seqs)}


async def test_what_comes_before_a_hit_is_loaded_leaves_no_gap(daemon: FakeDaemon) -> None:
    daemon.answers["history"] = lambda params: page_of(900, params)
    state = state_with(seq=899)
    search(state, "hallo", [received(400)])
    begun: list[Doing] = []
    with closing(Requests(str(daemon.path))) as requests:
        actions = Actions(state, requests, Paging(requests), begun.append, list)
        actions.go_to_chosen()
        state.take({"type": "text_received", **received(900)}, now=0.0)
        await begun[0]
    assert [entry.seq for entry in state.conversation.timeline.entries] == list(range(301, 501))
    assert state.conversation.timeline.has_newer
    assert state.conversation.chosen == 400


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("Hallo!", []),
        ("/msg Mia Hallo!", ["queued for Mia; /to Mia shows what becomes of it"]),
        ("/msg everyone Hallo!", ["queued for everyone; /to everyone shows what becomes of it"]),
    ],
)
async def test_where_a_text_is_that_went_to_others_is_said(daemon: FakeDaemon, line: str, hint: list[str]) -> None:
    daemon.answers["send_text"] = {"id": "m1"}
    state = state_with()
    with closing(Requests(str(daemon.path))) as requests:
        doing = Actions(state, requests, Paging(requests), lambda _: None, list).obey(parse(line))
        assert doing
        await doing
    assert [plain(told) for told in state.notice] == hint
