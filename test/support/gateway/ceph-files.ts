import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOk } from '../run.ts';

export interface CephPorts {
  monV2: number;
  monV1: number;
  http: number;
  https: number;
}

export interface CephFiles {
  directory: string;
  conf: string;
  keyring: string;
  fsid: string;
  monAddress: string;
  /** The gateway's self-signed certificate, for clients to trust. */
  caFile: string;
  /** Accepted as a key id with `aws:kms`. */
  kmsKeyId: string;
}

/** A cephx secret: type 1, creation time, length, 16 random bytes. */
function cephKey(): string {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(1, 0);
  head.writeUInt32LE(Math.floor(Date.now() / 1000), 2);
  head.writeUInt16LE(16, 10);
  return Buffer.concat([head, randomBytes(16)]).toString('base64');
}

/** ceph-mon takes every entry into its key store when it makes its data, so nothing has to be created over the wire later. */
function keyringText(): string {
  const entries = [
    ['mon.', { mon: 'allow *' }],
    ['client.admin', { mon: 'allow *', osd: 'allow *' }],
    ['osd.0', { mon: 'allow profile osd', osd: 'allow *' }],
    ['client.rgw', { mon: 'allow rw', osd: 'allow rwx' }],
  ] as const;
  return entries
    .map(
      ([name, caps]) =>
        `[${name}]\n\tkey = ${cephKey()}\n${Object.entries(caps)
          .map(([area, cap]) => `\tcaps ${area} = "${cap}"\n`)
          .join('')}`,
    )
    .join('');
}

function confText(files: CephFiles, ports: CephPorts): string {
  const { directory } = files;
  return `[global]
fsid = ${files.fsid}
mon host = ${files.monAddress}
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
keyring = ${files.keyring}
run dir = ${directory}/run
admin socket = ${directory}/run/$name.asok
pid file = ${directory}/run/$name.pid
log file = ${directory}/log/$name.log
crash dir = ${directory}/crash
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false

[mon]
paxos propose interval = 0.05
paxos min wait = 0.01
mon data = ${directory}/mon
mon data avail warn = 2
mon data avail crit = 1
mon initial members = a

[osd]
osd data = ${directory}/osd
osd objectstore = memstore
memstore device bytes = ${6 * 1024 ** 3}
osd class update on start = false

[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${ports.http} ssl_endpoint=127.0.0.1:${ports.https} ssl_certificate=${directory}/tls.pem
rgw thread pool size = 64
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = ${files.kmsKeyId}=${randomBytes(32).toString('base64')}
`;
}

async function writeCertificate(directory: string, caFile: string): Promise<void> {
  const key = join(directory, 'tls.key');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  await runOk('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', caFile, ...subject]);
  await writeFile(join(directory, 'tls.pem'), Buffer.concat([await readFile(key), await readFile(caFile)]), { mode: 0o600 });
}

/** Everything that a monitor, one OSD and a gateway need on disk, inside one directory. */
export async function writeCephFiles(directory: string, ports: CephPorts): Promise<CephFiles> {
  for (const name of ['run', 'log', 'crash', 'mon', 'osd']) await mkdir(join(directory, name), { recursive: true });
  const files: CephFiles = {
    directory,
    conf: join(directory, 'ceph.conf'),
    keyring: join(directory, 'keyring'),
    fsid: randomUUID(),
    monAddress: `[v2:127.0.0.1:${ports.monV2},v1:127.0.0.1:${ports.monV1}]`,
    caFile: join(directory, 'ca.pem'),
    kmsKeyId: 'testkey',
  };
  await writeFile(files.keyring, keyringText(), { mode: 0o600 });
  await writeFile(files.conf, confText(files, ports));
  await writeCertificate(directory, files.caFile);
  return files;
}
