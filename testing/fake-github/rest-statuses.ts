import type { RestEndpointMethodTypes } from '@octokit/plugin-rest-endpoint-methods';
import { jsonAnswer, missing, unprocessable } from './answer.js';
import { repositoryApiUrl } from './representations.js';
import { resolveCommit } from './revisions.js';
import type { Call, Route } from './route.js';

/** What an integration has set on a commit. */
export interface StoredStatus {
  commit: string;
  state: string;
  context: string;
  description: string | null;
  at: string;
}

const STATES = ['error', 'failure', 'pending', 'success'];

type StatusJson = Omit<
  RestEndpointMethodTypes['repos']['listCommitStatusesForRef']['response']['data'][number],
  'creator'
>;

function statusJson(call: Call, { commit, state, context, description, at }: StoredStatus, id: number): StatusJson {
  const url = `${repositoryApiUrl(call)}/statuses/${commit}`;
  const [node_id, avatar_url, target_url] = [`SC_${id}`, null, null];
  return {
    id,
    node_id,
    avatar_url,
    url,
    target_url,
    state,
    context,
    description,
    created_at: at,
    updated_at: at,
  };
}

/** As Argo CD notifications and Flux's notification controller do. */
async function createStatus(call: Call) {
  const { state, context = 'default', description = null } = call.body as Partial<StoredStatus>;
  if (state === undefined) throw missing('state');
  if (!STATES.includes(state))
    throw unprocessable(`Validation Failed: state ${state} is none of ${STATES.join(', ')}.`);
  const commit = await resolveCommit(call, call.params.sha ?? '');
  if (commit === undefined) throw unprocessable(`No commit found for SHA: ${call.params.sha}`);
  const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const kept = (call.repository.statuses ??= []);
  kept.push({ commit, state, context, description, at });
  return jsonAnswer(201, statusJson(call, kept.at(-1)!, kept.length));
}

/** Newest first. */
async function listStatuses(call: Call) {
  const commit = await resolveCommit(call, call.params.ref ?? '');
  if (commit === undefined) throw unprocessable(`No commit found for SHA: ${call.params.ref}`);
  const all = (call.repository.statuses ?? []).map((status, at) => ({ status, id: at + 1 }));
  const own = all.filter(({ status }) => status.commit === commit).toReversed();
  return jsonAnswer(
    200,
    own.map(({ status, id }) => statusJson(call, status, id)),
  );
}

/** https://docs.github.com/rest/commits/statuses */
export const STATUS_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/statuses/:sha', needs: ['statuses', 'write'], handle: createStatus },
  { method: 'GET', path: '/commits/:ref/statuses', needs: ['statuses', 'read'], handle: listStatuses },
];
