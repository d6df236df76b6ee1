import type { CommandContext, CommandSpec } from '#commands/command';
import type { LoadedConfig } from '#config/load';
import type { Config } from '#config/schema';
import { OpsError } from '#kernel/errors';
import type { Reporter } from '#kernel/events';
import type { Clock } from '#kernel/time';
import type { ObjectStore } from '#stores/objects/object-store';

/** What main knows of the process, and tests make up. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  home: string;
  version: string;
  clock: Clock;
  signal: AbortSignal;
}

export interface OpenContext extends AsyncDisposable {
  context: CommandContext;
}

/** A command's context: connections open on first use, once a name, and close with the context. */
export function openContext(options: {
  spec: CommandSpec;
  input: Record<string, unknown>;
  loaded: LoadedConfig;
  configPath: string | undefined;
  configFlag: string | undefined;
  stateDirectory: string;
  surroundings: Surroundings;
  signal: AbortSignal;
  reporter: Reporter;
  runId: string;
}): OpenContext {
  const { loaded, configPath, surroundings, signal, reporter, runId } = options;
  const { env, cwd } = surroundings;
  const { config } = loaded;
  const opened = new Map<string, Promise<unknown>>();
  const closers: (() => unknown)[] = [];
  const once = <Value>(key: string, open: () => Promise<Value>): Promise<Value> => {
    const existing = opened.get(key) as Promise<Value> | undefined;
    if (existing !== undefined) return existing;
    const opening = open();
    opened.set(key, opening);
    // A failed attempt is not remembered: the next one may succeed.
    opening.catch(() => opened.delete(key));
    return opening;
  };
  const secrets = { env, cwd, configPath, signal };

  const objectStore = (name?: string): Promise<ObjectStore> =>
    once(`objects ${name ?? ''}`, async () => {
      const { chooseRepository, repositoriesOf } = await import('#config/repositories');
      const { openObjectStore } = await import('#stores/objects/open');
      const settings = chooseRepository(await repositoriesOf(config, secrets), name);
      const store = await openObjectStore(settings.store);
      closers.push(() => store.close());
      return store;
    });

  const context: CommandContext = {
    input: options.input,
    config,
    postgres: (name = 'primary') =>
      once(`postgres ${name}`, async () => {
        const { postgresConnection } = await import('#config/postgres');
        const { connectPostgres } = await import('#stores/postgres/connect');
        const client = await connectPostgres(await postgresConnection(config, secrets), {
          signal,
          env,
          applicationName: `copilot-db ${runId}`,
        });
        closers.push(() => client.close());
        return client;
      }),
    repository: (name) =>
      once(`repository ${name ?? ''}`, async () => {
        const { chooseRepository, repositoriesOf } = await import('#config/repositories');
        const { openRepository } = await import('#repository/open');
        const chosen = chooseRepository(await repositoriesOf(config, secrets), name);
        return openRepository(await objectStore(name), { cluster: clusterOf(config), name: chosen.name, signal });
      }),
    objectStore,
    reporter,
    clock: surroundings.clock,
    signal,
    runId,
    env,
    cwd,
    home: surroundings.home,
    configPath,
    configFlag: options.configFlag,
    stateDirectory: options.stateDirectory,
    version: surroundings.version,
  };
  return {
    context,
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(opened.values());
      await Promise.allSettled(closers.map(async (close) => close()));
    },
  };
}

/** @throws CONFIG_SECTION_MISSING for the first section that the command's policy names and the file lacks */
export function requireSections(spec: CommandSpec, config: Config, configPath: string | undefined): void {
  const missing = spec.policy.config.find((section) => config[section] === undefined);
  if (missing === undefined) return;
  if (configPath === undefined) {
    throw new OpsError('CONFIG_NOT_FOUND', { message: `\`copilot-db ${spec.path.join(' ')}\` needs a configuration, and there is none` });
  }
  throw new OpsError('CONFIG_SECTION_MISSING', {
    message: `${configPath} has no \`${missing}\`, which \`copilot-db ${spec.path.join(' ')}\` needs`,
  });
}

function clusterOf(config: Config): string {
  if (config.cluster !== undefined) return config.cluster;
  throw new OpsError('CONFIG_SECTION_MISSING', {
    message: 'The configuration does not name the cluster',
    nextSteps: ['Add `cluster: NAME`; it names the folder in the repository'],
  });
}
