CREATE TABLE workflows (
  id                UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
  user_id           UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,

  name              VARCHAR(255) NOT NULL,
  description       TEXT,
  version           INTEGER NOT NULL DEFAULT 1,

  definition        JSONB NOT NULL,
  parameters        JSONB DEFAULT '{}',
  environment_vars  JSONB DEFAULT '{}',                  -- encrypted by the application

  triggers          JSONB DEFAULT '[]',                  -- [{type: 'schedule|webhook|event', config}]

  tags              TEXT[] DEFAULT '{}',
  is_active         BOOLEAN DEFAULT TRUE,
  is_template       BOOLEAN DEFAULT FALSE,

  created_at        TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  updated_at        TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  deleted_at        TIMESTAMPTZ,

  CONSTRAINT uq_workflow_name_version UNIQUE (user_id, name, version)
);

CREATE INDEX idx_workflows_user_id ON workflows (user_id);
CREATE INDEX idx_workflows_name ON workflows (name);
CREATE INDEX idx_workflows_tags ON workflows USING GIN (tags);
CREATE INDEX idx_workflows_active ON workflows (is_active) WHERE deleted_at IS NULL;
CREATE INDEX idx_workflows_template ON workflows (is_template) WHERE is_template = TRUE;

COMMENT ON TABLE workflows IS 'Workflow definitions and configurations';
COMMENT ON COLUMN workflows.definition IS 'Workflow DAG: {steps: [{id, type, config, dependencies}]}';

CREATE TABLE workflow_executions (
  id                 UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
  workflow_id        UUID NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
  user_id            UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,

  status             execution_status NOT NULL DEFAULT 'queued',
  parameters         JSONB DEFAULT '{}',
  environment        JSONB DEFAULT '{}',

  trigger_type       VARCHAR(50),                        -- manual, schedule, webhook, event
  trigger_source     JSONB,

  current_step       VARCHAR(255),
  completed_steps    TEXT[] DEFAULT '{}',
  failed_steps       TEXT[] DEFAULT '{}',

  outputs            JSONB,
  error_message      TEXT,
  error_stack        TEXT,

  total_duration_ms  INTEGER,
  steps_executed     INTEGER DEFAULT 0,

  queued_at          TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  started_at         TIMESTAMPTZ,
  completed_at       TIMESTAMPTZ,
  cancelled_at       TIMESTAMPTZ,

  CONSTRAINT chk_execution_timing CHECK (
    (started_at IS NULL OR started_at >= queued_at)
    AND (completed_at IS NULL OR completed_at >= started_at)
  )
);

CREATE INDEX idx_workflow_executions_workflow_id ON workflow_executions (workflow_id);
CREATE INDEX idx_workflow_executions_user_id ON workflow_executions (user_id);
CREATE INDEX idx_workflow_executions_status ON workflow_executions (status);
CREATE INDEX idx_workflow_executions_queued_at ON workflow_executions (queued_at DESC);
CREATE INDEX idx_workflow_executions_trigger_type ON workflow_executions (trigger_type);

COMMENT ON TABLE workflow_executions IS 'Individual workflow execution instances';

CREATE TABLE step_executions (
  id                     UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
  workflow_execution_id  UUID NOT NULL REFERENCES workflow_executions (id) ON DELETE CASCADE,

  step_id                VARCHAR(255) NOT NULL,          -- of the workflow's definition
  step_name              VARCHAR(255) NOT NULL,
  step_type              VARCHAR(100) NOT NULL,          -- test, deploy, query, webhook …

  status                 execution_status NOT NULL DEFAULT 'queued',
  inputs                 JSONB,
  outputs                JSONB,

  retry_count            INTEGER DEFAULT 0,
  max_retries            INTEGER DEFAULT 3,
  error_message          TEXT,

  duration_ms            INTEGER,

  queued_at              TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  started_at             TIMESTAMPTZ,
  completed_at           TIMESTAMPTZ
);

CREATE INDEX idx_step_executions_workflow_execution ON step_executions (workflow_execution_id);
CREATE INDEX idx_step_executions_status ON step_executions (status);
CREATE INDEX idx_step_executions_step_id ON step_executions (step_id);

COMMENT ON TABLE step_executions IS 'Individual step executions within workflows';
