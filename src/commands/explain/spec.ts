import type { CommandSpec } from '../command.ts';

export const explainSpecs: readonly CommandSpec[] = [
  {
    path: ['explain'],
    summary: 'Say what an error code means and what to do about it',
    examples: [
      { command: 'copilot-db explain WAL_CONFLICT', does: 'the page of one code' },
      { command: 'copilot-db explain', does: 'all codes with their exit codes' },
    ],
    arguments: [{ name: 'code', help: 'the code that an error shows in brackets', optional: true }],
    policy: { config: [], effect: 'read' },
    result: 'explain/1',
    load: () => import('./explain.ts'),
  },
];
