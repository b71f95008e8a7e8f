/** @programs docker kustomize */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { openCliSite } from './cli-site.js';
import { isGone, processWith } from '../processes.js';

jest.setTimeout(60_000);

const BUNDLE = fileURLToPath(new URL('../../dist/cli/index.js', import.meta.url));

test('Ctrl-C in a build ends within ten seconds; no tag, no commit, no file, no build is left', async () => {
  const site = await openCliSite();
  try {
    const nap = `sleep ${50_000 + Math.floor(Math.random() * 40_000)}`;
    await site.commit({ 'web/Dockerfile': `FROM busybox\nCOPY words /words\nRUN ${nap}\n` });
    const before = await site.traces();
    const cancel = new AbortController();
    const running = site.cli(['release'], { cancel: cancel.signal });
    await processWith(nap);
    cancel.abort();
    const { exitCode, stdout, stderr, endedAfterMs } = await running;

    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect(stderr).toMatch(/^✗ Cancelled during build\./m);
    expect(stderr).not.toMatch(/^error/m);
    expect(endedAfterMs).toBeLessThan(10_000);
    expect(await isGone(nap)).toBe(true);
    const after = await site.traces();
    const leftTags = after.tags.filter((tag) => !/^api:main-/.test(tag));
    expect({ ...after, tags: leftTags }).toEqual(before);
  } finally {
    await site.close();
  }
});

test('a reader that goes away, such as `head`, does not break off a release', async () => {
  const site = await openCliSite();
  try {
    const before = await site.git('rev-parse', 'origin/main');
    const child = spawn(process.execPath, [BUNDLE, 'release'], {
      cwd: site.dir,
      env: {
        PATH: process.env['PATH'],
        HOME: site.home,
        TMPDIR: site.temp,
        DOCKER_HOST: labFromEnvironment().dockerHost,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    child.stderr.once('data', () => child.stderr.destroy());
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(await site.changedLines(before)).toHaveLength(4);
  } finally {
    await site.close();
  }
});
