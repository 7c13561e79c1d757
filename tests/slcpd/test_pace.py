from slcpd.pace import SLOWEST, WINDOW, Pace


def test_a_byte_now_and_then_is_too_slow() -> None:
    pace = Pace(100.0)
    assert not any(pace.is_too_slow(1, 100.0 + second) for second in range(0, int(WINDOW), 20))
    assert pace.is_too_slow(1, 100.0 + WINDOW)


def test_a_slow_transfer_is_none() -> None:
    pace = Pace(0.0)
    assert not any(pace.is_too_slow(int(SLOWEST) * 10, 10.0 * step) for step in range(1, 100))


def test_a_fast_start_does_not_pay_for_a_trickle() -> None:
    pace = Pace(0.0)
    assert not pace.is_too_slow(1 << 30, WINDOW)
    assert pace.is_too_slow(1, 2 * WINDOW)
