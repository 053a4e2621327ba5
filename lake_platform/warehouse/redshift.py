"""The resource: how to reach Redshift, transactions, and another try where that may pass."""

import random
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import dagster as dg
from pydantic import Field

from lake_platform.errors import LakeError, WarehouseAccessError, WarehouseConflictError, WarehouseConnectionError
from lake_platform.warehouse.names import quote_literal
from lake_platform.warehouse.session import Session, translated

if TYPE_CHECKING:
    import redshift_connector

T = TypeVar("T")
PASSING = (WarehouseConflictError, WarehouseConnectionError)
"""What `run` tries again. A superseded batch is transient too, but needs a new plan, not the same transaction again."""
LONGEST_PAUSE = 10.0


class RedshiftResource(dg.ConfigurableResource[Any]):
    """Amazon Redshift through redshift-connector. Nothing is opened before a statement is to be run."""

    host: str | None = Field(default=None, description="Host of the cluster or workgroup; with IAM it may be left out.")
    port: int = Field(default=5439, description="Port of the cluster or workgroup.")
    database: str = Field(default="dev", description="The database that holds staging and targets.")
    user: str | None = Field(default=None, description="Database user; leave it out with IAM.")
    password: str | None = Field(default=None, repr=False, description="Password of the user; leave it out with IAM.")
    ssl: bool = Field(default=True, description="Encrypt the connection. IAM needs it.")
    sslmode: str = Field(
        default="verify-full", description="verify-ca or verify-full: what is checked of the certificate."
    )
    iam: bool = Field(default=False, description="Get temporary credentials from IAM instead of using a password.")
    region: str | None = Field(default=None, description="AWS region of the warehouse, for IAM.")
    profile: str | None = Field(
        default=None, description="AWS profile that asks for credentials; default: boto3's own chain."
    )
    cluster_identifier: str | None = Field(default=None, description="Name of a provisioned cluster, for IAM.")
    db_user: str | None = Field(
        default=None, description="Database user that IAM credentials are asked for (clusters)."
    )
    db_groups: list[str] = Field(default=[], description="Database groups that the IAM user joins for the session.")
    auto_create: bool = Field(default=False, description="Create `db_user` if it does not exist (clusters, IAM).")
    serverless_work_group: str | None = Field(default=None, description="Name of a Serverless workgroup, for IAM.")
    serverless_acct_id: str | None = Field(default=None, description="AWS account of the Serverless workgroup.")
    tcp_keepalive: bool = Field(
        default=True, description="Keep idle connections alive: a long COPY sends nothing back."
    )
    tcp_keepalive_idle: int | None = Field(default=60, description="Seconds of silence before the first keepalive.")
    tcp_keepalive_interval: int | None = Field(default=15, description="Seconds between keepalives.")
    tcp_keepalive_count: int | None = Field(
        default=8, description="Unanswered keepalives after which the connection is dead."
    )
    application_name: str = Field(
        default="lake_platform", description="How the connection names itself in Redshift's logs."
    )
    copy_iam_role: str = Field(
        default="default",
        description="ARN of the role with which COPY reads the lake; `default` is the warehouse's own.",
    )

    @contextmanager
    def transaction(self, *, query_group: str) -> Generator[Session]:
        """A connection of its own inside BEGIN … COMMIT; any exception rolls back.

        Args:
            query_group: how Redshift's logs and queues name these statements, such as the asset's name.
        """
        with self._connected(query_group) as connection:
            session = Session(connection, in_transaction=True)
            session.execute("BEGIN")
            try:
                yield session
            except BaseException:
                with suppress(LakeError):
                    session.execute("ROLLBACK")
                raise
            session.execute("COMMIT")

    @contextmanager
    def autocommit(self, *, query_group: str) -> Generator[Session]:
        """A connection on which every statement commits by itself: for DDL and for queries."""
        with self._connected(query_group) as connection:
            yield Session(connection, in_transaction=False)

    def run(self, work: Callable[[Session], T], *, query_group: str, attempts: int = 5) -> T:
        """Runs `work` in a transaction, again with growing pauses where another try may pass.

        A connection that is lost during COMMIT leaves open whether the transaction was kept. Trying again is right all
        the same: what the platform does in a transaction is idempotent, by the token in the ledger or in staging.

        Raises:
            WarehouseConflictError: in the way at the last attempt too.
            WarehouseConnectionError: lost at the last attempt too.
        """
        return self._again(lambda: self._once(work, query_group), attempts)

    def run_autocommit(self, work: Callable[[Session], T], *, query_group: str, attempts: int = 5) -> T:
        """As `run`, with statements that commit one by one; `work` must find its way from any point between them."""

        def once() -> T:
            with self.autocommit(query_group=query_group) as session:
                return work(session)

        return self._again(once, attempts)

    def _once(self, work: Callable[[Session], T], query_group: str) -> T:
        with self.transaction(query_group=query_group) as session:
            return work(session)

    def _again(self, once: Callable[[], T], attempts: int) -> T:
        for attempt in range(1, attempts):
            try:
                return once()
            except PASSING as error:
                pause = random.uniform(0.5, 1.0) * min(LONGEST_PAUSE, 0.1 * 2**attempt)
                dg.get_dagster_logger().warning(
                    f"{error} Attempt {attempt} of {attempts}; the next one in {pause:.1f} s."
                )
                time.sleep(pause)
        return once()

    @contextmanager
    def _connected(self, query_group: str) -> "Generator[redshift_connector.Connection]":
        connection = self._connect()
        try:
            Session(connection, in_transaction=False).execute(f"SET query_group TO {quote_literal(query_group)}")
            yield connection
        finally:
            # Of a connection that is gone the driver says so once more.
            with suppress(LakeError), translated():
                connection.close()

    def _connect(self) -> "redshift_connector.Connection":
        import redshift_connector
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            with translated():
                connection = redshift_connector.connect(**self._connect_arguments())
        except ClientError as error:
            raise WarehouseAccessError(str(error)) from error
        except BotoCoreError as error:
            raise WarehouseConnectionError(str(error)) from error
        # Transactions are opened in plain sight, by BEGIN.
        connection.autocommit = True
        return connection

    def _connect_arguments(self) -> dict[str, Any]:
        """What `redshift_connector.connect` is called with. A subclass that starts its own endpoint overrides this."""
        arguments = self.model_dump(exclude={"copy_iam_role"}, exclude_none=True)
        if not self.ssl:
            arguments.pop("sslmode")
        if self.serverless_work_group:
            arguments["is_serverless"] = True
        # Redshift does not plan a prepared statement again when a temporary table was made anew under its name.
        return {**arguments, "max_prepared_statements": 0}
