import { jest } from '@jest/globals';
import { getOctokit } from '@actions/github';
import { createEmulator } from 'emulate';
import type { Emulator } from 'emulate';
import { freePort } from '../../testing/free-port.js';
import { AT, setStage } from './fake-github/fixtures.js';
import type { Octokit, Stage } from './fake-github/fixtures.js';

jest.setTimeout(60_000);

/** What later requests need of earlier ones; each server has its own. */
interface Memory {
  first: string;
  tree: string;
  blob: string;
  commit: string;
  sibling: string;
}

interface Step {
  name: string;
  request: (octokit: Octokit, memory: Memory) => Promise<{ status: number; data: unknown }>;
  /** What must be the same on both; what differs by nature (commit ids, dates, URLs) is left out. */
  shown?: (data: never, memory: Memory) => unknown;
}

const NOWHERE = 'f'.repeat(40);
const entry = (path: string, sha: string | null) => ({ path, mode: '100644', type: 'blob', sha }) as const;

const STORY: Step[] = [
  {
    name: 'the repository',
    request: (octokit) => octokit.rest.repos.get(AT),
    shown: ({ full_name, default_branch, private: hidden }: Record<string, unknown>) => [
      full_name,
      default_branch,
      hidden,
    ],
  },
  {
    name: 'a ref',
    request: async (octokit, memory) => {
      const answer = await octokit.rest.git.getRef({ ...AT, ref: 'heads/main' });
      memory.first = answer.data.object.sha;
      return answer;
    },
    shown: ({ ref, object }: { ref: string; object: { type: string } }) => [ref, object.type],
  },
  {
    name: 'a ref that is not there',
    request: (octokit) => octokit.rest.git.getRef({ ...AT, ref: 'heads/no' }),
  },
  {
    name: 'a blob, whose id is what git says',
    request: async (octokit, memory) => {
      const content = Buffer.from('newTag: main-2\n').toString('base64');
      const answer = await octokit.rest.git.createBlob({ ...AT, content, encoding: 'base64' });
      memory.blob = answer.data.sha;
      return answer;
    },
    shown: ({ sha }: { sha: string }) => sha,
  },
  {
    name: 'the blob again',
    request: (octokit, { blob }) => octokit.rest.git.getBlob({ ...AT, file_sha: blob }),
    shown: ({ content, encoding, size }: { content: string; encoding: string; size: number }) => [
      Buffer.from(content, 'base64').toString(),
      encoding,
      size,
    ],
  },
  {
    name: 'a tree without a base, whose id is what git says',
    request: async (octokit, memory) => {
      const answer = await octokit.rest.git.createTree({ ...AT, tree: [entry('k8s/app.yml', memory.blob)] });
      memory.tree = answer.data.sha;
      return answer;
    },
    shown: ({ sha }: { sha: string }) => sha,
  },
  {
    name: 'the tree, recursive',
    request: (octokit, { tree }) => octokit.rest.git.getTree({ ...AT, tree_sha: tree, recursive: '1' }),
    shown: ({ tree, truncated }: { tree: Record<string, unknown>[]; truncated: boolean }) => [
      tree.map(({ path, mode, type }) => [path, mode, type]),
      truncated,
    ],
  },
  {
    name: 'a commit',
    request: async (octokit, memory) => {
      const wish = { ...AT, message: 'Roll out', tree: memory.tree, parents: [memory.first] };
      const answer = await octokit.rest.git.createCommit(wish);
      memory.commit = answer.data.sha;
      return answer;
    },
    shown: (data: { message: string; parents: { sha: string }[]; tree: { sha: string } }, { first }) => [
      data.message,
      data.parents.map(({ sha }) => sha === first),
      data.tree.sha,
    ],
  },
  {
    name: 'a commit on a parent that is not there',
    request: (octokit, { tree }) => octokit.rest.git.createCommit({ ...AT, message: 'x', tree, parents: [NOWHERE] }),
  },
  {
    name: 'a new ref',
    request: (octokit, { commit }) => octokit.rest.git.createRef({ ...AT, ref: 'refs/heads/work', sha: commit }),
    shown: ({ ref }: { ref: string }) => ref,
  },
  {
    name: 'the new ref again',
    request: (octokit, { commit }) => octokit.rest.git.createRef({ ...AT, ref: 'refs/heads/work', sha: commit }),
  },
  {
    name: 'a ref to an object that is not there',
    request: (octokit) => octokit.rest.git.createRef({ ...AT, ref: 'refs/heads/x', sha: NOWHERE }),
  },
  {
    name: 'a comparison: ahead',
    request: (octokit) => octokit.rest.repos.compareCommitsWithBasehead({ ...AT, basehead: 'main...work' }),
    shown: comparison,
  },
  {
    name: 'a comparison: behind',
    request: (octokit) => octokit.rest.repos.compareCommitsWithBasehead({ ...AT, basehead: 'work...main' }),
    shown: comparison,
  },
  {
    name: 'a comparison: identical',
    request: (octokit) => octokit.rest.repos.compareCommitsWithBasehead({ ...AT, basehead: 'work...work' }),
    shown: comparison,
  },
  {
    name: 'a sibling commit',
    request: async (octokit, memory) => {
      const wish = { ...AT, message: 'Sibling', tree: memory.tree, parents: [memory.first] };
      const answer = await octokit.rest.git.createCommit(wish);
      memory.sibling = answer.data.sha;
      return answer;
    },
  },
  {
    name: 'a comparison: diverged',
    request: (octokit, { commit, sibling }) =>
      octokit.rest.repos.compareCommitsWithBasehead({ ...AT, basehead: `${commit}...${sibling}` }),
    shown: comparison,
  },
  {
    name: 'an update that is no fast-forward',
    request: (octokit, { sibling }) =>
      octokit.rest.git.updateRef({ ...AT, ref: 'heads/work', sha: sibling, force: false }),
  },
  {
    name: 'a fast-forward',
    request: (octokit, { commit }) => octokit.rest.git.updateRef({ ...AT, ref: 'heads/main', sha: commit }),
    shown: ({ ref }: { ref: string }) => ref,
  },
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
  for (const { name, request, shown } of STORY) {
    const answer = await request(octokit, memory).catch((error: { status: number }) => ({
      status: error.status,
      data: undefined,
    }));
    const fields = shown && answer.data !== undefined ? shown(answer.data as never, memory) : undefined;
    told[name] = { status: answer.status, fields };
  }
  return told;
}

test('another emulation of GitHub tells the same story: same statuses, same fields', async () => {
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const theirs = getOctokit('robot', { baseUrl: emulator.url, log: silent });
  const story = await tell(stage.octokit);
  expect(story).toEqual(await tell(theirs));
  const statuses = Object.values(story).map((told) => (told as { status: number }).status);
  expect(statuses.filter((status) => status < 300)).toHaveLength(14);
});
