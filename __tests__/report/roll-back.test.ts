import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeBlocks } from '../repository/markdown.js';
import { renderSummary } from '../../src/report/summary.js';
import { releasedReport } from './sample.js';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'image-release-roll-back-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const ENV = {
  PATH: process.env['PATH'],
  GIT_CONFIG_GLOBAL: '/dev/null',
  ...{ GIT_AUTHOR_NAME: 'Test', GIT_AUTHOR_EMAIL: 'test@example.com' },
  ...{ GIT_COMMITTER_NAME: 'Test', GIT_COMMITTER_EMAIL: 'test@example.com' },
};

function shell(cwd: string, script: string): string {
  return execFileSync('bash', ['-e', '-c', script], {
    cwd,
    env: ENV,
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();
}

/** The commands that the summary offers for going back, given that a release committed `commit`. */
function offered(commit: string): string {
  const report = releasedReport();
  const deployments = report.deployments.map((deployment) => ({ ...deployment, commit }));
  const [block] = codeBlocks(renderSummary({ ...report, deployments })).filter(
    ({ language }) => language === 'sh',
  );
  return block!.text
    .split('\n')
    .filter((line) => !line.startsWith('docker '))
    .join('\n');
}

test('the commands for going back work in a clone that is behind, and start no release', () => {
  const commit = (tag: string) => `echo 'newTag: ${tag}' > k8s.yml && git add . && git commit -qm ${tag}`;
  shell(scratch, 'git init -q --bare -b main origin && git clone -q origin bot 2>&1');
  shell(join(scratch, 'bot'), `${commit('old')} && git push -q origin HEAD:main`);
  shell(scratch, 'git clone -q origin behind');
  shell(join(scratch, 'bot'), `${commit('new')} && git rev-parse HEAD > ../deployed`);
  shell(
    join(scratch, 'bot'),
    'touch other && git add . && git commit -qm other && git push -q origin HEAD:main',
  );
  writeFileSync(join(scratch, 'behind', 'untracked'), '');

  shell(join(scratch, 'behind'), offered(shell(scratch, 'cat deployed')));

  const origin = join(scratch, 'origin');
  expect(shell(origin, 'git show main:k8s.yml')).toBe('newTag: old');
  expect(shell(origin, 'git ls-tree --name-only main')).toContain('other');
  expect(shell(origin, 'git log -1 --format=%s main')).toMatch(/^Roll back [0-9a-f]{7} \[skip ci\]$/);
});

test('where nothing was committed, no way back is offered', () => {
  const summary = renderSummary({ ...releasedReport(), deployments: [] });
  expect(summary).toContain('<summary>Verify</summary>');
  expect(summary).not.toContain('git ');
});
