import { messageOf } from '#kernel/errors';
import type { Reporter } from '#kernel/events';
import { currentUser, isRoot } from '#platform/os-user';
import { processIdentity } from '#platform/process-identity';
import { stopPostgres } from '#platform/stop-postgres';
import { planLabDown, takeLabDown } from '../down.ts';
import { replaceMarker, userOf } from '../marker.ts';
import type { LabPlace } from '../place.ts';
import type { LabUpOptions } from '../plan-up.ts';
import { makeLabDirectory } from '../up.ts';
import type { TourFacts } from './plan-tour.ts';
import { openStage } from './stage.ts';
import { type TourResult, tellStory } from './story.ts';

export interface TourWork extends LabUpOptions {
  facts: TourFacts;
  cwd: string;
  runId: string;
  now: string;
  reporter: Reporter;
}

const cleanUpMs = 8000;

/**
 * Plays the tour. Whatever its end, no server of it runs afterwards, but for `keep`; the directory stays after a failure, for a look.
 * @throws TOUR_STEP_FAILED, TOUR_ROWS_MISSING, LAB_*, POSTGRES_*
 */
export async function runTour(work: TourWork): Promise<TourResult> {
  const { place, facts, signal, reporter } = work;
  if (facts.removesLeftover) await takeDown(place, true);
  const { pid, startTicks, bootId } = await processIdentity();
  const tour = { pid, ...(startTicks === undefined ? {} : { startTicks }), ...(bootId === undefined ? {} : { bootId }) };
  const marker = await makeLabDirectory(place, { facts: facts.lab, runId: work.runId, now: work.now, tour });
  const user = userOf(marker);
  const isOther = isRoot() && user.userNamespace !== true && user.uid !== 0;
  const stage = openStage({
    home: work.home,
    cwd: isOther ? place.directory : work.cwd,
    env: work.env,
    user: isOther ? user : undefined,
    stateDir: isOther ? place.stateDir : undefined,
    reporter,
    signal,
  });
  if (isOther) stage.say(`The commands between \`lab up\` and \`lab down\` run as ${user.name}, who owns the repository.`);
  try {
    const result = await tellStory({ stage, place, env: work.env, signal });
    if (facts.keep) {
      await stopPostgres(place.restoredDir, { signal });
      await replaceMarker(place, { ...marker, tour: null });
      return result;
    }
    stage.chapter('Tidying up');
    await stage.command(['lab', 'down', '--purge', '--confirm', 'lab', '--dir', stage.path(place.directory)], { as: currentUser() });
    return result;
  } catch (error) {
    // The first failure is the one to tell. Nobody wants to wait for an archiver that cannot do its work.
    await takeDown(place, signal.aborted).catch((failure) => reporter.warn(`the lab was not stopped: ${messageOf(failure)}`));
    throw error;
  }
}

async function takeDown(place: LabPlace, purge: boolean): Promise<void> {
  const { facts } = await planLabDown(place, purge);
  await takeLabDown(place, facts, { mode: 'immediate', signal: AbortSignal.timeout(cleanUpMs), onStep: async () => {} });
}
