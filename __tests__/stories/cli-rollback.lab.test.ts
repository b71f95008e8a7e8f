/** @programs kustomize */
import { jest } from '@jest/globals';
import { git } from '../../testing/acme.js';
import { KEYS } from './cli-site.js';
import { openStewardSite, type StewardSite, type Version } from './steward-site.js';

jest.setTimeout(120_000);

let site: StewardSite;
let [v1, v2, v3]: Version[] = [];
beforeAll(async () => {
  site = await openStewardSite();
  v1 = await site.ship();
  v2 = await site.ship();
  v3 = await site.ship();
});
afterAll(() => site.close());

const head = async () => git(site.bare, ['rev-parse', 'main', 'refs/image-release/main']);
const short = ({ commit }: Version) => commit.slice(0, 7);
const both = ({ tag }: Version) => ({ api: tag, web: tag });

/** Branch and ledger as they were, as if nothing had been done since. */
async function restore(before: string): Promise<void> {
  const [main = '', ledger = ''] = before.split('\n');
  await git(site.bare, ['update-ref', 'refs/heads/main', main]);
  await git(site.bare, ['update-ref', 'refs/image-release/main', ledger]);
}

describe('a rollback', () => {
  test('--dry-run shows the way and changes nothing', async () => {
    const before = await head();
    const { exitCode, stdout } = await site.cli(['rollback', 'api', '--dry-run']);
    expect({ exitCode, head: await head() }).toEqual({ exitCode: 0, head: before });
    expect(stdout).toContain(`api  ${v3!.tag} → ${v2!.tag} (deployed just now from ${short(v2!)}, run 2)`);
    expect(stdout).toContain(`✓ Dry run: would roll back api to ${v2!.tag}. Nothing was changed.`);
    expect(stdout).toContain(`Runs of commits up to ${short(v3!)} would not deploy again; newer commits would.`);
  });

  test('--json tells machines from where to where, by which commit, and what is pinned', async () => {
    const before = await head();
    const { exitCode, stdout } = await site.cli(['rollback', 'api', '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: { status: 'rolled-back', superseded: [] },
      channels: [
        {
          channel: 'main',
          branch: 'main',
          images: {
            api: {
              image: `${site.prefix}/api`,
              from: { tag: v3!.tag, digest: v3!.digests['api'] },
              to: { tag: v2!.tag, digest: v2!.digests['api'], source: { commit: v2!.commit, run: 2 } },
              pinned: { commit: v3!.commit, run: 3 },
            },
          },
          deployments: [{ status: 'committed', commit: await git(site.bare, ['rev-parse', 'main']) }],
        },
      ],
    });
    await restore(before);
  });

  test('of one image leaves the other', async () => {
    const before = await head();
    const { exitCode } = await site.cli(['rollback', 'web', '--to=-1']);
    expect({ exitCode, deployed: await site.deployed() }).toEqual({
      exitCode: 0,
      deployed: { api: v3!.tag, web: v2!.tag },
    });
    await restore(before);
  });

  test('that deployed an image stays as it is when the same image is deployed once more', async () => {
    const before = await head();
    expect((await site.cli(['rollback', 'api', '--yes'])).exitCode).toBe(0);
    const rolledBack = await head();
    const image = `api=${site.prefix}/api:${v2!.tag}`;
    const { exitCode, stdout } = await site.cli(['deploy', '--image', image, '--source', v2!.commit, '--json']);
    expect({ exitCode, head: await head() }).toEqual({ exitCode: 0, head: rolledBack });
    expect(JSON.parse(stdout)).toMatchObject({
      deployments: [{ status: 'unchanged', images: ['api'], superseded: [] }],
    });
    await restore(before);
  });

  describe('at a terminal', () => {
    test.each([60, 80, 120])('%i columns: shows the change and asks; no and Ctrl-C change nothing', async (columns) => {
      const before = await head();
      for (const [keys, exitCode, words] of [
        ['n\r', 0, '– Not confirmed. Nothing was changed.'],
        ['\u0003', 130, '✗ Cancelled while waiting for an answer.'],
      ] as const) {
        const terminal = site.terminal(['rollback'], { columns });
        const asked = await terminal.until((screen) => screen.includes('Roll back as shown? [y/N]'));
        expect(asked.join(' ')).toContain(`api  ${v3!.tag} → ${v2!.tag}`);
        expect(Math.max(...asked.map((line) => line.length))).toBeLessThanOrEqual(columns);
        terminal.type(keys);
        expect(await terminal.ended).toBe(exitCode);
        expect(terminal.everything().find((line) => line === words)).toBeDefined();
        expect(await head()).toBe(before);
      }
    });

    test('yes, or --yes without a question, rolls back', async () => {
      const before = await head();
      const asking = site.terminal(['rollback', 'api']);
      await asking.until((screen) => screen.includes('Roll back as shown? [y/N]'));
      asking.type('y\r');
      expect(await asking.ended).toBe(0);
      expect(await site.deployed()).toEqual({ api: v2!.tag, web: v3!.tag });
      await restore(before);
      const silent = site.terminal(['rollback', 'api', '-y']);
      expect(await silent.ended).toBe(0);
      expect(silent.everything().join('\n')).not.toContain('[y/N]');
      expect(await site.deployed()).toEqual({ api: v2!.tag, web: v3!.tag });
      await restore(before);
    });

    test('deploy names the images and targets before it asks', async () => {
      const before = await head();
      const terminal = site.terminal([
        'deploy',
        '--image',
        `api=${site.prefix}/api:${v1!.tag}`,
        '--source',
        v1!.commit,
        '--allow-rollback',
      ]);
      const asked = await terminal.until((screen) => screen.includes('Deploy as shown? [y/N]'));
      expect(asked.join('\n')).toMatch(new RegExp(`^api  \\S+/api:${v1!.tag}\\ndeploy  k8s on main: api`, 'm'));
      terminal.type('\r');
      expect(await terminal.ended).toBe(0);
      expect(await head()).toBe(before);
    });
  });

  test('goes to the release before, by one commit over all images, and says what it holds off', async () => {
    const before = await git(site.bare, ['rev-parse', 'main']);
    const { exitCode, stdout } = await site.cli(['rollback']);
    expect({ exitCode, deployed: await site.deployed() }).toEqual({ exitCode: 0, deployed: both(v2!) });
    expect(await git(site.bare, ['rev-parse', 'main^'])).toBe(before);
    expect(await site.changedLines(before)).toEqual([
      `-    newTag: ${v3!.tag}`,
      `+    newTag: ${v2!.tag}`,
      `-    newTag: '${v3!.tag}'   # shows`,
      `+    newTag: '${v2!.tag}'   # shows`,
    ]);
    expect(stdout).toContain(`✓ Rolled back api to ${v2!.tag} and web to ${v2!.tag}.`);
    expect(stdout).toContain(`Runs of commits up to ${short(v3!)} will not deploy again; newer commits will.`);
    expect(stdout).toContain(`Roll forward to ${v3!.tag}: image-release rollback api web --to ${v3!.tag}`);
  });

  test('is pinned: status says so, and runs of what was rolled back and of what is older are superseded', async () => {
    const { exitCode, stdout } = await site.cli(['status', 'api']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        `api:${v2!.tag}.*\\n +rolled back just now .* from ${short(v2!)}, run 2, by commit \\w{7}\\n +pinned until a commit newer than ${short(v3!)}, run 3 is released`,
      ),
    );
    const before = await head();
    for (const version of [v3!, v1!]) {
      const late = await site.deploy(version);
      expect({ exitCode: late.exitCode, head: await head() }).toEqual({ exitCode: 3, head: before });
    }
  });

  test('repeated goes one further back', async () => {
    await site.cli(['rollback']);
    expect(await site.deployed()).toEqual(both(v1!));
  });

  test('goes forward again by name, and is no longer pinned then', async () => {
    const { exitCode, stdout } = await site.cli(['rollback', '--to', v3!.tag]);
    expect({ exitCode, deployed: await site.deployed() }).toEqual({ exitCode: 0, deployed: both(v3!) });
    expect(stdout).toContain('Releases of api and web are no longer blocked.');
    expect(Object.values((await site.ledger()).images).map(({ status }) => status)).toEqual(['deployed', 'deployed']);
  });

  // By now the first version stood there last, the second before it.
  test.each<[string, () => string, () => Version]>([
    ['a tag', () => v1!.tag, () => v1!],
    ['a commit', () => short(v1!), () => v1!],
    ['-2', () => '-2', () => v2!],
  ])('goes to what --to names: %s', async (_, to, expected) => {
    const before = await head();
    const { exitCode } = await site.cli(['rollback', 'web', '--to', to()]);
    expect({ exitCode, deployed: await site.deployed() }).toEqual({
      exitCode: 0,
      deployed: { api: v3!.tag, web: expected().tag },
    });
    await restore(before);
  });
});

