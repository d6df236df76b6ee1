import { findBinary } from '#platform/find-binary';
import type { Check } from '../check.ts';

/** Needed where a repository says so: its codec was fixed when it was made. */
export const compressorCheck: Check = {
  id: 'programs.zstd',
  area: 'programs',
  async look({ env, repositories }) {
    const path = await findBinary('zstd', { env });
    if (path !== undefined) return { status: 'ok', evidence: path };
    const opened = await Promise.allSettled(repositories.map(({ open }) => open()));
    const needs = opened.some((it) => it.status === 'fulfilled' && it.value.codec === 'zstd');
    if (!needs) return { status: 'ok', evidence: 'zstd is not here', impact: 'a repository that is made here is compressed with gzip' };
    return {
      status: 'failed',
      evidence: 'zstd is not on PATH, and a repository is compressed with it',
      impact: 'this host can neither archive nor restore',
      fix: 'apt-get install zstd',
    };
  },
};

export const tarCheck: Check = {
  id: 'programs.tar',
  area: 'programs',
  async look({ env }) {
    const path = await findBinary('tar', { env });
    if (path !== undefined) return { status: 'ok', evidence: path };
    return {
      status: 'failed',
      evidence: 'tar is not on PATH',
      impact: 'this host cannot restore a base backup',
      fix: 'apt-get install tar',
    };
  },
};
