"""The tables of mask-detector 0.1 in PostgreSQL, as it made them, with a row in each."""

STATEMENTS = (
    "CREATE TABLE mask_detector_schema (version INTEGER NOT NULL)",
    """CREATE TABLE minutes (
        id BIGSERIAL PRIMARY KEY, run VARCHAR(32) NOT NULL, camera TEXT NOT NULL,
        minute TIMESTAMP WITH TIME ZONE NOT NULL, people INTEGER NOT NULL, with_mask INTEGER NOT NULL,
        without_mask INTEGER NOT NULL, mask_worn_incorrectly INTEGER NOT NULL, undecided INTEGER NOT NULL,
        frames INTEGER NOT NULL, seconds_up DOUBLE PRECISION NOT NULL, UNIQUE (run, camera, minute))""",
    """CREATE TABLE runs (
        id VARCHAR(32) PRIMARY KEY, started TIMESTAMP WITH TIME ZONE NOT NULL,
        written TIMESTAMP WITH TIME ZONE NOT NULL, ended TIMESTAMP WITH TIME ZONE, program TEXT NOT NULL,
        batch BIGINT NOT NULL, dropped BIGINT NOT NULL)""",
    """CREATE TABLE snapshots (
        id BIGSERIAL PRIMARY KEY, time TIMESTAMP WITH TIME ZONE NOT NULL, jpeg BYTEA NOT NULL)""",
    """CREATE TABLE alerts (
        id VARCHAR(32) PRIMARY KEY, run VARCHAR(32) NOT NULL, camera TEXT NOT NULL,
        time TIMESTAMP WITH TIME ZONE NOT NULL, rule TEXT NOT NULL, message TEXT NOT NULL, people INTEGER NOT NULL,
        with_mask INTEGER NOT NULL, without_mask INTEGER NOT NULL, mask_worn_incorrectly INTEGER NOT NULL,
        undecided INTEGER NOT NULL, snapshot BIGINT REFERENCES snapshots (id))""",
    """CREATE TABLE events (
        id BIGSERIAL PRIMARY KEY, run VARCHAR(32) NOT NULL, camera TEXT NOT NULL,
        time TIMESTAMP WITH TIME ZONE NOT NULL, track_id INTEGER NOT NULL, before VARCHAR(32) NOT NULL,
        after VARCHAR(32) NOT NULL, confidence DOUBLE PRECISION NOT NULL, x1 DOUBLE PRECISION NOT NULL,
        y1 DOUBLE PRECISION NOT NULL, x2 DOUBLE PRECISION NOT NULL, y2 DOUBLE PRECISION NOT NULL,
        snapshot BIGINT REFERENCES snapshots (id))""",
    """CREATE TABLE deliveries (
        id BIGSERIAL PRIMARY KEY, alert VARCHAR(32) NOT NULL REFERENCES alerts (id), sink TEXT NOT NULL,
        run VARCHAR(32) NOT NULL, status VARCHAR(16) NOT NULL, attempts INTEGER NOT NULL, error TEXT,
        time TIMESTAMP WITH TIME ZONE NOT NULL, UNIQUE (alert, sink))""",
    "CREATE INDEX ix_minutes_minute ON minutes (minute)",
    *(f"CREATE INDEX ix_{table}_time ON {table} (time)" for table in ("snapshots", "alerts", "events")),
    "CREATE INDEX deliveries_by_status ON deliveries (sink, status)",
    "INSERT INTO mask_detector_schema VALUES (2)",
    "INSERT INTO runs VALUES ('old', '2026-01-05 12:00Z', '2026-01-05 12:02Z', '2026-01-05 12:02Z', '0.1', 1, 0)",
    "INSERT INTO minutes VALUES (DEFAULT, 'old', 'door', '2026-01-05 12:00Z', 2, 1, 1, 0, 0, 600, 60)",
    "INSERT INTO snapshots VALUES (DEFAULT, '2026-01-05 12:00:05Z', 'jpeg')",
    """INSERT INTO events VALUES (
        DEFAULT, 'old', 'door', '2026-01-05 12:00:05Z', 7, 'undecided', 'without_mask', 0.9, 10, 20, 30, 40, 1)""",
    """INSERT INTO alerts VALUES (
        'a1', 'old', 'door', '2026-01-05 12:00:05Z', 'no mask', '1 person without a mask', 1, 1, 1, 0, 0, NULL)""",
    "INSERT INTO deliveries VALUES (DEFAULT, 'a1', 'ops', 'old', 'pending', 2, 'timed out', '2026-01-05 12:00:09Z')",
)
