import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleOf, soak } from '../../testing/soak.js';
import { DIGEST, fallsShort, ledgerText, openSite, type HostileSite, type SiteOptions } from './hostile.js';

const file =
  (text: string | ((of: { head: string; host: string }) => string), mode = '100644') =>
  (of: { head: string; host: string }) => ({
    'ledger.json': { text: typeof text === 'string' ? text : text(of), mode },
  });
const over = (entry: object) => file((of) => ledgerText(of, entry));
const release = (more: object) => ({
  ...{ tag: 'v1', digest: DIGEST, at: '2026-01-01T00:00:00Z', source: { commit: 'abcdef1' } },
  ...more,
});
const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);

/** Each image adds about a millisecond to a deployment. */
const IMAGES = soak(1000, 5000);

/** Grouped by kind, for `sampleOf`. */
const LEDGERS: readonly Record<string, NonNullable<SiteOptions['ledger']>>[] = [
  {
    'a valid ledger': file((of) => ledgerText(of)),
  },
  {
    'empty text': file(''),
    'invalid JSON': file('{"version": 1,'),
    'control characters': file('\u0000\u0001\ufffd\u001b[31m'),
    null: file('null'),
    'a list': file('[]'),
  },
  {
    'no ledger.json': () => ({ 'other.json': '{}' }),
    'ledger.json as a folder': () => ({ 'ledger.json/x': '{}' }),
    'ledger.json as a link': file('/etc/passwd', '120000'),
  },
  {
    'a newer version': file('{"version":2,"channel":"main","images":{}}'),
    'a version that is text': file('{"version":"1","channel":"main","images":{}}'),
    'images as a list': file('{"version":1,"channel":"main","images":[]}'),
    'another channel': file('{"version":1,"channel":"../../heads/main","images":{}}'),
  },
  {
    '200,000 nested lists': file(nested('[', ']', 200_000)),
    '50,000 nested objects in the images': file(
      `{"version":1,"channel":"main","images":${nested('{"a":', '}', 50_000).replace('}', '1}')}}`,
    ),
  },
  {
    '80 MB of blanks': file(`{"version":1,"channel":"main","images":{}}${' '.repeat(80e6)}`),
    '80 MB in one tag': over({ current: release({ tag: 'v'.repeat(80e6) }) }),
  },
  {
    [`${IMAGES} images`]: file(({ head }) => {
      const source = { commit: head, run: 1 };
      const entry = {
        key: 'api',
        status: 'deployed',
        newest: source,
        current: release({ source }),
        history: [],
      };
      const images = Object.fromEntries(Array.from({ length: IMAGES }, (_, at) => [`r.example/i${at}`, entry]));
      return JSON.stringify({ version: 1, channel: 'main', images });
    }),
  },
  {
    '20,000 releases in its history': over({
      history: Array.from({ length: 20_000 }, (_, at) => release({ tag: `v${at}` })),
    }),
  },
  {
    'a tag with line breaks and escapes': over({ current: release({ tag: 'v1\n::error::x\u001b]0;x\u0007' }) }),
  },
  {
    'an invalid digest': over({ current: release({ digest: '../../../etc/passwd' }) }),
    'invalid times': over({ current: release({ at: 'now' }), history: [release({ at: '' })] }),
    'unknown commits': over({
      newest: { commit: 'f'.repeat(40), run: 9 },
      current: release({ source: { commit: 'f'.repeat(40) }, commit: '-rf' }),
    }),
    'an infinite number': file((of) => ledgerText(of).replace('"run":1', '"run":1e999')),
  },
  {
    'built-in object properties as names': file((of) =>
      ledgerText(of).replace(`"${of.host}/acme/api":`, '"__proto__":').replace('"key":"api"', '"key":"constructor"'),
    ),
  },
];

/** Amendments in the message of the ledger commit. */
const AMENDMENTS: Record<string, string> = {
  'are invalid JSON': '[{',
  'name an image that the ledger lacks': '[{"images":["__proto__"],"status":"unchanged"}]',
  'contain terminal escapes': '\u001b]0;x\u0007',
  'are 200,000 nested lists': nested('[', ']', 200_000),
};

/** Contents of the ledger ref in place of a commit ID. */
const REFS: Record<string, string> = {
  'a missing object': 'f'.repeat(40),
  'an invalid object ID': 'anything',
  itself: 'ref: refs/image-release/main',
};

const COMMANDS: Record<string, readonly string[]> = {
  status: ['status'],
  rollback: ['rollback', '--dry-run', '--no-registry-check'],
  deploy: ['deploy', '--image', 'api=127.0.0.1:1/acme/api:v2', '--no-registry-check', '--dry-run'],
  verify: ['verify'],
};

let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'hostile-ledgers-'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

test('a command that reads a hostile ledger ends in time, with a documented exit code and a reason', async () => {
  const sites: [string, HostileSite][] = [];
  for (const [name, ledger] of sampleOf(
    LEDGERS.map((kind) => Object.entries(kind)),
    2,
  ))
    sites.push([name, await openSite(base, String(sites.length), { ledger })]);
  for (const [name, text] of sampleOf([Object.entries(AMENDMENTS)], 2)) {
    const ledgerMessage = `Confirm api v1\n\nImage-Release-Amendments: ${text}\n`;
    const site = await openSite(base, String(sites.length), { ledger: file((of) => ledgerText(of)), ledgerMessage });
    sites.push([`a ledger whose amendments ${name}`, site]);
  }
  for (const [name, text] of sampleOf([Object.entries(REFS)], 2)) {
    const site = await openSite(base, String(sites.length), { ledger: file((of) => ledgerText(of)) });
    writeFileSync(join(site.bare, 'refs/image-release/main'), `${text}\n`);
    sites.push([`a ref that names ${name}`, site]);
  }
  // All commands read the ledger in the same way, so each ledger gets only one command; in a soak run it gets all.
  const cases = sites.flatMap(([name, { dir }], index) => {
    const commands = Object.entries(COMMANDS);
    const taken = soak([commands[index % commands.length]!], commands);
    return taken.map(([command, args]) => ({ name: `${command}, ${name}`, args, cwd: dir }));
  });
  expect(cases.length).toBeGreaterThanOrEqual(soak(19, 128));
  expect(await fallsShort(cases)).toEqual([]);
});
