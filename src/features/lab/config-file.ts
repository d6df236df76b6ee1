import { stringify } from 'yaml';
import type { LabMarker } from './marker.ts';
import { type LabPlace, labDatabase, labPort } from './place.ts';

const header = `# The lab's configuration, written by \`copilot-db lab up\`. Use it with
#   copilot-db --config THIS-FILE …
# It is not read by any other cluster, and it may be edited: a later \`lab up\` keeps what is there.
`;

/** The lab as every command of the tool sees it; the socket is protected by its directory, so there is no password. */
export function labConfig(place: LabPlace, host: string, marker: LabMarker): string {
  const config = {
    cluster: 'lab',
    postgres: {
      primary: { host, port: labPort, database: labDatabase, username: 'postgres', ssl_mode: 'disable' },
      ...(marker.user.uid === 0 ? {} : { os_user: marker.user.name }),
    },
    ...(marker.redis === null ? {} : { redis: { host: '127.0.0.1', port: marker.redis.port, password: marker.redis.password } }),
    backup: { repositories: [{ name: 'main', directory: place.repositoryDir }] },
    wal: { spool_dir: place.spoolDir },
  };
  return header + stringify(config);
}
