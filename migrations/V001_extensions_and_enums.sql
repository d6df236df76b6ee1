-- What the rest of the schema stands on: extensions and enumerated types.

-- An extension that is already there belongs to somebody else. Those created here carry a mark,
-- so that the rollback removes exactly them.
DO $extensions$
DECLARE
  wanted TEXT;
BEGIN
  FOREACH wanted IN ARRAY ARRAY[
    'uuid-ossp',           -- uuid_generate_v4()
    'pgcrypto',            -- hashing and encryption for the application
    'pg_stat_statements',  -- answers only where it is in shared_preload_libraries
    'pg_trgm'              -- fuzzy text search
  ] LOOP
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = wanted) THEN
      EXECUTE format('CREATE EXTENSION %I WITH SCHEMA public', wanted);
      EXECUTE format('COMMENT ON EXTENSION %I IS %L', wanted, 'created by migration V001 of llm_copilot_agent');
    END IF;
  END LOOP;
END;
$extensions$;

CREATE TYPE user_role AS ENUM ('admin', 'developer', 'operator', 'viewer');
CREATE TYPE user_status AS ENUM ('active', 'inactive', 'suspended', 'pending');
CREATE TYPE session_status AS ENUM ('active', 'idle', 'terminated', 'expired');
CREATE TYPE workflow_status AS ENUM ('pending', 'running', 'completed', 'failed', 'cancelled', 'paused');
CREATE TYPE execution_status AS ENUM ('queued', 'running', 'success', 'failed', 'timeout', 'cancelled');
CREATE TYPE incident_severity AS ENUM ('critical', 'high', 'medium', 'low', 'info');
CREATE TYPE incident_status AS ENUM ('open', 'acknowledged', 'investigating', 'resolved', 'closed');
CREATE TYPE audit_action AS ENUM ('create', 'read', 'update', 'delete', 'execute', 'login', 'logout');
