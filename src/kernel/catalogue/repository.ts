import { defineErrors } from './entry.ts';

/** What can be wrong with a repository as a whole, with its manifests and with who owns it. */
export const repositoryErrors = defineErrors({
  REPOSITORY_NOT_INITIALISED: {
    exit: 'usage',
    title: 'there is no repository at this place',
    explain:
      'The store answers, but it holds no `repository.json` for this cluster. Nothing creates a repository on demand, so that a wrong bucket or ' +
      'an unmounted directory cannot pass for an empty one.',
    nextSteps: ['Create it: `copilot-db repository init`', 'Or correct `cluster` and `backup.repositories` in the configuration'],
  },
  REPOSITORY_FOREIGN: {
    exit: 'refused',
    title: 'the repository belongs to another cluster',
    explain: 'The `repository.json` found here names another cluster than the configuration does.',
    nextSteps: ['Correct `cluster` in the configuration', 'Or choose another directory, bucket or prefix'],
  },
  REPOSITORY_FORMAT_UNKNOWN: {
    exit: 'refused',
    title: 'a format this release does not know',
    explain: 'A newer release wrote it. Reading it by guess could lose data, so it is refused; nothing was changed.',
    nextSteps: ['Update copilot-db', 'Restore by hand: docs/repository-format.md'],
  },
  REPOSITORY_INVALID: {
    exit: 'integrity',
    title: 'a description in the repository cannot be understood',
    explain: 'A small JSON object of the repository is not what its format says. It was written whole, so it was changed afterwards.',
    nextSteps: ['Look at the object that is named', 'Bring back its first version when the bucket is versioned'],
  },
  REPOSITORY_SYSTEM_FOREIGN: {
    exit: 'refused',
    title: 'another database system owns this repository',
    explain:
      'Every initdb makes a new system identifier, and WAL of two systems must not be mixed up unseen. This server is not the one that the ' +
      'repository was claimed for: another server, a new initdb, or a pg_upgrade.',
    nextSteps: [
      'Check that `archive_command` of this server names the right configuration',
      'If the server is a successor, admit it: `copilot-db repository init --system SYSTEM_ID`',
    ],
  },
  BACKUP_LABEL_TAKEN: {
    exit: 'busy',
    title: 'another backup has this label',
    explain:
      'The label was given with --label and is taken, or two backups began in the same second. The other one was published first; nothing of it was touched.',
    nextSteps: ['Run the backup again, without --label or with another one'],
  },
  BACKUP_MANIFEST_INVALID: {
    exit: 'integrity',
    title: 'a backup manifest cannot be understood',
    explain: 'The manifest is published last and whole, so a manifest that does not fit its format was changed afterwards.',
    nextSteps: ['Use another backup: `copilot-db backup list`', 'Bring back its first version when the bucket is versioned'],
  },
  CODEC_FAILED: {
    exit: 'failed',
    title: 'a compressor failed',
    explain: 'The program that compresses ended with an error. What it had written does not count and was taken back.',
    nextSteps: ['Read its last words in the error', 'Check memory and disk of this host'],
  },
});
