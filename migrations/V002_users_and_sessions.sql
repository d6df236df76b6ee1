CREATE TABLE users (
  id                     UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
  email                  VARCHAR(255) NOT NULL UNIQUE,
  username               VARCHAR(100) NOT NULL UNIQUE,
  full_name              VARCHAR(255),
  password_hash          VARCHAR(255) NOT NULL,          -- bcrypt or argon2
  role                   user_role NOT NULL DEFAULT 'developer',
  status                 user_status NOT NULL DEFAULT 'pending',

  avatar_url             TEXT,
  timezone               VARCHAR(50) DEFAULT 'UTC',
  preferences            JSONB DEFAULT '{}',

  mfa_enabled            BOOLEAN DEFAULT FALSE,
  mfa_secret             VARCHAR(255),                   -- encrypted TOTP secret
  api_key_hash           VARCHAR(255),
  last_login_at          TIMESTAMPTZ,
  last_login_ip          INET,
  failed_login_attempts  INTEGER DEFAULT 0,
  locked_until           TIMESTAMPTZ,

  created_at             TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  updated_at             TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  deleted_at             TIMESTAMPTZ,                    -- set = deleted; the row stays

  CONSTRAINT chk_email_format CHECK (email ~* '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$'),
  CONSTRAINT chk_username_format CHECK (username ~* '^[a-z0-9_-]{3,100}$')
);

CREATE INDEX idx_users_email ON users (email) WHERE deleted_at IS NULL;
CREATE INDEX idx_users_username ON users (username) WHERE deleted_at IS NULL;
CREATE INDEX idx_users_role ON users (role) WHERE deleted_at IS NULL;
CREATE INDEX idx_users_status ON users (status) WHERE deleted_at IS NULL;
CREATE INDEX idx_users_api_key ON users (api_key_hash) WHERE api_key_hash IS NOT NULL;

COMMENT ON TABLE users IS 'User accounts with authentication and authorization';
COMMENT ON COLUMN users.preferences IS 'User-specific settings: {theme, notifications, default_project}';

CREATE TABLE sessions (
  id                  UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
  user_id             UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,

  token_hash          VARCHAR(255) NOT NULL UNIQUE,
  refresh_token_hash  VARCHAR(255) UNIQUE,
  status              session_status NOT NULL DEFAULT 'active',

  ip_address          INET NOT NULL,
  user_agent          TEXT,
  device_fingerprint  VARCHAR(255),

  context             JSONB DEFAULT '{}',

  created_at          TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  last_activity_at    TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  expires_at          TIMESTAMPTZ NOT NULL,
  terminated_at       TIMESTAMPTZ,

  CONSTRAINT chk_expires_after_created CHECK (expires_at > created_at)
);

CREATE INDEX idx_sessions_user_id ON sessions (user_id);
CREATE INDEX idx_sessions_token ON sessions (token_hash) WHERE status = 'active';
CREATE INDEX idx_sessions_status ON sessions (status);
CREATE INDEX idx_sessions_expires ON sessions (expires_at) WHERE status IN ('active', 'idle');
CREATE INDEX idx_sessions_last_activity ON sessions (last_activity_at) WHERE status = 'active';

COMMENT ON TABLE sessions IS 'User sessions with authentication tokens and context';
COMMENT ON COLUMN sessions.context IS 'Session context: {workspace_id, project_id, current_task}';
