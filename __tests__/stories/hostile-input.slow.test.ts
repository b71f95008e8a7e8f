import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleOf } from '../../testing/soak.js';
import { ARGUMENTS } from './hostile-arguments.js';
import { FILES } from './hostile-files.js';
import { fallsShort, openSite, siteIn, type HostileSite } from './hostile.js';

let base: string;
let site: HostileSite;
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'hostile-input-'));
  site = await openSite(base, 'site');
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

test('a command with hostile arguments ends in time, with a documented exit code and a reason', async () => {
  expect(ARGUMENTS.flat().length).toBeGreaterThanOrEqual(150);
  const cases = sampleOf(ARGUMENTS, 5).map((args) => ({
    name: JSON.stringify(args.map((arg) => arg.slice(0, 40)).slice(0, 8)),
    args,
    cwd: site.dir,
  }));
  expect(await fallsShort(cases)).toEqual([]);
});

test('a command in a hostile repository ends in time, with a documented exit code and a reason', async () => {
  const kinds = FILES.map((kind) => Object.entries(kind));
  expect(kinds.flat().length).toBeGreaterThanOrEqual(100);
  const cases = sampleOf(kinds, 3).map(([name, spoil], at) => {
    const dir = join(base, String(at));
    cpSync(site.dir, dir, { recursive: true });
    return { name, args: spoil(siteIn(dir, site.bare)) ?? ['plan', '--offline'], cwd: dir };
  });
  expect(await fallsShort(cases)).toEqual([]);
});
