CREATE VIEW active_sessions AS
SELECT
  s.id,
  s.user_id,
  u.email,
  u.username,
  s.status,
  s.ip_address,
  s.created_at,
  s.last_activity_at,
  s.expires_at,
  EXTRACT(EPOCH FROM (NOW() - s.last_activity_at)) AS idle_seconds
FROM sessions AS s
JOIN users AS u ON u.id = s.user_id
WHERE s.status = 'active'
  AND s.expires_at > NOW()
  AND u.deleted_at IS NULL;

CREATE VIEW open_incidents_summary AS
SELECT
  severity,
  COUNT(*) AS count,
  AVG(EXTRACT(EPOCH FROM (NOW() - detected_at))) AS avg_age_seconds,
  MAX(detected_at) AS most_recent,
  MIN(detected_at) AS oldest
FROM incidents
WHERE status NOT IN ('resolved', 'closed')
GROUP BY severity;

CREATE VIEW workflow_execution_stats AS
SELECT
  w.id AS workflow_id,
  w.name AS workflow_name,
  COUNT(we.id) AS total_executions,
  COUNT(*) FILTER (WHERE we.status = 'success') AS successful_executions,
  COUNT(*) FILTER (WHERE we.status = 'failed') AS failed_executions,
  AVG(we.total_duration_ms) AS avg_duration_ms,
  MAX(we.completed_at) AS last_execution
FROM workflows AS w
LEFT JOIN workflow_executions AS we ON we.workflow_id = w.id
WHERE w.deleted_at IS NULL
GROUP BY w.id, w.name;
