DROP TABLE runbook_executions;
DROP TABLE runbooks;
DROP TABLE incidents;
