CREATE TABLE conversations (
  id                UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
  session_id        UUID REFERENCES sessions (id) ON DELETE SET NULL,
  user_id           UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,

  title             VARCHAR(500),
  description       TEXT,
  tags              TEXT[] DEFAULT '{}',

  context_snapshot  JSONB DEFAULT '{}',                  -- the context it began with
  system_prompt     TEXT,
  model_config      JSONB DEFAULT '{}',

  message_count     INTEGER DEFAULT 0,                   -- this and total_tokens are kept by a trigger on messages
  total_tokens      INTEGER DEFAULT 0,
  total_cost_cents  INTEGER DEFAULT 0,

  started_at        TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  last_message_at   TIMESTAMPTZ,
  ended_at          TIMESTAMPTZ,

  created_at        TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  updated_at        TIMESTAMPTZ NOT NULL DEFAULT NOW(),
  archived_at       TIMESTAMPTZ
);

CREATE INDEX idx_conversations_user_id ON conversations (user_id);
CREATE INDEX idx_conversations_session_id ON conversations (session_id);
CREATE INDEX idx_conversations_started_at ON conversations (started_at DESC);
CREATE INDEX idx_conversations_tags ON conversations USING GIN (tags);
CREATE INDEX idx_conversations_archived ON conversations (archived_at) WHERE archived_at IS NOT NULL;

COMMENT ON TABLE conversations IS 'Conversation threads with context and metadata';
COMMENT ON COLUMN conversations.model_config IS 'LLM config: {model, temperature, max_tokens, top_p}';

CREATE TABLE messages (
  id                 UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
  conversation_id    UUID NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,

  role               VARCHAR(20) NOT NULL,
  content            TEXT NOT NULL,
  content_type       VARCHAR(50) DEFAULT 'text',         -- text, code, markdown, json

  model              VARCHAR(100),                       -- of assistant messages
  tokens_used        INTEGER DEFAULT 0,
  latency_ms         INTEGER,

  tool_calls         JSONB,
  tool_results       JSONB,

  parent_message_id  UUID REFERENCES messages (id) ON DELETE SET NULL,
  sequence_number    INTEGER NOT NULL,

  feedback_rating    INTEGER CHECK (feedback_rating BETWEEN 1 AND 5),
  feedback_comment   TEXT,

  created_at         TIMESTAMPTZ NOT NULL DEFAULT NOW(),

  CONSTRAINT chk_role CHECK (role IN ('user', 'assistant', 'system', 'tool'))
);

CREATE INDEX idx_messages_conversation_id ON messages (conversation_id);
CREATE INDEX idx_messages_created_at ON messages (created_at DESC);
CREATE INDEX idx_messages_sequence ON messages (conversation_id, sequence_number);
CREATE INDEX idx_messages_role ON messages (role);
CREATE INDEX idx_messages_parent ON messages (parent_message_id) WHERE parent_message_id IS NOT NULL;

COMMENT ON TABLE messages IS 'Individual messages within conversations';
COMMENT ON COLUMN messages.tool_calls IS 'Tool calls: [{name, arguments, id}]';
COMMENT ON COLUMN messages.tool_results IS 'Tool results: [{tool_call_id, result, error}]';
