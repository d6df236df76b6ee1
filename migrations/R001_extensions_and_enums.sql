DROP TYPE audit_action;
DROP TYPE incident_status;
DROP TYPE incident_severity;
DROP TYPE execution_status;
DROP TYPE workflow_status;
DROP TYPE session_status;
DROP TYPE user_status;
DROP TYPE user_role;

-- Only the extensions that V001 itself created. Without CASCADE: one that is in use elsewhere stops the rollback.
DO $extensions$
DECLARE
  ours TEXT;
BEGIN
  FOR ours IN
    SELECT extname
    FROM pg_extension
    WHERE obj_description(oid, 'pg_extension') = 'created by migration V001 of llm_copilot_agent'
    ORDER BY oid DESC
  LOOP
    EXECUTE format('DROP EXTENSION %I', ours);
  END LOOP;
END;
$extensions$;
