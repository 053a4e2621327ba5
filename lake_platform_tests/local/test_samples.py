"""The sample files: the same every time, and only once."""

from pathlib import Path

from lake_platform.local.samples.customers import (
    DAYS,
    REWRITTEN_DAY,
    customer_days,
    render_csv,
    write_first_delivery,
    write_second_delivery,
)


def test_the_files_are_the_same_every_time() -> None:
    assert [render_csv(rows) for _, rows in customer_days(80)] == [render_csv(rows) for _, rows in customer_days(80)]


def test_thirty_days_land_once(tmp_path: Path) -> None:
    first, second = write_first_delivery(tmp_path, customers=80), write_first_delivery(tmp_path, customers=80)

    assert (len(first.written), len(second.written)) == (len(DAYS), 0) == (30, 0)


def test_the_second_delivery_is_late_rewritten_and_resent_and_lands_once(tmp_path: Path) -> None:
    write_first_delivery(tmp_path, customers=80)
    before = (tmp_path / f"customers/dt={REWRITTEN_DAY}/customers.csv").read_bytes()

    first, second = write_second_delivery(tmp_path, customers=80), write_second_delivery(tmp_path, customers=80)

    assert (len(first.written), len(second.written)) == (3, 0)
    assert (tmp_path / f"customers/dt={REWRITTEN_DAY}/customers.csv").read_bytes() != before
    assert len(write_first_delivery(tmp_path, customers=80).written) == 0


def test_bad_rows_of_each_kind_are_there() -> None:
    text = b"".join(render_csv(rows) for _, rows in customer_days(80)).decode()

    for sign in (",X,", "12.3.4", "cut off", "yesterday", "\n,U,"):
        assert sign in text
