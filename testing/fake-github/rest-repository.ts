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
  const api = repositoryApiUrl(call);
  const shown = page(refs, call.query, `${api}/branches`);
  const branches = shown.items.map((ref) => ({
    name: ref.name.slice('refs/heads/'.length),
    commit: { sha: ref.oid, url: `${api}/commits/${ref.oid}` },
    protected: rulesFor(call.repository, ref.name.slice('refs/heads/'.length)).length > 0,
  }));
  return jsonAnswer(200, branches, shown.headers);
}

/** What each rule type carries besides its name, unless the test says otherwise. */
const PARAMETERS: Record<string, Record<string, unknown>> = {
  pull_request: {
    dismiss_stale_reviews_on_push: false,
    require_code_owner_review: false,
    require_last_push_approval: false,
    required_approving_review_count: 0,
    required_review_thread_resolution: false,
  },
  required_status_checks: {
    required_status_checks: [{ context: 'ci' }],
    strict_required_status_checks_policy: false,
  },
  update: { update_allows_fetch_and_merge: false },
};

/** https://docs.github.com/rest/repos/rules#get-rules-for-a-branch: also for branches that don't exist. */
async function getBranchRules(call: Call) {
  const rules = rulesFor(call.repository, call.params.branch ?? '').map((rule) => ({
    type: rule.type,
    ...(PARAMETERS[rule.type] ? { parameters: { ...PARAMETERS[rule.type], ...rule.parameters } } : {}),
    ruleset_source_type: 'Repository',
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
    name: `Ruleset ${id}`,
    target: 'branch',
    source_type: 'Repository',
    source: `${call.repository.owner}/${call.repository.name}`,
    enforcement: 'active',
    conditions: { ref_name: { include: [`refs/heads/${rule.branch}`], exclude: [] } },
    rules: [{ type: rule.type }],
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
