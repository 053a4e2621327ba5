"""One account for each test; whatever it made is taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lake_platform_tests.account.account import Account

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.account)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """The account that the environment names."""
    account = Account()
    monkeypatch.setenv("AWS_REGION", account.value("LAKE_TEST_AWS_REGION"))
    yield account
    account.clean()
