-- updated_at follows every update.
CREATE FUNCTION update_updated_at_column() RETURNS TRIGGER
LANGUAGE plpgsql
AS $$
BEGIN
  NEW.updated_at := NOW();
  RETURN NEW;
END;
$$;

CREATE TRIGGER update_users_updated_at
  BEFORE UPDATE ON users
  FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

CREATE TRIGGER update_conversations_updated_at
  BEFORE UPDATE ON conversations
  FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

CREATE TRIGGER update_workflows_updated_at
  BEFORE UPDATE ON workflows
  FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

CREATE TRIGGER update_incidents_updated_at
  BEFORE UPDATE ON incidents
  FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

CREATE TRIGGER update_runbooks_updated_at
  BEFORE UPDATE ON runbooks
  FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

-- A conversation counts its messages. An older message that arrives late does not move last_message_at back.
CREATE FUNCTION update_conversation_stats() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
  UPDATE conversations
  SET
    message_count = coalesce(message_count, 0) + 1,
    total_tokens = coalesce(total_tokens, 0) + coalesce(NEW.tokens_used, 0),
    last_message_at = greatest(last_message_at, NEW.created_at)
  WHERE id = NEW.conversation_id;
  RETURN NEW;
END;
$$;

CREATE TRIGGER update_conversation_stats_on_message
  AFTER INSERT ON messages
  FOR EACH ROW EXECUTE FUNCTION update_conversation_stats();

-- Replaces what must not be read in an audit trail, at any depth. A null stays null: that a secret is not set is no secret.
CREATE FUNCTION mask_audit_secrets(content JSONB) RETURNS JSONB
LANGUAGE plpgsql
IMMUTABLE
SET search_path = public, pg_temp
AS $$
BEGIN
  IF jsonb_typeof(content) = 'object' THEN
    RETURN (
      SELECT coalesce(jsonb_object_agg(
        key,
        CASE
          WHEN value = 'null'::JSONB THEN value
          WHEN key ~* '(_hash$|password|passwd|secret|api_?key|private_?key|credential|(^|_)token$|^environment(_vars)?$)'
            THEN '"[secret]"'::JSONB
          ELSE mask_audit_secrets(value)
        END
      ), '{}')
      FROM jsonb_each(content)
    );
  ELSIF jsonb_typeof(content) = 'array' THEN
    RETURN (
      SELECT coalesce(jsonb_agg(mask_audit_secrets(item) ORDER BY place), '[]')
      FROM jsonb_array_elements(content) WITH ORDINALITY AS element (item, place)
    );
  END IF;
  RETURN content;
END;
$$;

-- Writes one audit row for a changed row of any table: columns are looked up by name in its JSON, so a table
-- without user_id or with an id that is no UUID is audited too. The names of changed columns are kept in
-- metadata, since a masked value does not show that it changed.
CREATE FUNCTION create_audit_log() RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
  uuid_format CONSTANT TEXT := '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$';
  row_before JSONB := CASE WHEN TG_OP IN ('UPDATE', 'DELETE') THEN to_jsonb(OLD) END;
  row_after JSONB := CASE WHEN TG_OP IN ('INSERT', 'UPDATE') THEN to_jsonb(NEW) END;
  current_row JSONB := coalesce(row_after, row_before);
  actor TEXT := current_row ->> 'user_id';
  subject TEXT := current_row ->> 'id';
BEGIN
  INSERT INTO audit_logs (user_id, action, resource_type, resource_id, changes, metadata, success)
  VALUES (
    CASE WHEN actor ~* uuid_format THEN actor::UUID END,
    CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'UPDATE' THEN 'update' ELSE 'delete' END::audit_action,
    TG_TABLE_NAME,
    CASE WHEN subject ~* uuid_format THEN subject::UUID END,
    CASE TG_OP
      WHEN 'INSERT' THEN jsonb_build_object('after', mask_audit_secrets(row_after))
      WHEN 'UPDATE' THEN jsonb_build_object('before', mask_audit_secrets(row_before), 'after', mask_audit_secrets(row_after))
      ELSE jsonb_build_object('before', mask_audit_secrets(row_before))
    END,
    CASE WHEN TG_OP = 'UPDATE' THEN jsonb_build_object('changed', (
      SELECT coalesce(jsonb_agg(key ORDER BY key), '[]')
      FROM jsonb_each(row_after)
      WHERE value IS DISTINCT FROM row_before -> key
    )) ELSE '{}' END,
    TRUE
  );
  RETURN NULL; -- nobody reads what an AFTER trigger returns
END;
$$;

CREATE TRIGGER audit_users
  AFTER INSERT OR UPDATE OR DELETE ON users
  FOR EACH ROW EXECUTE FUNCTION create_audit_log();
