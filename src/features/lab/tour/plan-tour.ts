import { OpsError } from '#kernel/errors';
import type { Plan } from '#kernel/plan';
import { processIdentity } from '#platform/process-identity';
import { type LabMarker, readMarker } from '../marker.ts';
import { type LabUpFacts, type LabUpOptions, planLabUp } from '../plan-up.ts';

export interface TourFacts {
  lab: LabUpFacts;
  keep: boolean;
  /** A tour was killed here, and what it left goes first. */
  removesLeftover: boolean;
}

/** @throws LAB_TAKEN, LAB_FOREIGN and what `planLabUp` throws */
export async function planTour(options: LabUpOptions, keep: boolean): Promise<Plan<TourFacts>> {
  const { place } = options;
  const marker = await readMarker(place);
  if (marker !== undefined) await refuseTaken(place.directory, marker);
  const lab = await planLabUp(options);
  const leftover = { id: 'leftover', title: `Remove what an interrupted tour left in ${place.directory}` };
  const last = { id: 'down', title: `Stop everything and remove ${place.directory}` };
  return {
    summary: 'An accident in a lab, and the way back, told with the real commands',
    steps: [
      ...(marker === undefined ? [] : [leftover]),
      { id: 'tour', title: `Play in ${place.directory}: lab, schema, repository, backup, accident, restore` },
      ...(keep ? [] : [last]),
    ],
    facts: { lab: lab.facts, keep, removesLeftover: marker !== undefined },
    ...(lab.notes === undefined ? {} : { notes: lab.notes }),
  };
}

/** A lab of the operator's, or of a tour that still plays, is not ours to use. */
async function refuseTaken(directory: string, { tour }: LabMarker): Promise<void> {
  if (tour === null) throw new OpsError('LAB_TAKEN', { message: `There is a lab in ${directory} already`, details: { directory } });
  const now = await processIdentity(tour.pid);
  if (now.startTicks === undefined || now.startTicks !== tour.startTicks || now.bootId !== tour.bootId) return;
  throw new OpsError('LAB_TAKEN', {
    message: `Another tour plays in ${directory} (pid ${tour.pid})`,
    details: { directory, pid: tour.pid },
    nextSteps: ['Wait for it', 'name another directory with --dir'],
  });
}
