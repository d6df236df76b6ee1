import { realpath } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import type { Check, Finding } from '../check.ts';
import type { Subject } from '../subject.ts';
import { requireServer } from './require-server.ts';
import { shellWords } from './shell-words.ts';

/** Only bin/copilot-db-wal turns what happened into what PostgreSQL understands; anything between them may lose an exit code. */
export const archiveCommandCheck: Check = {
  id: 'wal.archive-command',
  area: 'wal',
  async look(subject) {
    const { archiveCommand, facts } = await requireServer(subject);
    const fix = `psql -c "ALTER SYSTEM SET archive_command = '${expectedCommand(subject)}'" -c 'SELECT pg_reload_conf()'`;
    const wrong = (evidence: string, impact: string): Finding => ({ status: 'failed', evidence, impact, fix });
    if (facts.archiveLibrary !== '') return wrong(`archive_library is ${facts.archiveLibrary}`, 'WAL does not go into our repositories');
    if (facts.archiveCommandEmpty) return wrong('archive_command is empty', 'no WAL is archived, and pg_wal grows until the disk is full');
    const words = shellWords(archiveCommand);
    const shown = `archive_command is ${archiveCommand}`;
    if (!words)
      return { status: 'warning', evidence: shown, impact: 'it is more than one plain command, so its exit code is uncertain', fix };
    const [program = '', verb] = words;
    if (basename(program) !== 'copilot-db-wal' || verb !== 'push' || words.at(-1) !== '%p') {
      return wrong(shown, 'WAL does not go into our repositories, or success is said without the proof of it');
    }
    const configPath = optionOf(words, '--config') ?? '';
    if (!isAbsolute(program) || !isAbsolute(configPath))
      return wrong(shown, 'PostgreSQL runs it in its data directory: relative paths lead elsewhere');
    if (!(await isSame(configPath, subject.configPath))) {
      return { status: 'warning', evidence: shown, impact: `the server archives by another configuration than ${subject.configPath}`, fix };
    }
    if (!(await isSame(program, subject.wrapper))) {
      return { status: 'warning', evidence: shown, impact: `the server runs another installation than ${subject.wrapper}`, fix };
    }
    return { status: 'ok', evidence: shown };
  },
};

function expectedCommand({ wrapper, configPath }: Subject): string {
  return `${wrapper} push --config ${configPath} "%p"`.replaceAll("'", "''").replaceAll('"', '\\"');
}

function optionOf(words: readonly string[], name: string): string | undefined {
  const at = words.indexOf(name);
  return at === -1 ? words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) : words[at + 1];
}

/** Also through symbolic links. A path that this host does not have is another one. */
async function isSame(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((path) => realpath(path).catch(() => undefined)));
  return a === b || (first !== undefined && first === second);
}
