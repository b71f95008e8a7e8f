import { renderNextSteps, type InitReport } from '../../src/report/init.js';
import { plainStyle } from '../../src/report/terminal.js';

const STANDING = { head: 'branch', upstream: 'set', defaultBranch: 'trunk', folder: '' } as const;

function stepsFor(report: Partial<Pick<InitReport, 'lacks' | 'standing'>>): string {
  const files = [{ path: 'image-release.yml', text: '' }];
  const whole = { files, problems: [], lacks: [], standing: STANDING, ...report };
  return renderNextSteps(whole as unknown as InitReport, plainStyle);
}

test.each([
  ['a clone', {}, ['git add image-release.yml && git commit', 'git push  ']],
  [
    'a branch that nothing tracks',
    { standing: { ...STANDING, upstream: 'none' } },
    ['git push -u origin HEAD'],
  ],
  ['a commit without a branch', { standing: { ...STANDING, head: 'detached' } }, ['git switch trunk']],
  ['a folder below the root', { standing: { ...STANDING, folder: 'api' } }, ['git add :/image-release.yml']],
] as const)('the next steps work in %s', (_, report, commands) => {
  for (const command of commands) expect(stepsFor(report)).toContain(`  ${command}`);
});
