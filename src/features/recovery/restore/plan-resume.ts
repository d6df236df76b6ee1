import type { Plan } from '#kernel/plan';
import type { RestoreFacts } from './plan-restore.ts';
import { describeTarget } from './restore-target.ts';

/** The plan for a directory that an earlier run of the same command completed before it was killed. Nothing is read again. */
export function planResume(earlier: RestoreFacts): Plan<RestoreFacts> {
  const facts: RestoreFacts = { ...earlier, isComplete: true };
  return {
    summary: `${facts.dataDir} holds the cluster as of ${describeTarget(facts.target)} already${facts.start ? ', and will be running' : ''}`,
    steps: facts.start
      ? [
          { id: 'start', title: `Start PostgreSQL of ${facts.binDir} there, unless it runs already` },
          { id: 'recover', title: `Wait until it is proven that recovery reached ${describeTarget(facts.target)}` },
        ]
      : [{ id: 'finish', title: 'Remove the marker of the earlier run' }],
    facts,
    notes: ['an earlier run of this command completed the files before it was stopped'],
  };
}
