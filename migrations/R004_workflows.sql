DROP TABLE step_executions;
DROP TABLE workflow_executions;
DROP TABLE workflows;
