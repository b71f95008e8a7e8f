import type { Claims } from './identity.js';

/** An image as a statement names it. */
export interface Subject {
  /** Repository reference without tag. */
  image: string;
  /** `sha256:…` */
  digest: string;
}

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PROVENANCE_TYPE = 'https://slsa.dev/provenance/v1';
const BUILD_TYPE = 'https://actions.github.io/buildtypes/workflow/v1';

/**
 * One statement about all images of a release: which workflow of which commit made them. The form is that of
 * actions/attest-build-provenance, so that `gh attestation verify` and policies written for it read this one too:
 * https://actions.github.io/buildtypes/workflow/v1
 */
export function describeRelease(subjects: readonly Subject[], claims: Claims, serverUrl: string): object {
  const repository = `${serverUrl}/${claims.repository}`;
  const [path = ''] = claims.workflow_ref.slice(claims.repository.length + 1).split('@');
  return {
    _type: STATEMENT_TYPE,
    subject: subjects.map(({ image, digest }) => ({ name: image, digest: digestSet(digest) })),
    predicateType: PROVENANCE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { workflow: { ref: claims.ref, repository, path } },
        internalParameters: {
          github: {
            event_name: claims.event_name,
            repository_id: claims.repository_id,
            repository_owner_id: claims.repository_owner_id,
            runner_environment: claims.runner_environment,
          },
        },
        resolvedDependencies: [{ uri: `git+${repository}@${claims.ref}`, digest: { gitCommit: claims.sha } }],
      },
      runDetails: {
        builder: { id: `${serverUrl}/${claims.job_workflow_ref}` },
        metadata: {
          invocationId: `${repository}/actions/runs/${claims.run_id}/attempts/${claims.run_attempt}`,
        },
      },
    },
  };
}

function digestSet(digest: string): Record<string, string> {
  const [algorithm = '', hex = ''] = digest.split(':');
  return { [algorithm]: hex };
}
