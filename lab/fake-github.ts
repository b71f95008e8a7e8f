import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { tryGit } from '../testing/fake-github/git.js';
import type { FakeRepository } from '../testing/fake-github/repository.js';
import { RULE_TYPES } from '../testing/fake-github/rules.js';
import type { BranchRule } from '../testing/fake-github/rules.js';
import { startFakeGithub } from '../testing/fake-github/server.js';

const USAGE = `npm run lab -- fake-github --repository OWNER/NAME=DIR … [options]

Serves bare git repositories as GitHub does: REST and GraphQL API, clone and push over HTTP.

  --repository OWNER/NAME=DIR  a bare repository; made (empty) when DIR isn't there; repeatable
  --port N                     default: any free one
  --token TOKEN                may write; default: lab-token
  --read-token TOKEN           may read only
  --default-branch NAME        default: main
  --private                    invisible without a token
  --rule BRANCH=TYPE           pull_request, non_fast_forward, creation, …; repeatable`;

export async function program(args: string[]): Promise<string[]> {
  const { values } = parseArgs({
    args,
    options: {
      repository: { type: 'string', multiple: true, default: [] },
      port: { type: 'string', default: '0' },
      token: { type: 'string', default: 'lab-token' },
      'read-token': { type: 'string' },
      'default-branch': { type: 'string', default: 'main' },
      private: { type: 'boolean', default: false },
      rule: { type: 'string', multiple: true, default: [] },
    },
  });
  if (values.repository.length === 0) throw new Error(USAGE);
  const rules = values.rule.map((rule): BranchRule => {
    const [branch = '', type = ''] = rule.split('=');
    const known = RULE_TYPES.find((candidate) => candidate === type);
    if (!known) throw new Error(`--rule ${rule}: the types are ${RULE_TYPES.join(', ')}`);
    return { branch, type: known };
  });
  const repositories = await Promise.all(
    values.repository.map(async (argument): Promise<FakeRepository> => {
      const match = /^([^/=]+)\/([^/=]+)=(.+)$/.exec(argument);
      if (!match) throw new Error(`--repository ${argument}: expected OWNER/NAME=DIR\n\n${USAGE}`);
      const [, owner = '', name = '', dir = ''] = match;
      return {
        owner,
        name,
        dir: await ensureBare(resolve(dir), values['default-branch']),
        defaultBranch: values['default-branch'],
        private: values.private,
        tokens: {
          ...(values['read-token'] ? { [values['read-token']]: 'read' as const } : {}),
          [values.token]: 'write',
        },
        rules: [...rules],
      };
    }),
  );
  const github = await startFakeGithub({
    repositories,
    port: Number(values.port),
    log: (line) => console.error(line),
  });
  const clone = new URL(github.url);
  Object.assign(clone, { username: 'x-access-token', password: values.token });
  return [
    `GITHUB_SERVER_URL=${github.url}`,
    `GITHUB_API_URL=${github.apiUrl}`,
    `GITHUB_GRAPHQL_URL=${github.graphqlUrl}`,
    `GITHUB_TOKEN=${values.token}`,
    ...repositories.map(({ owner, name }) => `# git clone ${clone.href}${owner}/${name}.git`),
  ];
}

async function ensureBare(dir: string, defaultBranch: string): Promise<string> {
  if (existsSync(dir)) return dir;
  const made = await tryGit(dir, ['init', '-q', '--bare', `--initial-branch=${defaultBranch}`]);
  if (made.code !== 0) throw new Error(`${dir}: ${made.stderr}`);
  return dir;
}
