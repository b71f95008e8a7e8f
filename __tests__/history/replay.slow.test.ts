import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createRandom } from '../../testing/random.js';
import { writeHistory, type HistoryCommit } from '../../testing/history.js';
import { loadConfig } from '../../src/config/load.js';
import { findConfig } from '../../src/config/find.js';
import { readFingerprints } from '../../src/fingerprint/read-fingerprints.js';
import { describeBuilds } from '../../src/plan/dependencies.js';
import { planRelease } from '../../src/plan/plan-release.js';
import { factsOf, requestOf } from '../plan/fixtures.js';
import { ROOT } from '../repository/repository-files.js';
import { soak } from '../../testing/soak.js';

const KEYS = ['api', 'web'] as const;
const CLI = join(ROOT, 'dist/cli/index.js');
/** Runs the command line at every nth commit. */
const SAMPLE = soak(50, 25);
const COMMITS = soak(100, 500);

type Fingerprints = Record<(typeof KEYS)[number], string>;

let dir: string;
let folder: string;
let commits: HistoryCommit[];
const fingerprints: Fingerprints[] = [];
const told = new Map<number, Fingerprints>();

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'replay-'));
  folder = join(dir, 'app');
  commits = writeHistory(folder, { commits: COMMITS, seed: 1 });
  for (const [index, { id }] of commits.entries()) {
    execFileSync('git', ['-C', folder, 'checkout', '--quiet', id]);
    fingerprints.push(await fingerprintBoth());
    if (index % SAMPLE === 0) told.set(index, await askCommandLine());
  }
}, 300_000);

afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function fingerprintBoth(): Promise<Fingerprints> {
  const config = loadConfig(await findConfig({ from: 'repository' }, folder));
  const { plan } = planRelease(config, factsOf(config), requestOf());
  const builds = describeBuilds(plan.images, 'linux/amd64');
  const inputs = await readFingerprints({ root: folder, builds, bases: {} });
  return fingerprintsOf((key) => {
    const found = inputs[key];
    return found?.status === 'known' ? found.fingerprint : undefined;
  });
}

async function askCommandLine(): Promise<Fingerprints> {
  const env = { PATH: process.env['PATH'], HOME: dir };
  const run = promisify(execFile)(process.execPath, [CLI, 'plan', '--json', '--offline'], {
    cwd: folder,
    env,
  });
  const plan = JSON.parse((await run).stdout) as { images: Record<string, { fingerprint?: string }> };
  return fingerprintsOf((key) => plan.images[key]?.fingerprint);
}

function fingerprintsOf(find: (key: string) => string | undefined): Fingerprints {
  const entries = KEYS.map((key) => {
    const fingerprint = find(key);
    if (fingerprint === undefined) throw new Error(`${key} has no fingerprint.`);
    return [key, fingerprint];
  });
  return Object.fromEntries(entries) as Fingerprints;
}

test.each(KEYS)('%s: fingerprints are equal if and only if the contents are equal', (key) => {
  const byFingerprint = new Map<string, Set<string>>();
  const byContent = new Map<string, Set<string>>();
  for (const [index, { content }] of commits.entries()) {
    const fingerprint = fingerprints[index]![key];
    byFingerprint.set(fingerprint, (byFingerprint.get(fingerprint) ?? new Set()).add(content[key]));
    byContent.set(content[key], (byContent.get(content[key]) ?? new Set()).add(fingerprint));
  }
  // Two contents with one fingerprint would skip a build; two fingerprints of one content cause a needless build.
  expect([...byFingerprint.values()].filter((contents) => contents.size > 1)).toEqual([]);
  expect([...byContent.values()].filter((seen) => seen.size > 1)).toEqual([]);
});

test.each(KEYS)('a commit changes the fingerprint of %s if and only if it changes the content of that image', (key) => {
  const before = (at: number) => commits[at - 1]?.content[key];
  for (const [at, { id, content }] of commits.entries()) {
    const rebuilt = fingerprints[at]![key] !== fingerprints[at - 1]?.[key];
    expect({ id, rebuilt }).toEqual({ id, rebuilt: content[key] !== before(at) });
  }
});

test('deploys the content of the head, even after pushes of several commits and failed builds', () => {
  const random = createRandom(7);
  const heads = [...commits.keys()].filter(() => random() < 0.4);
  let missedByParent = 0;
  for (const key of KEYS) {
    const registry = new Map<string, string>();
    let deployed: string | undefined;
    for (const at of heads) {
      const { content } = commits[at]!;
      const fingerprint = fingerprints[at]![key];
      const works = random() < 0.8;
      if (!registry.has(fingerprint) && works) registry.set(fingerprint, content[key]);
      const published = registry.get(fingerprint);
      if (published === undefined) continue;
      expect(published).toBe(content[key]);
      if (deployed !== content[key] && commits[at - 1]?.content[key] === content[key]) missedByParent += 1;
      deployed = published;
    }
  }
  // Comparing with the parent commit would have missed these.
  expect(missedByParent).toBeGreaterThan(0);
});

test('needs fewer builds than content changes, because reverts reuse earlier builds', () => {
  const builds = KEYS.map((key) => new Set(fingerprints.map((all) => all[key])).size);
  const changes = KEYS.map(
    (key) => commits.filter(({ content }, at) => content[key] !== commits[at - 1]?.content[key]).length,
  );
  expect(builds[0]!).toBeLessThan(changes[0]!);
  expect(builds[1]!).toBeLessThan(changes[1]!);
  expect(builds[0]! + builds[1]!).toBeLessThan(commits.length);
});

test('`plan --offline` prints the same fingerprints', () => {
  expect(told.size).toBe(commits.length / SAMPLE);
  for (const [index, answer] of told) expect({ index, ...answer }).toEqual({ index, ...fingerprints[index] });
});
