"""The queue of arrivals: SQS, in batches of ten."""

from collections.abc import Iterator, Sequence
from typing import Any

from lake_platform.aws.calls import AwsCalls
from lake_platform.lake.hints import QueueMessage

BATCH = 10
MOST_BATCHES = 50
"""Of one look into the queue, so that a tick stays short."""


class SqsQueue:
    """One queue; how often a message may come back before it is put aside is the queue's own setting."""

    def __init__(self, sqs: AwsCalls, url: str) -> None:
        self._sqs, self._url = sqs, url

    def receive(self, *, most: int, invisible: int) -> Sequence[QueueMessage]:
        """As `MessageQueue.receive`."""
        found: list[QueueMessage] = []
        for _ in range(MOST_BATCHES):
            wanted = min(BATCH, most - len(found))
            if wanted <= 0:
                break
            answer = self._sqs.call(
                "receive_message",
                QueueUrl=self._url,
                MaxNumberOfMessages=wanted,
                VisibilityTimeout=invisible,
                # All servers of the queue are asked only if the call may wait.
                WaitTimeSeconds=0 if found else 1,
            )
            messages: list[dict[str, Any]] = answer.get("Messages", [])
            found += [QueueMessage(each["ReceiptHandle"], each["Body"]) for each in messages]
            if len(messages) < wanted:
                break
        return found

    def extend(self, receipts: Sequence[str], *, invisible: int) -> None:
        """As `MessageQueue.extend`; a message that has come back meanwhile is not ours any more."""
        for batch in _batches(receipts):
            entries = [{**entry, "VisibilityTimeout": invisible} for entry in batch]
            self._sqs.call("change_message_visibility_batch", QueueUrl=self._url, Entries=entries)

    def delete(self, receipts: Sequence[str]) -> None:
        """As `MessageQueue.delete`; one that could not be deleted comes back."""
        for batch in _batches(receipts):
            self._sqs.call("delete_message_batch", QueueUrl=self._url, Entries=batch)


def _batches(receipts: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(receipts), BATCH):
        batch = receipts[start : start + BATCH]
        yield [{"Id": str(number), "ReceiptHandle": receipt} for number, receipt in enumerate(batch)]
