import { defineErrors } from './entry.ts';

export const labErrors = defineErrors({
  LAB_FOREIGN: {
    exit: 'refused',
    title: 'the directory is not a lab',
    explain:
      'A lab carries a marker file, `copilot-db-lab.json`, written before anything else. This directory holds something and has no such file, so it is neither filled nor removed.',
    nextSteps: ['Name another directory with --dir', '`ls -A DIR`: what is in it?'],
  },
  LAB_TAKEN: {
    exit: 'refused',
    title: 'there is a lab already',
    explain: 'The tour begins with nothing and ends with an accident, so it does not use a lab that somebody may be working with.',
    nextSteps: ['Name another directory with --dir', '`copilot-db lab down --purge --confirm lab` removes the lab that is there'],
  },
  LAB_BROKEN: {
    exit: 'failed',
    title: 'a part of the lab does not do what it should',
    explain:
      'A server of the lab did not come up, or the marker file of the lab cannot be read. A lab holds nothing of value: the cure is a new one.',
    nextSteps: ['`copilot-db lab down --purge --confirm lab`, then `copilot-db lab up`'],
  },
  TOUR_STEP_FAILED: {
    exit: 'failed',
    title: 'a command of the tour did not end as it should',
    explain:
      'The tour runs the real commands and looks at each exit code. What the command said is shown above; the lab is left for a look.',
    nextSteps: ['Run the command again by hand and read what it says', '`copilot-db lab down --purge --confirm lab` removes the lab'],
  },
  TOUR_ROWS_MISSING: {
    exit: 'integrity',
    title: 'the restored table is not the one that was lost',
    explain:
      'Row count and content hash of the table were taken before the accident and are compared with the restored ones. They differ, so the recovery did not bring back what it promised.',
    nextSteps: ['Keep the lab and look at the log of the restored server', 'Report it with the output of the tour'],
  },
});
