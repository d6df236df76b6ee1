-- The audit trail, one partition a month, months in UTC.

-- No foreign keys: a row outlives the user and the session it names, unchanged, and dropping an old month
-- never locks `users`. The key holds created_at because a partitioned key has to hold the partition column.
CREATE TABLE audit_logs (
  id             BIGSERIAL,

  user_id        UUID,                                   -- the actor
  session_id     UUID,

  action         audit_action NOT NULL,
  resource_type  VARCHAR(100) NOT NULL,                  -- a table's name, or user, workflow, incident …
  resource_id    UUID,

  description    TEXT,
  changes        JSONB,                                  -- {before: {}, after: {}}, secrets masked
  metadata       JSONB DEFAULT '{}',

  ip_address     INET,
  user_agent     TEXT,

  success        BOOLEAN NOT NULL DEFAULT TRUE,
  error_message  TEXT,

  created_at     TIMESTAMPTZ NOT NULL DEFAULT NOW(),

  PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);

CREATE INDEX idx_audit_logs_user_id ON audit_logs (user_id, created_at DESC);
CREATE INDEX idx_audit_logs_resource ON audit_logs (resource_type, resource_id, created_at DESC);
CREATE INDEX idx_audit_logs_action ON audit_logs (action, created_at DESC);
CREATE INDEX idx_audit_logs_created_at ON audit_logs (created_at DESC);

COMMENT ON TABLE audit_logs IS 'Comprehensive audit trail with 1-year retention (partitioned monthly)';

-- A net for rows of months that nobody made; it has to stay empty, because every new month scans it under a lock.
CREATE TABLE audit_logs_default PARTITION OF audit_logs DEFAULT;

-- Makes the month that holds partition_date; does nothing when it is there.
-- Built apart and attached: PARTITION OF would lock the parent against readers. The bounds carry their offset, because
-- a bare date is midnight in the session's time zone, and months made in two zones overlap or leave a hole.
CREATE FUNCTION create_audit_logs_partition(partition_date DATE) RETURNS VOID
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET timezone = 'UTC'
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
  partition_name TEXT := 'audit_logs_' || to_char(partition_date, 'YYYY_MM');
  start_date DATE := date_trunc('month', partition_date)::DATE;
  end_date DATE := (start_date + INTERVAL '1 month')::DATE;
BEGIN
  IF partition_date IS NULL THEN
    RAISE EXCEPTION 'partition_date is null' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF EXISTS (
    SELECT FROM pg_inherits
    WHERE inhparent = 'audit_logs'::REGCLASS AND inhrelid = to_regclass(quote_ident(partition_name))
  ) THEN
    RAISE NOTICE 'Partition is there: %', partition_name;
    RETURN;
  END IF;

  EXECUTE format('CREATE TABLE %I (LIKE audit_logs INCLUDING ALL EXCLUDING IDENTITY)', partition_name);
  EXECUTE format(
    'ALTER TABLE audit_logs ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    partition_name,
    start_date || ' 00:00:00+00',
    end_date || ' 00:00:00+00'
  );
  RAISE NOTICE 'Created partition: %', partition_name;
END;
$$;

-- Drops the months that ended at least retention_months before the current month began, in UTC.
-- Children and bounds are read from the catalogue: a table is not a partition because of its name.
CREATE FUNCTION drop_old_audit_logs_partitions(retention_months INTEGER DEFAULT 12) RETURNS VOID
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET timezone = 'UTC'
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
  old_partition REGCLASS;
  cutoff TIMESTAMPTZ := date_trunc('month', NOW()) - make_interval(months => retention_months);
BEGIN
  IF retention_months IS NULL OR retention_months < 1 THEN
    RAISE EXCEPTION 'retention_months is %, the least is 1', coalesce(retention_months::TEXT, 'null')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;

  FOR old_partition IN
    SELECT child.oid::REGCLASS
    FROM pg_inherits
    JOIN pg_class AS child ON child.oid = inhrelid
    -- The DEFAULT partition and an open upper end have no such text, so they never match.
    WHERE inhparent = 'audit_logs'::REGCLASS
      AND substring(pg_get_expr(child.relpartbound, child.oid) FROM $re$ TO \('([^']+)'\)$re$)::TIMESTAMPTZ <= cutoff
    ORDER BY child.relname
  LOOP
    EXECUTE format('DROP TABLE %s', old_partition);
    RAISE NOTICE 'Dropped old partition: %', old_partition;
  END LOOP;
END;
$$;

-- The months the schema was designed in, then the current one and three to come, so that the net stays empty from the first row.
SELECT create_audit_logs_partition('2025-11-01');
SELECT create_audit_logs_partition('2025-12-01');
SELECT create_audit_logs_partition((date_trunc('month', NOW() AT TIME ZONE 'UTC') + make_interval(months => ahead))::DATE)
FROM generate_series(0, 3) AS ahead;
