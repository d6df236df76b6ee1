DROP TRIGGER audit_users ON users;
DROP FUNCTION create_audit_log();
DROP FUNCTION mask_audit_secrets(JSONB);

DROP TRIGGER update_conversation_stats_on_message ON messages;
DROP FUNCTION update_conversation_stats();

DROP TRIGGER update_runbooks_updated_at ON runbooks;
DROP TRIGGER update_incidents_updated_at ON incidents;
DROP TRIGGER update_workflows_updated_at ON workflows;
DROP TRIGGER update_conversations_updated_at ON conversations;
DROP TRIGGER update_users_updated_at ON users;
DROP FUNCTION update_updated_at_column();
