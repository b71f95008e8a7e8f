import { jsonAnswer, notFound } from './answer.js';
import { page } from './fields.js';
import { listRefs } from './refs.js';
import { repositoryApiUrl } from './representations.js';
import { repositoryJson } from './repository-json.js';
import type { Call, Route } from './route.js';
import { rulesFor } from './rules.js';

const METADATA = ['metadata', 'read'] as const;
const READ = ['contents', 'read'] as const;

async function listBranches(call: Call) {
  const refs = await listRefs(call.repository.dir, 'refs/heads/');
  const shown = page(refs, call.query, `${repositoryApiUrl(call)}/branches`);
  const branches = shown.items.map(({ name, oid }) => ({
    name: name.slice('refs/heads/'.length),
    commit: { sha: oid },
  }));
  return jsonAnswer(200, branches, shown.headers);
}

/** https://docs.github.com/rest/repos/rules#get-rules-for-a-branch: also for branches that don't exist. */
async function getBranchRules(call: Call) {
  const rules = rulesFor(call.repository, call.params.branch ?? '').map((rule) => ({
    type: rule.type,
    ruleset_source: `${call.repository.owner}/${call.repository.name}`,
    // Each rule is a ruleset of its own here.
    ruleset_id: 1 + call.repository.rules.indexOf(rule),
  }));
  const shown = page(rules, call.query, `${repositoryApiUrl(call)}/rules/branches/${call.params.branch}`);
  return jsonAnswer(200, shown.items, shown.headers);
}

/** https://docs.github.com/rest/repos/rules#get-a-repository-ruleset: what the caller may bypass stands here alone. */
async function getRuleset(call: Call) {
  const id = Number(call.params.id);
  const rule = call.repository.rules[id - 1];
  if (!rule) throw notFound();
  return jsonAnswer(200, {
    id,
    current_user_can_bypass: rule.bypass?.includes(call.caller.login) ? 'always' : 'never',
  });
}

export const REPOSITORY_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '',
    needs: METADATA,
    handle: async (call) => jsonAnswer(200, repositoryJson(call)),
  },
  { method: 'GET', path: '/branches', needs: READ, handle: listBranches },
  { method: 'GET', path: '/rules/branches/*branch', needs: METADATA, handle: getBranchRules },
  { method: 'GET', path: '/rulesets/:id', needs: METADATA, handle: getRuleset },
];