test('a newer commit undoes a rollback', async () => {
  await site.cli(['rollback', 'api']);
  const v4 = await site.ship();
  expect(await site.deployed()).toEqual(both(v4));
  const { stdout } = await site.cli(['status', 'api']);
  expect(stdout).toMatch(new RegExp(`api:${v4.tag}.*\\n +deployed just now`));
  expect(stdout).not.toContain('pinned');
});

test('what never was is refused for all images at once, with what there is, and nothing changes', async () => {
  const before = await head();
  const { exitCode, stdout, stderr } = await site.cli(['rollback', '--to', 'main-0000000']);
  expect({ exitCode, stdout, head: await head() }).toEqual({ exitCode: 2, stdout: '', head: before });
  expect(stderr.match(/^error \[deploy\/no-such-release\]/gm)).toHaveLength(KEYS.length);
  for (const version of [v1!, v2!, v3!]) {
    expect(stderr).toMatch(
      new RegExp(`^ +${version.tag}  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC  from ${short(version)}`, 'm'),
    );
  }
});

test('a release that the registry no longer serves is not gone back to', async () => {
  await site.remove('web', v1!.digests['web']!);
  const before = await head();
  const { exitCode, stderr } = await site.cli(['rollback', '--to', v1!.tag]);
  expect({ exitCode, head: await head() }).toEqual({ exitCode: 1, head: before });
  expect(stderr).toMatch(/error \[deploy\/not-pullable\].*\n.*does not serve \S+\/web:/);
});

describe('where nothing was ever recorded', () => {
  let fresh: StewardSite;
  beforeAll(async () => {
    fresh = await openStewardSite();
  });
  afterAll(() => fresh.close());

  test('there is nothing to go back to, and the way out is named', async () => {
    const { exitCode, stderr } = await fresh.cli(['rollback', 'api']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/error \[deploy\/no-history\].*\n.*Channel main .* has no ledger/);
    expect(stderr).toContain(`image-release deploy --image api=${fresh.prefix}/api:TAG --allow-rollback`);
  });
});

test.each<[string, string[], string, RegExp]>([
  ['a key that the configuration does not have', ['apo'], 'input/invalid', /Did you mean `api`\?/],
  ['a channel that there is not', ['--channel', 'mian'], 'deploy/unknown-channel', /Did you mean `main`\?/],
])('%s is refused', async (_, args, code, fix) => {
  const { exitCode, stderr } = await site.cli(['rollback', ...args]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`error [${code}]`);
  expect(stderr).toMatch(fix);
});
