import { renderNextSteps, type InitReport } from '../../src/report/init.js';
import { plainStyle } from '../../src/report/terminal.js';

const CHECKOUT = { head: 'branch', upstream: 'set', defaultBranch: 'trunk', folder: '' } as const;

function stepsFor(report: Partial<Pick<InitReport, 'lacks' | 'checkout'>> | { proposal: object }): string {
  const files = [{ path: 'image-release.yml', text: '' }];
  const proposal = { replaced: [] };
  const whole = { proposal, files, problems: [], lacks: [], checkout: CHECKOUT, ...report };
  return renderNextSteps(whole as unknown as InitReport, plainStyle);
}

test.each([
  ['a clone', {}, ['git add image-release.yml && git commit', 'git push  ']],
  ['a branch without an upstream', { checkout: { ...CHECKOUT, upstream: 'none' } }, ['git push -u origin HEAD']],
  ['a detached HEAD', { checkout: { ...CHECKOUT, head: 'detached' } }, ['git switch trunk']],
  [
    'a folder below the root of the repository',
    { checkout: { ...CHECKOUT, folder: 'api' } },
    ['git add :/image-release.yml'],
  ],
] as const)('prints next steps that work in %s', (_, report, commands) => {
  for (const command of commands) expect(stepsFor(report)).toContain(`  ${command}`);
});

test('begins the next steps with deleting the replaced jobs', () => {
  const [first] = stepsFor({ proposal: { replaced: ['.github/workflows/ci.yml (image)'] } })
    .split('Next\n')[1]!
    .split('\n');
  expect(first).toBe('  Delete .github/workflows/ci.yml (image), or both publish and deploy.');
});
