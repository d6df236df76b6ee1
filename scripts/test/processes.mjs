// What runs on this machine, as far as Linux's /proc tells. Elsewhere every list is empty.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readLink(path) {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Every living process that can be seen. Zombies are left out: they hold nothing and only wait for their parent. */
export function listProcesses() {
  let entries = [];
  try {
    entries = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const stat = read(`/proc/${entry}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (stat === '' || fields[0] === 'Z' || fields[0] === 'X') return [];
    const args = read(`/proc/${entry}/cmdline`).split('\0').filter(Boolean);
    return [
      {
        pid: Number(entry),
        parentPid: Number(fields[1]),
        groupId: Number(fields[2]),
        /** Clock ticks since boot: with the pid it names one process for ever. */
        startTicks: Number(fields[19]),
        name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')),
        commandLine: args.join(' '),
        cwd: readLink(`/proc/${entry}/cwd`),
      },
    ];
  });
}

function ancestorsOf(pid, processes) {
  const byPid = new Map(processes.map((entry) => [entry.pid, entry]));
  const found = new Set();
  for (let at = byPid.get(pid); at !== undefined && !found.has(at.pid); at = byPid.get(at.parentPid)) found.add(at.pid);
  return found;
}

/**
 * Processes that belong to `directory`: their working directory is in it or their command line names it.
 * With `byEnvironment` also those that inherited COPILOT_DB_TEST_ROOT=directory. Never this process or its ancestors.
 */
export function processesUnder(directory, { byEnvironment = false, except = [] } = {}) {
  const processes = listProcesses();
  const spared = new Set([...ancestorsOf(process.pid, processes), ...except]);
  const named = new RegExp(`(^|[^\\w/.-])${directory.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(/|$|[^\\w.-])`);
  return processes.filter((entry) => {
    if (spared.has(entry.pid)) return false;
    if (entry.cwd === directory || entry.cwd.startsWith(`${directory}/`)) return true;
    if (named.test(entry.commandLine)) return true;
    return byEnvironment && read(`/proc/${entry.pid}/environ`).split('\0').includes(`COPILOT_DB_TEST_ROOT=${directory}`);
  });
}

export function isSameProcessAlive({ pid, startTicks }) {
  return listProcesses().some((entry) => entry.pid === pid && entry.startTicks === startTicks);
}

/** Kills without mercy and waits until they are gone, at most 10 s. */
export async function killProcesses(processes) {
  for (const { pid } of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself, or it is not ours to kill: the wait below tells.
    }
  }
  for (let attempt = 0; attempt < 200 && processes.some(isSameProcessAlive); attempt++) await sleep(50);
}

/** Listening TCP sockets and the process that holds each, where it can be seen. */
export function listListeners() {
  const byInode = new Map();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of read(table).trim().split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === '0A') byInode.set(`socket:[${fields[9]}]`, Number.parseInt(fields[1].split(':')[1], 16));
    }
  }
  return listProcesses().flatMap((entry) => {
    let descriptors = [];
    try {
      descriptors = readdirSync(`/proc/${entry.pid}/fd`);
    } catch {
      return [];
    }
    const ports = new Set(
      descriptors.map((fd) => byInode.get(readLink(`/proc/${entry.pid}/fd/${fd}`))).filter((port) => port !== undefined),
    );
    return [...ports].map((port) => ({ pid: entry.pid, port, commandLine: entry.commandLine }));
  });
}
