/** @programs kustomize */
import { git } from '../../testing/acme.js';
import { KEYS } from './cli-site.js';
import { openStewardSite, type StewardSite, type Version } from './steward-site.js';

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

/** Resets branch and ledger to commits that `head` returned. */
async function restore(before: string): Promise<void> {
  const [main = '', ledger = ''] = before.split('\n');
  await git(site.bare, ['update-ref', 'refs/heads/main', main]);
  await git(site.bare, ['update-ref', 'refs/image-release/main', ledger]);
}

describe('a rollback', () => {
  test('with --dry-run shows the planned change, and changes nothing', async () => {
    const before = await head();
    const { exitCode, stdout } = await site.cli(['rollback', 'api', '--dry-run']);
    expect({ exitCode, head: await head() }).toEqual({ exitCode: 0, head: before });
    expect(stdout).toContain(`api  ${v3!.tag} → ${v2!.tag} (deployed just now from ${short(v2!)}, run 2)`);
    expect(stdout).toContain(`✓ Dry run: would roll back api to ${v2!.tag}. Nothing was changed.`);
    expect(stdout).toContain(`Runs of commits up to ${short(v3!)} would not deploy again; newer commits would.`);
  });

  test('with --json prints both releases, the deploy commit, and the pin', async () => {
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

  test('shows the change at a terminal and asks: no and Ctrl-C change nothing, yes and -y roll back', async () => {
    const before = await head();
    for (const [keys, exitCode, words] of [
      ['n\r', 0, '– Not confirmed. Nothing was changed.'],
      ['\u0003', 130, '✗ Cancelled while waiting for an answer.'],
      ['y\r', 0, `✓ Rolled back api to ${v2!.tag}.`],
    ] as const) {
      const terminal = site.terminal(['rollback', 'api']);
      const asked = await terminal.until((screen) => screen.includes('Roll back as shown? [y/N]'));
      expect(asked.join(' ')).toContain(`api  ${v3!.tag} → ${v2!.tag}`);
      terminal.type(keys);
      expect(await terminal.ended).toBe(exitCode);
      expect(terminal.everything().join('\n')).toContain(words);
      expect((await head()) === before).toBe(keys !== 'y\r');
    }
    expect(await site.deployed()).toEqual({ api: v2!.tag, web: v3!.tag });
    await restore(before);
    const silent = site.terminal(['rollback', 'api', '-y']);
    expect(await silent.ended).toBe(0);
    expect(silent.everything().join('\n')).not.toContain('[y/N]');
    expect(await site.deployed()).toEqual({ api: v2!.tag, web: v3!.tag });
    await restore(before);
  });

  test('deploys the previous release of all images in one commit, and prints which runs it blocks', async () => {
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

  test('is pinned in status, and runs of the rolled-back release and of older ones are superseded', async () => {
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
      expect(late.stderr).not.toMatch(/^error/m);
      expect(late.stdout).toMatch(new RegExp(`api ${version.tag} was not deployed: .* \\(${v2!.tag}\\)\\.`));
    }
  });

  test('with --to a newer release deploys that one, and unblocks releases', async () => {
    const { exitCode, stdout } = await site.cli(['rollback', '--to', v3!.tag]);
    expect({ exitCode, deployed: await site.deployed() }).toEqual({ exitCode: 0, deployed: both(v3!) });
    expect(stdout).toContain('Releases of api and web are no longer blocked.');
    expect(Object.values((await site.ledger()).images).map(({ status }) => status)).toEqual(['deployed', 'deployed']);
  });
});

test('a release of a newer commit replaces a rollback and its pin', async () => {
  await site.cli(['rollback', 'api']);
  const v4 = await site.ship();
  expect(await site.deployed()).toEqual(both(v4));
  const { stdout } = await site.cli(['status', 'api']);
  expect(stdout).toMatch(new RegExp(`api:${v4.tag}.*\\n +deployed just now`));
  expect(stdout).not.toContain('pinned');
});

test('deploys an unpushed commit, and its parent is superseded afterwards', async () => {
  const published = await site.publish();
  const images = KEYS.flatMap((key) => ['--image', `${key}=${site.prefix}/${key}:${published.tag}`]);
  await site.git('commit', '--quiet', '--allow-empty', '--message', 'Not pushed yet');
  const unpushed = await site.git('rev-parse', 'HEAD');
  const { exitCode } = await site.cli(['deploy', ...images]);
  expect({ exitCode, deployed: await site.deployed() }).toEqual({ exitCode: 0, deployed: both(published) });
  expect(await git(site.bare, ['log', '-1', '--format=%B', 'refs/image-release/main'])).toContain(
    `Image-Release-Source: ${unpushed}`,
  );
  const late = await site.deploy(published);
  expect(late.exitCode).toBe(3);
});
