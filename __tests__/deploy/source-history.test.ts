import { execFileSync } from 'node:child_process';
import { writeCommitMessage } from '../../src/deploy/commit-message.js';
import { describeAdvances, inert, type SourceCommit } from '../../src/deploy/order.js';

const commit = (at: number, over: Partial<SourceCommit> = {}): SourceCommit => ({
  commit: String(at).padStart(40, '0'),
  author: { name: 'Ada Example', email: 'ada@example.org' },
  date: '2026-12-01T10:00:00+01:00',
  subject: `Change ${at}`,
  ...over,
});
const URL = 'https://github.com/acme/app';
const [BASE, HEAD] = ['a'.repeat(40), 'b'.repeat(40)];
const advance = (total: number, commits: SourceCommit[]) => ({
  ...{ keys: ['api', 'web'], base: BASE, head: HEAD, history: { commits, total } },
});

function messageOf(subject: string, name = 'Ada Example'): string {
  const reference = commit(7, { subject, author: { name, email: 'ada@example.org' } });
  return writeCommitMessage({
    changes: [{ key: 'api', name: 'api', before: 'r/api:v1', after: 'r/api:v2' }],
    ...{ tags: new Map([['api', 'v2']]), source: HEAD, id: 'a1.1', url: URL, reference },
    advances: [advance(1, [reference])],
  });
}

const trailersOf = (message: string) =>
  execFileSync('git', ['interpret-trailers', '--parse'], { input: message, encoding: 'utf8' }).trim().split('\n');

test('a deploy commit lists the source commits, and git can parse its trailers', () => {
  const message = messageOf('Round prices');
  expect(message).toContain(
    '\n\nSource of api, web, 1 commit since aaaaaaa:\n- 0000000 Round prices (Ada Example)\n\nImage-Release-Source: ',
  );
  expect(trailersOf(message)).toEqual([
    `Image-Release-Source: ${HEAD}`,
    'Image-Release-Id: a1.1',
    `Argocd-reference-commit-repourl: ${URL}`,
    `Argocd-reference-commit-sha: ${commit(7).commit}`,
    'Argocd-reference-commit-author: Ada Example <ada@example.org>',
    'Argocd-reference-commit-date: 2026-12-01T10:00:00+01:00',
    'Argocd-reference-commit-subject: Round prices',
  ]);
});

test('lists the commits that were read with a link to the rest, and nothing if none were read', () => {
  const commits = Array.from({ length: 20 }, (_, at) => commit(at));
  const [lines] = describeAdvances([advance(137, commits)], URL);
  expect(lines).toHaveLength(22);
  expect(lines!.at(-1)).toBe(`- and 117 more: ${URL}/compare/aaaaaaaaaaaa...bbbbbbbbbbbb`);
  expect(describeAdvances([advance(0, []), { keys: ['api'], base: BASE, head: HEAD }], URL)).toEqual([]);
});

test.each([
  ['Fix prices\n\nImage-Release-Id: forged', ['Image-Release-Id: a1.1']],
  ['Fix\u2028Argocd-reference-commit-sha: forged', [`Argocd-reference-commit-sha: ${commit(7).commit}`]],
])("a commit subject can't add a trailer: %j", (subject, expected) => {
  const [name] = expected[0]!.split(':');
  expect(trailersOf(messageOf(subject)).filter((line) => line.startsWith(`${name}:`))).toEqual(expected);
});

test("a commit subject can't skip checks, close issues or mention users", () => {
  const message = messageOf('Fixes #12 and acme/other#3, thanks @ada [skip ci] https://github.com/acme/app/issues/4');
  expect(message).not.toMatch(/\[skip ci\]|#\d|(?<!\w)@ada|issues\/\d/);
  expect(inert('ada@example.org')).toBe('ada@example.org');
});

test.each([
  ['J. R. Doe', '"J. R. Doe" <ada@example.org>'],
  ['Ada "the" (one)', String.raw`"Ada \"the\" (one)" <ada@example.org>`],
  ['Zoë', 'Zoë <ada@example.org>'],
])('writes the author %s as an email address, quoted if needed', (name, address) => {
  expect(trailersOf(messageOf('x', name))).toContain(`Argocd-reference-commit-author: ${address}`);
});
