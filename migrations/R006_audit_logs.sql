DROP FUNCTION drop_old_audit_logs_partitions(INTEGER);
DROP FUNCTION create_audit_logs_partition(DATE);
-- Takes its partitions with it.
DROP TABLE audit_logs;
