import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { startHostileRegistry, type HostileRegistry } from '../../testing/hostile-registry.js';
import { MISBEHAVIOURS } from './hostile-registries.js';
import { fallsShort, ledgerText, openSite, type HostileCase } from './hostile.js';

jest.setTimeout(600_000);

const base = mkdtempSync(join(tmpdir(), 'hostile-registries-'));
const registries: HostileRegistry[] = [];
afterAll(() => {
  for (const registry of registries) registry.stop();
  rmSync(base, { recursive: true, force: true });
});

test('whatever a registry does, each command ends in time, with a documented exit code and a reason', async () => {
  const cases: HostileCase[] = [];
  for (const [name, misbehave] of Object.entries(MISBEHAVIOURS)) {
    const registry = await startHostileRegistry(misbehave);
    registries.push(registry);
    const { host } = registry;
    const ledger = (of: { head: string; host: string }) => ({ 'ledger.json': ledgerText(of) });
    const { dir } = await openSite(base, String(registries.length), { host, ledger });
    const commands = {
      deploy: ['deploy', '--image', `api=${host}/acme/api:v2`, '--dry-run'],
      verify: ['verify'],
      plan: ['plan'],
    };
    for (const [command, args] of Object.entries(commands))
      cases.push({ name: `${command}, of a registry that ${name}`, args, cwd: dir });
  }
  expect(cases.length).toBeGreaterThanOrEqual(120);
  // Most of them wait for an answer that does not come.
  expect(await fallsShort(cases, 8)).toEqual([]);
});
