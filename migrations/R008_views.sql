DROP VIEW workflow_execution_stats;
DROP VIEW open_incidents_summary;
DROP VIEW active_sessions;
