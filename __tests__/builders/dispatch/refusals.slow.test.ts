import { jest } from '@jest/globals';
import { Secret } from '../../../src/lib/secret.js';
import {
  NAMELESS,
  READER,
  setDispatchStage,
  WORKFLOW,
  type DispatchStage,
  type Ended,
  type Over,
} from './stage.js';

jest.setTimeout(60_000);

let stage: DispatchStage;
beforeEach(async () => {
  stage = await setDispatchStage();
});
afterEach(() => stage.stop());

const runs = () => stage.github.repository('acme/app').runs ?? [];
const only = ({ problems }: Ended) => {
  expect(problems).toHaveLength(1);
  return problems[0]!;
};

describe('what stands against it is told before anything is started', () => {
  test.each<[string, (stage: DispatchStage) => Promise<Over | void>, string, RegExp]>([
    [
      'a commit that was not pushed',
      async (at) => void (await at.commit('api/Dockerfile', 'FROM scratch\n', 'keep')),
      'dispatch/not-pushed',
      /^Commit \w{7} is not on GitHub: branch main is at \w{7} there\./,
    ],
    [
      'a branch that was not pushed',
      async (at) => {
        await at.git('switch', '--quiet', '--create', 'topic');
        return {
          replan: (plan) => ({ ...plan, source: { ...plan.source, ref: { type: 'branch', name: 'topic' } } }),
        };
      },
      'dispatch/not-pushed',
      /^The branch topic is not on GitHub \(acme\/app\)\./,
    ],
    [
      'a branch that is further on GitHub',
      async (at) => {
        await at.commit('note.txt', 'newer\n');
        await at.git('reset', '--quiet', '--hard', 'HEAD^');
      },
      'dispatch/behind',
      /^Branch main on GitHub is 1 commit further/,
    ],
    [
      'files that are not committed',
      async () => ({ uncommitted: ['api/server.js', 'notes.txt'] }),
      'dispatch/uncommitted-changes',
      /^Not committed, and so not in what GitHub builds: api\/server\.js\.$/,
    ],
    [
      'a checkout on no branch',
      async () => ({ replan: (plan) => ({ ...plan, source: { ...plan.source, ref: { type: 'commit' } } }) }),
      'dispatch/no-ref',
      /on no branch and no tag/,
    ],
    ['no token', async () => ({ token: undefined }), 'dispatch/no-token', /no token/],
    [
      'no repository',
      async () => ({ repository: undefined }),
      'dispatch/no-repository',
      /no repository on GitHub/,
    ],
    [
      'a repository that the token does not see',
      async () => ({ repository: 'acme/other' }),
      'dispatch/not-found',
      /knows no repository acme\/other, or the token does not see it/,
    ],
  ])('%s', async (_, arrange, code, message) => {
    const over = (await arrange(stage)) ?? {};
    const problem = only(await stage.release(over));
    expect(problem).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(runs()).toEqual([]);
  });

  test.each<[string, () => Promise<Over | void>, string, RegExp]>([
    [
      'a workflow that is disabled',
      async () => stage.actions({ disabled: ['release.yml'] }),
      'dispatch/refused',
      /: the workflow release\.yml is disabled\.$/,
    ],
    [
      'a token that may only read',
      async () => ({ token: new Secret(READER) }),
      'dispatch/not-permitted',
      /: the job’s token has no `actions: write`\.$/,
    ],
    [
      'a wrong token',
      async () => ({ token: new Secret('nobody-knows-it') }),
      'dispatch/not-permitted',
      /: the token is wrong or has expired\.$/,
    ],
    [
      'a workflow that is not on the default branch yet',
      async () => ({
        workflows: [{ path: '.github/workflows/new.yml', text: WORKFLOW }],
      }),
      'dispatch/not-found',
      /: it knows no workflow new\.yml in acme\/app\. A workflow can be started only once it is on the default branch\.$/,
    ],
    [
      'inputs that the file on GitHub does not have',
      async () => void (await stage.commit('.github/workflows/release.yml', NAMELESS)),
      'dispatch/refused',
      /: it does not take the inputs: unexpected inputs provided: \["dispatch-id"\]\.$/,
    ],
    [
      'a file on GitHub without workflow_dispatch',
      async () => void (await stage.commit('.github/workflows/release.yml', 'on: push\njobs: {}\n')),
      'dispatch/refused',
      /: release\.yml has no `workflow_dispatch` on main/,
    ],
  ])('GitHub refuses %s', async (_, arrange, code, message) => {
    const over = (await arrange()) ?? {};
    expect(only(await stage.release(over))).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(runs()).toEqual([]);
  });
});
