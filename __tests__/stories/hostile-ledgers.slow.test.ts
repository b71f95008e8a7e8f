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

/** Each of them costs a deployment about a millisecond. */
const IMAGES = soak(1000, 5000);

/** By kind. */
const LEDGERS: readonly Record<string, NonNullable<SiteOptions['ledger']>>[] = [
  {
    'one that is right': file((of) => ledgerText(of)),
  },
  {
    'empty text': file(''),
    'no JSON': file('{"version": 1,'),
    'bytes of anything': file('\u0000\u0001\ufffd\u001b[31m'),
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
    'lists in lists, 200,000 deep': file(nested('[', ']', 200_000)),
    'objects in objects within the images': file(
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
    'a digest that is none': over({ current: release({ digest: '../../../etc/passwd' }) }),
    'times that are none': over({ current: release({ at: 'now' }), history: [release({ at: '' })] }),
    'commits that nobody has': over({
      newest: { commit: 'f'.repeat(40), run: 9 },
      current: release({ source: { commit: 'f'.repeat(40) }, commit: '-rf' }),
    }),
    'numbers beyond all bounds': file((of) => ledgerText(of).replace('"run":1', '"run":1e999')),
  },
  {
    'names of objects themselves': file((of) =>
      ledgerText(of).replace(`"${of.host}/acme/api":`, '"__proto__":').replace('"key":"api"', '"key":"constructor"'),
    ),
  },
];

/** What the message of its commit may say of the images. */
const AMENDMENTS: Record<string, string> = {
  'are no JSON': '[{',
  'are of an image that the file lacks': '[{"images":["__proto__"],"status":"unchanged"}]',
  'hold escapes of a terminal': '\u001b]0;x\u0007',
  'are lists in lists, 200,000 deep': nested('[', ']', 200_000),
};

/** What the ref may name in place of a commit with a ledger. */
const REFS: Record<string, string> = {
  'an object that is not there': 'f'.repeat(40),
  'no id at all': 'anything',
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

test('whatever a ledger holds, each command ends in time, with a documented exit code and a reason', async () => {
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
  // All commands read a ledger in the same way: each meets every fourth one, in a long search all of them.
  const cases = sites.flatMap(([name, { dir }], index) => {
    const commands = Object.entries(COMMANDS);
    const taken = soak([commands[index % commands.length]!], commands);
    return taken.map(([command, args]) => ({ name: `${command}, ${name}`, args, cwd: dir }));
  });
  expect(cases.length).toBeGreaterThanOrEqual(soak(19, 128));
  expect(await fallsShort(cases)).toEqual([]);
});
