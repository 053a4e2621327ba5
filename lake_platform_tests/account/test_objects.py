"""S3 itself: conditional writes, versions, keys, encryption."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lake_platform.aws.resources import s3_client
from lake_platform.lake.store import ObjectInfo
from lake_platform.lake.stores.s3 import S3Store
from lake_platform_tests.account.account import Account
from lake_platform_tests.lake.test_store import PLAIN_KEYS

WRITERS = 16


def listed(store: S3Store, prefix: str) -> list[ObjectInfo]:
    return [found for found in store.list(prefix) if isinstance(found, ObjectInfo)]


@pytest.fixture
def store(account: Account) -> S3Store:
    return S3Store(s3_client, account.bucket())


def test_of_many_who_write_a_document_at_once_one_wins(account: Account, store: S3Store) -> None:
    key = f"{account.unique}/000001.json"

    with ThreadPoolExecutor(WRITERS) as pool:
        won = list(pool.map(lambda number: store.put_if_absent(key, str(number).encode()), range(WRITERS)))

    assert won.count(True) == 1
    assert store.read(key) == str(won.index(True)).encode()
    assert not store.put_if_absent(key, b"late")


def test_a_rewritten_object_has_another_identity(account: Account, store: S3Store) -> None:
    key = f"{account.unique}/a.csv"
    identities: list[str] = []
    for content in (b"one", b"two", b"one"):
        store.put(key, content)
        (found,) = listed(store, f"{account.unique}/")
        identities.append(found.identity)

    # Without versions an identity is ETag and size: the same bytes again are the same object.
    assert len(set(identities)) == (3 if store.keeps_versions() else 2)


@pytest.mark.parametrize("key", PLAIN_KEYS)
def test_a_key_comes_back_as_it_was_given(account: Account, store: S3Store, key: str) -> None:
    store.put(f"{account.unique}/{key}", b"content")

    assert [found.key for found in listed(store, f"{account.unique}/")] == [f"{account.unique}/{key}"]
    assert store.read(f"{account.unique}/{key}") == b"content"


def test_listings_of_more_than_a_page_are_whole(account: Account, store: S3Store) -> None:
    keys = [f"{account.unique}/{number:05}" for number in range(1005)]
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda key: store.put(key, b""), keys))

    assert [found.key for found in listed(store, f"{account.unique}/")] == keys


def test_what_the_platform_writes_is_encrypted_with_the_key(account: Account) -> None:
    bucket, key = account.bucket(), account.value("LAKE_TEST_AWS_KMS_KEY")
    name = f"{account.unique}/secret"

    assert S3Store(s3_client, bucket, kms_key=key).put_if_absent(name, b"content")

    told = account.client("s3").head_object(Bucket=bucket, Key=name)
    assert (told["ServerSideEncryption"], told["SSEKMSKeyId"]) == ("aws:kms", key)
