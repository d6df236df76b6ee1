import { describe, expect, it } from 'vitest';
import { recoverySettings } from '#features/recovery/restore/recovery-settings';
import { restoreCommand } from '#features/recovery/restore/restore-command';

const common = { action: 'promote', timeline: 'current', restoreCommand: 'fetch', origin: 'by a test' } as const;

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('recovery_target'));
}

describe('recovery settings', () => {
  it('empty every target before the one that is set, and set only that', () => {
    const text = recoverySettings({ ...common, target: { kind: 'time', at: '2026-11-23T17:55:17.034406Z', exclusive: false } });
    const targets = lines(text);
    expect(targets.slice(0, 5).every((line) => line.endsWith("= ''"))).toBe(true);
    expect(targets.slice(5)).toEqual([
      "recovery_target_time = '2026-11-23 17:55:17.034406+00'",
      "recovery_target_inclusive = 'on'",
      "recovery_target_action = 'promote'",
      "recovery_target_timeline = 'current'",
    ]);
  });

  it('leave out the very moment with --before, and have no target at all for the latest', () => {
    expect(recoverySettings({ ...common, target: { kind: 'time', at: '2026-11-23T17:55:17.034406Z', exclusive: true } })).toContain(
      "recovery_target_inclusive = 'off'",
    );
    const latest = recoverySettings({ ...common, timeline: 3, target: { kind: 'latest' } });
    expect(lines(latest).filter((line) => line.startsWith('recovery_target_time '))).toEqual(["recovery_target_time = ''"]);
    expect(latest).toContain("recovery_target_timeline = '3'");
  });

  it('quote what a path may hold', () => {
    const text = recoverySettings({ ...common, restoreCommand: "it's a \\ path", target: { kind: 'latest' } });
    expect(text).toContain("restore_command = 'it''s a \\\\ path'");
  });
});

describe('restore_command', () => {
  it('is one line of sh with absolute paths', () => {
    expect(restoreCommand({ wrapper: '/opt/c/bin/copilot-db-wal', configPath: '/etc/c.yaml', systemId: '7' })).toBe(
      '/opt/c/bin/copilot-db-wal fetch --config /etc/c.yaml --mode recovery --system 7 "%f" "%p"',
    );
  });

  it('survives blanks, quotes and percent signs', () => {
    expect(restoreCommand({ wrapper: '/a b/w', configPath: "/it's 100%/c.yaml", systemId: '7' })).toBe(
      `'/a b/w' fetch --config '/it'\\''s 100%%/c.yaml' --mode recovery --system 7 "%f" "%p"`,
    );
  });
});
