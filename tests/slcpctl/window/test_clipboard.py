from slcpctl.window.clipboard import paths_of


def test_the_files_of_this_machine_in_a_list() -> None:
    uris = (
        "# copied\r\nfile:///home/ani/gr%C3%BC%C3%9Fe%201.png\r\nfile://localhost/a\r\nfile://elsewhere/b\r\nhttp://c/d"
    )
    assert paths_of(uris) == ["/home/ani/grüße 1.png", "/a"]
