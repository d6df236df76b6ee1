export type PostgresSettings = Readonly<Record<string, string>>;

/** Small, archiving (to nowhere until a test says where), only on its socket, and not waiting for the disk. */
export function testSettings(socketDir: string, port: number, settings: PostgresSettings): PostgresSettings {
  return {
    listen_addresses: '',
    unix_socket_directories: socketDir,
    port: String(port),
    archive_mode: 'on',
    archive_command: '',
    shared_buffers: '16MB',
    max_connections: '40',
    // What a killed server has written is in the operating system's cache; no test cuts the power.
    fsync: 'off',
    log_line_prefix: '%m [%p] %q%u@%d ',
    ...settings,
  };
}

export function settingLines(settings: PostgresSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('');
}
