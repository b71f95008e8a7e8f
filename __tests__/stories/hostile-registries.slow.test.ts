import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHostileRegistry, type HostileRegistry } from '../../testing/hostile-registry.js';
import { sampleOf, soak } from '../../testing/soak.js';
import { MISBEHAVIOURS } from './hostile-registries.js';
import { fallsShort, ledgerText, openSite, type HostileCase } from './hostile.js';

const base = mkdtempSync(join(tmpdir(), 'hostile-registries-'));
const registries: HostileRegistry[] = [];
afterAll(() => {
  for (const registry of registries) registry.stop();
  rmSync(base, { recursive: true, force: true });
});

test('a command that reads a hostile registry ends in time, with a documented exit code and a reason', async () => {
  const cases: HostileCase[] = [];
  const kinds = MISBEHAVIOURS.map((kind) => Object.entries(kind));
  for (const [name, misbehave] of sampleOf(kinds, 3)) {
    const registry = await startHostileRegistry(misbehave);
    registries.push(registry);
    const { host } = registry;
    const ledger = (of: { head: string; host: string }) => ({ 'ledger.json': ledgerText(of) });
    const { dir } = await openSite(base, String(registries.length), { host, ledger });
    const commands = Object.entries({
      deploy: ['deploy', '--image', `api=${host}/acme/api:v2`, '--dry-run'],
      verify: ['verify'],
      plan: ['plan'],
    });
    // All commands share one registry client, so each registry gets only one command; in a soak run it gets all.
    const taken = soak([commands[registries.length % commands.length]!], commands);
    for (const [command, args] of taken) cases.push({ name: `${command}, of a registry that ${name}`, args, cwd: dir });
  }
  expect(cases.length).toBeGreaterThanOrEqual(soak(20, 120));
  // Six at once, because most of them wait for a timeout.
  expect(await fallsShort(cases, 6)).toEqual([]);
});
