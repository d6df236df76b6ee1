import { compareWithHistory } from '#features/migrations/compare';
import { readHistory } from '#features/migrations/history';
import { planUp } from '#features/migrations/plan-migrations';
import { prepareUp } from '#features/migrations/prepare-works';
import { readMigrations } from '#features/migrations/read-migrations';
import { runMigrations } from '#features/migrations/run-migrations';
import { defaultLimits } from '#features/migrations/session';
import { silentReporter } from '#kernel/events';
import { connectPostgres } from '#stores/postgres/connect';

/** `migrate up` without the frame, as a process of its own: something to kill. Arguments: socket directory, port, database, migrations. */
async function main([host = '', port = '', database = '', directory = '']: readonly string[]): Promise<void> {
  const { signal } = new AbortController();
  const settings = { host, port: Number(port), database, username: 'postgres', sslMode: 'disable' as const };
  const [client, recorder] = [await connectPostgres(settings, { signal }), await connectPostgres(settings, { signal })];
  const compared = compareWithHistory(await readMigrations(directory, signal), await readHistory(client));
  const run = { main: client, recorder, signal, runId: 'killed-run', reporter: silentReporter, limits: defaultLimits };
  await runMigrations(run, prepareUp(planUp(compared, {})), async () => {});
  await Promise.all([client.close(), recorder.close()]);
}

await main(process.argv.slice(2));
