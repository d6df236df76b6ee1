CREATE TABLE incidents (
  id                    UUID PRIMARY KEY DEFAULT uuid_generate_v4(),

  title                 VARCHAR(500) NOT NULL,
  description           TEXT,
  severity              incident_severity NOT NULL,
  status                incident_status NOT NULL DEFAULT 'open',

  source                VARCHAR(100) NOT NULL,           -- monitoring, user_report, automated, alert
  detection_method      VARCHAR(100),                    -- anomaly_detection, threshold, pattern_match

  affected_services     TEXT[] DEFAULT '{}',
  affected_users_count  INTEGER DEFAULT 0,
  blast_radius          JSONB,                           -- {regions: [], services: [], user_segments: []}

  assigned_to           UUID REFERENCES users (id) ON DELETE SET NULL,
  assigned_team         VARCHAR(100),

  metadata              JSONB DEFAULT '{}',              -- alert data, metrics, logs
  related_incidents     UUID[],

  root_cause            TEXT,
  resolution_notes      TEXT,
  remediation_steps     TEXT[],

  detected_at           TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  acknowledged_at       TIMESTAMPTZ,
  resolved_at           TIMESTAMPTZ,
  closed_at             TIMESTAMPTZ,

  created_at            TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  updated_at            TIMESTAMPTZ NOT NULL DEFAULT NOW(),

  CONSTRAINT chk_incident_timing CHECK (
    (acknowledged_at IS NULL OR acknowledged_at >= detected_at)
    AND (resolved_at IS NULL OR resolved_at >= detected_at)
    AND (closed_at IS NULL OR closed_at >= resolved_at)
  )
);

CREATE INDEX idx_incidents_severity ON incidents (severity) WHERE status NOT IN ('resolved', 'closed');
CREATE INDEX idx_incidents_status ON incidents (status);
CREATE INDEX idx_incidents_detected_at ON incidents (detected_at DESC);
CREATE INDEX idx_incidents_assigned_to ON incidents (assigned_to) WHERE assigned_to IS NOT NULL;
CREATE INDEX idx_incidents_affected_services ON incidents USING GIN (affected_services);
CREATE INDEX idx_incidents_related ON incidents USING GIN (related_incidents);

COMMENT ON TABLE incidents IS 'Production incidents with detection and resolution tracking';

CREATE TABLE runbooks (
  id                  UUID PRIMARY KEY DEFAULT uuid_generate_v4(),

  name                VARCHAR(255) NOT NULL UNIQUE,
  description         TEXT,
  version             INTEGER NOT NULL DEFAULT 1,

  trigger_conditions  JSONB,                             -- {severity: [], services: [], patterns: []}

  steps               JSONB NOT NULL,                    -- [{step_num, title, action, automated, required_role}]

  is_automated        BOOLEAN DEFAULT FALSE,
  automation_config   JSONB,

  tags                TEXT[] DEFAULT '{}',
  owner_id            UUID REFERENCES users (id) ON DELETE SET NULL,

  execution_count     INTEGER DEFAULT 0,
  success_count       INTEGER DEFAULT 0,
  last_executed_at    TIMESTAMPTZ,

  created_at          TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  updated_at          TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  archived_at         TIMESTAMPTZ
);

CREATE INDEX idx_runbooks_name ON runbooks (name) WHERE archived_at IS NULL;
CREATE INDEX idx_runbooks_tags ON runbooks USING GIN (tags);
CREATE INDEX idx_runbooks_automated ON runbooks (is_automated) WHERE is_automated = TRUE;

COMMENT ON TABLE runbooks IS 'Incident response runbooks and playbooks';

CREATE TABLE runbook_executions (
  id               UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
  runbook_id       UUID NOT NULL REFERENCES runbooks (id) ON DELETE CASCADE,
  incident_id      UUID REFERENCES incidents (id) ON DELETE SET NULL,
  executed_by      UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,

  status           execution_status NOT NULL DEFAULT 'running',
  is_automated     BOOLEAN DEFAULT FALSE,

  current_step     INTEGER,
  completed_steps  INTEGER[] DEFAULT '{}',
  step_results     JSONB DEFAULT '[]',                   -- [{step_num, status, output, duration_ms}]

  success          BOOLEAN,
  notes            TEXT,

  started_at       TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  completed_at     TIMESTAMPTZ
);

CREATE INDEX idx_runbook_executions_runbook ON runbook_executions (runbook_id);
CREATE INDEX idx_runbook_executions_incident ON runbook_executions (incident_id);
CREATE INDEX idx_runbook_executions_started_at ON runbook_executions (started_at DESC);

COMMENT ON TABLE runbook_executions IS 'Runbook execution history and results';
