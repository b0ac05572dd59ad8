"""The tables of the store, their version, and the steps from older versions.

The tables are documented for users in docs/report.md.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.dialects.mysql import DATETIME

from detector.errors import StoreError
from detector.people.states import State

if TYPE_CHECKING:
    from sqlalchemy import Dialect

VERSION = 5
Step = Callable[[Connection], object]
# STEPS[n] takes the tables of version n to n + 1. A step that was released is never changed again; it names tables and
# columns in SQL of its own, because the definitions below are those of the newest version.
STEPS: dict[int, Step] = {
    1: lambda to: to.exec_driver_sql("ALTER TABLE deliveries ADD COLUMN run VARCHAR(32) NOT NULL DEFAULT ''"),
    # Null in minutes of before: they do not say for how long people were in view.
    2: lambda to: _add_columns(
        to,
        "minutes",
        "DOUBLE PRECISION",
        (
            "with_mask_seconds",
            "without_mask_seconds",
            "mask_worn_incorrectly_seconds",
            "undecided_seconds",
            "not_known_seconds",
        ),
    ),
    3: lambda to: _add_clips(to),
    4: lambda to: _crossings(MetaData()).create(to),
}


def _add_columns(connection: Connection, table: str, kind: str, names: Sequence[str]) -> None:
    for name in names:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")


def _add_clips(connection: Connection) -> None:
    for table in ("events", "alerts"):
        _add_columns(connection, table, "TEXT", ("clip",))


_LOCK = 0x6D61736B  # any number, the same in all programs that share a PostgreSQL store


class UtcTime(TypeDecorator[datetime]):
    """Timezone-aware datetimes, kept in UTC."""

    # SQLite keeps text without a time zone, which sorts as the times do and which every tool can read.
    impl = DateTime(timezone=True).with_variant(DATETIME(fsp=6), "mysql", "mariadb")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: "Dialect") -> datetime | None:
        """Convert to UTC; a time without a zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: "Dialect") -> datetime | None:
        """Give the time with the zone UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# MySQL indexes no texts of any length.
_Name = Text().with_variant(String(255), "mysql", "mariadb")
_Id = BigInteger().with_variant(Integer, "sqlite")
_Picture = LargeBinary().with_variant(LargeBinary(2**24 - 1), "mysql", "mariadb")


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


PERSON_SECONDS = (*(f"{state}_seconds" for state in State), "not_known_seconds")
"""The columns of a minute with person-seconds: by state, and not known."""

metadata = MetaData()

schema = Table("mask_detector_schema", metadata, Column("version", Integer, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("started", UtcTime, nullable=False),
    Column("written", UtcTime, nullable=False),  # when the last batch was
    Column("ended", UtcTime),  # null: running, or killed
    Column("program", Text, nullable=False),
    Column("batch", BigInteger, nullable=False),  # number of the last batch, so that none is written twice
    Column("dropped", BigInteger, nullable=False),  # rows lost because the store could not be written to
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("time", UtcTime, nullable=False, index=True),
    Column("jpeg", _Picture, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("run", String(32), nullable=False),
    Column("camera", _Name, nullable=False),
    Column("time", UtcTime, nullable=False, index=True),
    Column("track_id", Integer, nullable=False),
    Column("before", String(32), nullable=False),
    Column("after", String(32), nullable=False),
    Column("confidence", Double, nullable=False),
    *(Column(name, Double, nullable=False) for name in ("x1", "y1", "x2", "y2")),
    Column("snapshot", ForeignKey(snapshots.c.id)),
    Column("clip", Text),  # the path of a video
)

minutes = Table(
    "minutes",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("run", String(32), nullable=False),
    Column("camera", _Name, nullable=False),
    Column("minute", UtcTime, nullable=False, index=True),
    *(_count(name) for name in ("people", *State, "frames")),
    Column("seconds_up", Double, nullable=False),
    *(Column(name, Double) for name in PERSON_SECONDS),  # null in rows that version 0.1 wrote
    UniqueConstraint("run", "camera", "minute"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("run", String(32), nullable=False),
    Column("camera", _Name, nullable=False),
    Column("time", UtcTime, nullable=False, index=True),
    Column("rule", Text, nullable=False),
    Column("message", Text, nullable=False),
    *(_count(name) for name in ("people", *State)),
    Column("snapshot", ForeignKey(snapshots.c.id)),
    Column("clip", Text),
)


def _crossings(of: MetaData) -> Table:
    """The table of crossings. Step 4 makes it so: when its columns change, that step needs a copy of this."""
    return Table(
        "crossings",
        of,
        Column("id", _Id, primary_key=True),
        Column("run", String(32), nullable=False),
        Column("camera", _Name, nullable=False),
        Column("time", UtcTime, nullable=False, index=True),
        Column("line", _Name, nullable=False),
        Column("direction", String(8), nullable=False),
        Column("track_id", Integer, nullable=False),
        Column("state", String(32), nullable=False),
    )


crossings = _crossings(metadata)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("alert", ForeignKey(alerts.c.id), nullable=False),
    Column("sink", _Name, nullable=False),
    Column("run", String(32), nullable=False),  # the run that delivers it: first the one that raised it
    Column("status", String(16), nullable=False),
    _count("attempts"),
    Column("error", Text),
    Column("time", UtcTime, nullable=False),  # of the last attempt; before the first one, of the alert
    UniqueConstraint("alert", "sink"),
    Index("deliveries_by_status", "sink", "status"),
)


def prepare(connection: Connection, name: str, *, version: int = VERSION, steps: Mapping[int, Step] = STEPS) -> None:
    """Make the tables in an empty database, or bring those of an older version up to date.

    Args:
        connection: In a transaction; nothing changes if it is undone.
        name: The database, for errors.
        version: The version of the tables above.
        steps: The steps that lead to it.

    Raises:
        StoreError: The tables are of a newer version, or tables of these names belong to something else.
    """
    one_at_a_time(connection)
    found = version_of(connection, name)
    if found is None:
        taken = set(inspect(connection).get_table_names()) & set(metadata.tables)
        if taken:
            raise StoreError(name, f"has tables of something else: {', '.join(sorted(taken))}", "an empty database")
        metadata.create_all(connection)
        connection.execute(insert(schema).values(version=version))
        return
    if found > version:
        raise too_new(name, found, version)
    for number in range(found, version):
        steps[number](connection)
    if found < version:
        connection.execute(update(schema).values(version=version))


def one_at_a_time(connection: Connection) -> None:
    """Take a lock that only one transaction of all programs can hold; it is released at the end of the transaction."""
    if connection.dialect.name == "postgresql":  # SQLite's writers wait for each other anyway
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def version_of(connection: Connection, name: str) -> int | None:
    """The version of the tables in a database; None where there are none of ours.

    Raises:
        StoreError: There is a table of versions that holds no version.
    """
    if not inspect(connection).has_table(schema.name):
        return None
    found: Any = connection.scalar(select(schema.c.version))
    if not isinstance(found, int):
        raise StoreError(name, f"an empty table {schema.name}", "a store of events")
    return found


def too_new(name: str, found: int, version: int = VERSION) -> StoreError:
    """The error for a store of a version that only a newer program understands."""
    return StoreError(name, f"tables of version {found}", f"version {version} or older: update mask-detector")
