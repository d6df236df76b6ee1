import type { Repository } from '#repository/open';

/** A configured repository that is opened when it is needed, so that one that cannot be reached does not hide the others. */
export interface RepositoryDoor {
  /** As in the configuration. */
  name: string;
  open(signal: AbortSignal): Promise<Repository>;
}
