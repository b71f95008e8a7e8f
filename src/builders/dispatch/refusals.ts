import { failure, type ReleaseError } from '../../lib/errors.js';
import { saidIn, type Answer } from './github-api.js';

/** What was asked of GitHub, for the sentence that it refused. */
export interface Attempted {
  /** Such as `start build-push.yml`. */
  doing: string;
  repository: string;
  /** File name. */
  workflow?: string;
  ref?: string;
}

const same = (text: string) => text;

/** The error for an answer that is a refusal. GitHub's own words come along, as they tell the case. */
export function refusalOf(answer: Answer, attempted: Attempted): ReleaseError {
  const said = saidIn(answer, same);
  const { status } = answer;
  const refusal = REFUSALS.find(({ when }) => when(status, said));
  const { code, why, fix } = (refusal ?? OTHER).explain(attempted, said);
  return failure({
    code,
    message: `GitHub does not let you ${attempted.doing}: ${why}.`,
    fix,
    ...(said !== '' && { detail: `GitHub says (${status}): ${said}` }),
  });
}

interface Explained {
  code: ReleaseError['code'];
  /** A clause without full stop. */
  why: string;
  fix: string;
}

interface Refusal {
  when(status: number, said: string): boolean;
  explain(attempted: Attempted, said: string): Explained;
}

/** In the order in which they are looked at: words first, since one status stands for many things. */
const REFUSALS: readonly Refusal[] = [
  {
    when: (_, said) => /disabled workflow/i.test(said),
    explain: ({ workflow, repository }) => ({
      code: 'dispatch/refused',
      why: `the workflow ${workflow} is disabled`,
      fix: `Enable it: \`gh workflow enable ${workflow}\`, or on the page Actions of ${repository}.`,
    }),
  },
  {
    when: (_, said) => /does not have '?workflow_dispatch'? trigger/i.test(said),
    explain: ({ workflow, ref }) => ({
      code: 'dispatch/refused',
      why: `${workflow} has no \`workflow_dispatch\` on ${ref}, or GitHub has not read it yet`,
      fix: `Add \`workflow_dispatch:\` to its \`on:\`, on ${ref} and on the default branch, and push.`,
    }),
  },
  {
    when: (_, said) => /no ref found/i.test(said),
    explain: ({ ref }) => ({
      code: 'dispatch/not-pushed',
      why: `it has no ${ref}`,
      fix: `Push first: \`git push -u origin ${ref}\`.`,
    }),
  },
  {
    when: (_, said) => /unexpected inputs|required input|for input|provided value/i.test(said),
    explain: ({ workflow, ref }, said) => ({
      code: 'dispatch/refused',
      why: `it does not take the inputs: ${said.replace(/^./, (first) => first.toLowerCase())}`,
      fix: `Bring ${workflow} on ${ref} up to date: its \`inputs\` are not those of this checkout.`,
    }),
  },
  {
    when: (status) => status === 401,
    explain: () => ({
      code: 'dispatch/not-permitted',
      why: 'the token is wrong or has expired',
      fix: 'Set GITHUB_TOKEN to a valid token, or log in again: `gh auth login`.',
    }),
  },
  {
    when: (_, said) => /SAML|single sign-on|\bSSO\b/i.test(said),
    explain: () => ({
      code: 'dispatch/not-permitted',
      why: 'the organisation wants single sign-on, and the token is not authorised for it',
      fix: 'Authorise the token for the organisation at https://github.com/settings/tokens (“Configure SSO”).',
    }),
  },
  {
    when: (status, said) => status === 403 && /not accessible by integration/i.test(said),
    explain: () => ({
      code: 'dispatch/not-permitted',
      why: 'the job’s token has no `actions: write`',
      fix: 'Add `actions: write` to the `permissions` of the job that runs this.',
    }),
  },
  {
    when: (status, said) => status === 403 && /personal access token/i.test(said),
    explain: ({ repository }) => ({
      code: 'dispatch/not-permitted',
      why: 'the fine-grained token has no “Actions: Read and write”',
      fix: `Give the token “Actions: Read and write” and “Contents: Read” on ${repository}.`,
    }),
  },
  {
    when: (status) => status === 403,
    explain: ({ repository }) => ({
      code: 'dispatch/not-permitted',
      why: 'the token, or its owner, has no `actions: write`',
      fix: `Use a token with \`actions: write\` (classic: scope \`repo\`) of somebody who may write to ${repository}.`,
    }),
  },
  {
    when: (status) => status === 404,
    explain: ({ workflow, repository }) => ({
      code: 'dispatch/not-found',
      why: workflow
        ? `it knows no workflow ${workflow} in ${repository}. A workflow can be started only once it is on the default branch`
        : `it knows no repository ${repository}, or the token does not see it`,
      fix: workflow
        ? `Merge ${workflow} into the default branch first; or use a token that sees ${repository}.`
        : `Check the remote \`origin\`, or use a token that sees ${repository}.`,
    }),
  },
];

const OTHER: Pick<Refusal, 'explain'> = {
  explain: (_, said) => ({
    code: 'dispatch/refused',
    why: said || 'it gives no reason',
    fix: 'Do what the message says, and run again.',
  }),
};
