import { spawn } from 'node:child_process';

/**
 * Runs a program to its end without a stdin. Not spawnSync: Ctrl-C has to be heard while it runs.
 * @param options `quiet` keeps what it prints for the caller; `limitMs` ends it the hard way
 * @returns its exit code (null after a signal), what it printed when `quiet`, and whether it was stopped at its limit
 */
export function runProgram(command, args, { cwd, env = process.env, quiet = false, limitMs } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'] });
    const printed = [];
    child.stdout?.on('data', (chunk) => printed.push(chunk));
    child.stderr?.on('data', (chunk) => printed.push(chunk));
    let isTimeout = false;
    const timer =
      limitMs === undefined
        ? undefined
        : setTimeout(() => {
            isTimeout = true;
            child.kill('SIGKILL');
          }, limitMs);
    const end = (code, message) => {
      clearTimeout(timer);
      resolve({ code, isTimeout, output: `${Buffer.concat(printed).toString()}${message}` });
    };
    child.once('error', (error) => end(null, error.message));
    child.once('close', (code) => end(code, ''));
  });
}
