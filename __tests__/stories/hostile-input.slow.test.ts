import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { soak } from '../../testing/soak.js';
import { ARGUMENTS } from './hostile-arguments.js';
import { FILES } from './hostile-files.js';
import { fallsShort, openSite, siteIn, type HostileSite } from './hostile.js';

/** Every second case always, all of them in a soak. */
const sampleOf = <T>(cases: readonly T[]) => cases.filter((_, at) => at % soak(2, 1) === 0);

let base: string;
let site: HostileSite;
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'hostile-input-'));
  site = await openSite(base, 'site');
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

test('whatever a command line says, it ends in time, with a documented exit code and a reason', async () => {
  const cases = ARGUMENTS.map((args) => ({
    name: JSON.stringify(args.map((arg) => arg.slice(0, 40)).slice(0, 8)),
    args,
    cwd: site.dir,
  }));
  expect(cases.length).toBeGreaterThanOrEqual(150);
  expect(await fallsShort(sampleOf(cases))).toEqual([]);
});

test('whatever a repository holds, a command ends in time, with a documented exit code and a reason', async () => {
  const files = Object.entries(FILES);
  expect(files.length).toBeGreaterThanOrEqual(100);
  const cases = sampleOf(files).map(([name, spoil], at) => {
    const dir = join(base, String(at));
    cpSync(site.dir, dir, { recursive: true });
    return { name, args: spoil(siteIn(dir, site.bare)) ?? ['plan', '--offline'], cwd: dir };
  });
  expect(await fallsShort(cases)).toEqual([]);
});
