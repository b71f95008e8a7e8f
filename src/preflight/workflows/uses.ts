import type { Job, Step, Workflow } from './workflow.js';

/** A step that runs this action, or the call of its workflow that stands for one. */
export function isOwnStep({ uses }: Step): boolean {
  return /^[\w.-]+\/image-release(?:\/\.github\/workflows\/release\.yml)?(?:@|$)/i.test(uses?.text ?? '');
}

const BUILDING_ACTIONS =
  /^(?:docker\/(?:build-push-action|bake-action)|redhat-actions\/buildah-build|mr-smithers-excellent\/docker-build-push|whoan\/docker-build-with-cache-action)@/i;
const BUILDING_COMMANDS =
  /\b(?:docker(?:\s+(?:buildx|image))?\s+(?:build|bake)|buildah\s+(?:bud|build)|podman\s+build|image-release\s+(?:release|build))\b/;

/** A step that builds images, by this action or another way. */
export function buildsImages(step: Step): boolean {
  return (
    isOwnStep(step) || BUILDING_ACTIONS.test(step.uses?.text ?? '') || BUILDING_COMMANDS.test(step.run ?? '')
  );
}

/** Workflows that this program has a say about. */
export function concernsImages({ jobs }: Workflow): boolean {
  return jobs.some(({ steps }) => steps.some(buildsImages));
}

/** Actions that are known to ask for no OpenID token. */
const WITHOUT_ID_TOKEN =
  /^(?:actions\/(?:checkout|cache(?:\/\w+)?|upload-artifact|download-artifact|github-script|setup-[\w-]+|labeler|stale)|docker\/[\w-]+|pnpm\/action-setup|oven-sh\/setup-bun|dorny\/paths-filter|peter-evans\/[\w-]+|softprops\/action-gh-release)(?:@|$)/i;
/** Commands of a job that may ask for one. */
const WITH_ID_TOKEN =
  /ACTIONS_ID_TOKEN|id[-_]token|oidc|cosign|sigstore|gh\s+attestation|--provenance|npm\s+publish|twine|workload[-_]identity|slsa/i;

/**
 * Whether a job certainly has no use for an OpenID token. An action that is not known may have one.
 * @param sign whether this release signs, for which the runner's token is needed
 */
export function needsNoIdToken({ calls, steps }: Job, sign: 'github' | 'cosign' | 'off'): boolean {
  if (calls !== undefined && !steps.some(isOwnStep)) return false;
  return steps.every((step) => {
    if (isOwnStep(step)) return sign === 'off';
    const { uses, run } = step;
    return uses === undefined ? !WITH_ID_TOKEN.test(run ?? '') : WITHOUT_ID_TOKEN.test(uses.text);
  });
}

/**
 * Whether what is used may become other code without a change here: a branch, or a tag of somebody else. Tags of
 * GitHub's own actions are taken as they are taken everywhere.
 * @param owner of the repository that is released, whose own actions it may move as it likes
 */
export function isMoving(uses: string, owner: string | undefined): boolean {
  if (uses.startsWith('./')) return false;
  if (uses.startsWith('docker://')) return !/@sha256:[0-9a-f]{64}$/.test(uses);
  const [, path = '', ref = ''] = /^([^@]*)@(.*)$/.exec(uses) ?? [];
  if (path === '' || /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(ref)) return false;
  const by = path.split('/')[0]!.toLowerCase();
  if (by === owner?.toLowerCase() || isOwnStep({ uses: { text: uses, place: { file: '' } }, inputs: {} }))
    return false;
  const branch = /^(?:main|master|latest|develop|trunk|head)$/i.test(ref);
  return branch || !['actions', 'github'].includes(by);
}
