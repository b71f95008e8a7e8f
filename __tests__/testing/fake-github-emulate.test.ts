import { getOctokit } from '@actions/github';
import { createEmulator } from 'emulate';
import type { Emulator } from 'emulate';
import { freePort } from '../../testing/free-port.js';
import { AT, setStage } from './fake-github/fixtures.js';
import type { Octokit, Stage } from './fake-github/fixtures.js';

/** Ids from earlier answers that later requests need, per server. */
interface Memory {
  first: string;
  tree: string;
  blob: string;
  commit: string;
  sibling: string;
}

type Answer = Promise<{ status: number; data: unknown }>;
/** `shown` selects the data that must be equal on both servers, without commit ids, dates and URLs. */
type Step = [
  name: string,
  request: (octokit: Octokit, memory: Memory) => Answer,
  shown?: (data: never, memory: Memory) => unknown,
];

const NOWHERE = 'f'.repeat(40);
const entry = (path: string, sha: string | null) => ({ path, mode: '100644', type: 'blob', sha }) as const;
/** Stores the id in an answer for later requests. */
const keep = async <T extends { data: { sha: string } }>(memory: Memory, key: keyof Memory, answer: Promise<T>) => {
  memory[key] = (await answer).data.sha;
  return answer;
};
const compare = (basehead: (memory: Memory) => string): [Step[1], Step[2]] => [
  ({ rest }, memory) => rest.repos.compareCommitsWithBasehead({ ...AT, basehead: basehead(memory) }),
  comparison,
];

const STORY: Step[] = [
  [
    'the repository',
    ({ rest }) => rest.repos.get(AT),
    (data: Record<string, unknown>) => [data.full_name, data.default_branch, data.private],
  ],
  [
    'a ref',
    async ({ rest }, memory) => {
      const answer = await rest.git.getRef({ ...AT, ref: 'heads/main' });
      memory.first = answer.data.object.sha;
      return answer;
    },
    ({ ref, object }: { ref: string; object: { type: string } }) => [ref, object.type],
  ],
  ['a ref that is not there', ({ rest }) => rest.git.getRef({ ...AT, ref: 'heads/no' })],
  [
    'a blob, whose id is what git says',
    ({ rest }, memory) => {
      const content = Buffer.from('newTag: main-2\n').toString('base64');
      return keep(memory, 'blob', rest.git.createBlob({ ...AT, content, encoding: 'base64' }));
    },
    ({ sha }: { sha: string }) => sha,
  ],
  [
    'the blob again',
    ({ rest }, { blob }) => rest.git.getBlob({ ...AT, file_sha: blob }),
    ({ content, ...data }: { content: string; encoding: string; size: number }) => [
      Buffer.from(content, 'base64').toString(),
      data.encoding,
      data.size,
    ],
  ],
  [
    'a tree without a base, whose id is what git says',
    ({ rest }, memory) =>
      keep(memory, 'tree', rest.git.createTree({ ...AT, tree: [entry('k8s/app.yml', memory.blob)] })),
    ({ sha }: { sha: string }) => sha,
  ],
  [
    'the tree, recursive',
    ({ rest }, { tree }) => rest.git.getTree({ ...AT, tree_sha: tree, recursive: '1' }),
    ({ tree, truncated }: { tree: Record<string, unknown>[]; truncated: boolean }) => [
      tree.map(({ path, mode, type }) => [path, mode, type]),
      truncated,
    ],
  ],
  [
    'a commit',
    ({ rest }, memory) => {
      const wish = { ...AT, message: 'Roll out', tree: memory.tree, parents: [memory.first] };
      return keep(memory, 'commit', rest.git.createCommit(wish));
    },
    (data: { message: string; parents: { sha: string }[]; tree: { sha: string } }, { first }) => [
      data.message,
      data.parents.map(({ sha }) => sha === first),
      data.tree.sha,
    ],
  ],
  [
    'a commit on a parent that is not there',
    ({ rest }, { tree }) => rest.git.createCommit({ ...AT, message: 'x', tree, parents: [NOWHERE] }),
  ],
  [
    'a new ref',
    ({ rest }, { commit }) => rest.git.createRef({ ...AT, ref: 'refs/heads/work', sha: commit }),
    ({ ref }: { ref: string }) => ref,
  ],
  ['the new ref again', ({ rest }, { commit }) => rest.git.createRef({ ...AT, ref: 'refs/heads/work', sha: commit })],
  [
    'a ref to an object that is not there',
    ({ rest }) => rest.git.createRef({ ...AT, ref: 'refs/heads/x', sha: NOWHERE }),
  ],
  ['a comparison: ahead', ...compare(() => 'main...work')],
  ['a comparison: behind', ...compare(() => 'work...main')],
  ['a comparison: identical', ...compare(() => 'work...work')],
  [
    'a sibling commit',
    ({ rest }, memory) => {
      const wish = { ...AT, message: 'Sibling', tree: memory.tree, parents: [memory.first] };
      return keep(memory, 'sibling', rest.git.createCommit(wish));
    },
  ],
  ['a comparison: diverged', ...compare(({ commit, sibling }) => `${commit}...${sibling}`)],
  [
    'an update that is no fast-forward',
    ({ rest }, { sibling }) => rest.git.updateRef({ ...AT, ref: 'heads/work', sha: sibling, force: false }),
  ],
  [
    'a fast-forward',
    ({ rest }, { commit }) => rest.git.updateRef({ ...AT, ref: 'heads/main', sha: commit }),
    ({ ref }: { ref: string }) => ref,
  ],
];

function comparison(data: Record<string, unknown> & { commits: { sha: string }[] }, { first }: Memory) {
  const base = (data.merge_base_commit as { sha: string }).sha === first;
  return [data.status, data.ahead_by, data.behind_by, data.total_commits, data.commits.length, base];
}

let stage: Stage;
let emulator: Emulator;
beforeAll(async () => {
  stage = await setStage();
  emulator = await createEmulator({
    service: 'github',
    port: await freePort(),
    seed: {
      tokens: { robot: { login: 'acme', scopes: ['repo'] } },
      github: { users: [{ login: 'acme' }], repos: [{ owner: 'acme', name: 'app', auto_init: true }] },
    },
  });
});
afterAll(async () => {
  await emulator.close();
  await stage.stop();
});

async function tell(octokit: Octokit): Promise<Record<string, unknown>> {
  const memory: Memory = { first: '', tree: '', blob: '', commit: '', sibling: '' };
  const told: Record<string, unknown> = {};
  for (const [name, request, shown] of STORY) {
    const answer = await request(octokit, memory).catch((error: { status: number }) => ({
      status: error.status,
      data: undefined,
    }));
    const fields = shown && answer.data !== undefined ? shown(answer.data as never, memory) : undefined;
    told[name] = { status: answer.status, fields };
  }
  return told;
}

test('answers with the same statuses and fields as another emulation of GitHub', async () => {
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const theirs = getOctokit('robot', { baseUrl: emulator.url, log: silent });
  const story = await tell(stage.octokit);
  expect(story).toEqual(await tell(theirs));
  const statuses = Object.values(story).map((told) => (told as { status: number }).status);
  expect(statuses.filter((status) => status < 300)).toHaveLength(14);
});
