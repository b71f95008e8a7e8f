import { LIMIT, type Section } from './proof.js';

export const THREATS: Section = {
  'a tag without an image gets deployed': {
    'before the commit, the registry must serve every image completely': [
      'deploy/deploy-checks: what the registry does not serve, or serves otherwise, is refused for all images together',
      'registry/verify.lab: attestation, layer and config blobs that the registry lost',
    ],
  },
  'a late or re-run job brings old code back': {
    'a ledger moves with the branch in one update': [
      'deploy/targets/targets-github-ledger.slow: move together; the ledger names the deploy commit and has one parent and one file',
      'stories/action-late.lab: a run of an older commit that ends last, with latest, which it may still move, moves nothing of the newer release',
    ],
  },
  'another image is pushed under a tag after the release': {
    'digests are recorded;': [
      'deploy/ledger/ledger-runs: is what stands in the file, by which commit of which source and run',
    ],
    '`status`, `verify` and `rollback` compare them;': [
      'stories/cli-status.lab: a tag that was moved in the registry is reported by %s, with both digests',
      'deploy/status/rollback-runs: the digest that the ledger has on record is what the registry must serve',
    ],
    'before a deploy commit, the tag must name the digest that was released': [
      'deploy/deploy-checks: what the registry does not serve, or serves otherwise, is refused for all images together',
      'stories/action-two-jobs.lab: what the first job published and somebody has moved since is not deployed',
    ],
  },
  'an incomplete build is taken for a release': {
    'images are pushed by digest;': [
      'builders/buildx.lab: two images in one bake are pushed by digest, attested and annotated, and no tag appears',
    ],
    'tags are created only when all images, platforms and attestations exist.': [
      'registry/publish.lab: all problems of all images are reported and no tag is touched',
      'registry/verify.lab: everything that is wrong is found at once',
    ],
    "Docker's default driver can't push by digest: a failed release may leave its release tag on an image, which is not deployed":
      ['stories/action-failing-build.lab: no tag moves, nothing is committed, the failing line is shown'],
  },
  'an image is reused though its inputs changed': {
    'the fingerprint covers everything that the build reads;': [
      'fingerprint/fingerprints: %s flips it',
      'builders/context/real-builds.lab: the fingerprint is of the same paths',
      'mutations/layers.lab: BuildKit: %s',
    ],
    'in doubt the image is built': [
      'fingerprint/unreadable-inputs: what can not be read is built',
      'registry/baseline/find-baselines.lab: what can not be read leads to a build, and is reported:',
    ],
  },
  'a fingerprint is copied onto another image': {
    'it proves nothing: the ledger or a signature must confirm the digest': [
      'stories/action-registry-attack.lab: an image that is only announced as unchanged by the registry is built again, not deployed',
      'registry/signing/baseline.lab: a bundle that names the image and whose signature is made up is none',
    ],
  },
  'input of strangers (branch names, titles, file names) becomes code': {
    'programs get lists of arguments, never a shell command;': [
      'repository/security-promises: no program is called through a shell',
    ],
    'text in summaries, annotations and YAML is escaped': [
      'report/summary-markdown: code stays code: %s',
      'report/annotations: what a registry or a build wrote makes no command of its own in an annotation',
      'deploy/kustomization/style: %j gets quotes',
    ],
  },
  'a repository whose tree contains paths such as `../x` or `.git/x`': {
    'it is refused;': [
      'deploy/proof/unsafe-tree: a tree of the remote repository writes nothing outside of the work folder: %j',
    ],
    'nothing is written outside of the temporary folder': [
      'deploy/proof/unsafe-tree: a tree of the remote repository writes nothing outside of the work folder: %j',
      'deploy/proof/unsafe-tree: nor does its folder lead out of it',
    ],
  },
  'text of a build or a registry that looks like a workflow command or a terminal sequence': {
    'it is printed so that neither the runner nor a terminal acts on it': [
      'lib/foreign-text: a terminal acts on nothing in foreign text: %j',
      'lib/foreign-text: the first of them would be obeyed as they are',
      'report/annotations: what a registry or a build wrote makes no command of its own in an annotation',
    ],
  },
  'a Dockerfile, configuration, ignore file, bake file, lockfile, manifest or workflow that is a link out of the repository, a device, a pipe or far too large':
    {
      'it is not read: links are followed inside the repository only, and each kind of file has a size limit.': [
        'facts/special-files: %s: %s is neither read, nor waited for, nor written to',
        'facts/special-files: a link to another file of the repository is read as that file, a secret wherever it is',
      ],
      'A context that is such a link is not sent.': [
        'facts/special-files: a context that leads out of the repository is neither sent nor looked at',
      ],
      'A build secret may be anywhere outside of `/proc` and `/sys`, if it is a regular file of at most 500 KiB': [
        'facts/special-files: secret %s: %s is no secret',
        'facts/build-files: a secret has at most 500 KiB',
      ],
    },
  'a pattern in an ignore file or a `COPY` that needs exponential time to match': {
    'matching takes time in proportion to pattern and path;': [
      'dockerfile/ignore/pieces: a pattern that a regular expression would need ages for is matched at once',
    ],
    'patterns of Kustomizations and expressions of tag rules are abandoned after two seconds': [
      'deploy/kustomization/location: a pattern that takes ages to match is an error after two seconds',
      'stories/hostile-input.slow: whatever a repository holds, a command ends in time, with a documented exit code and a reason',
    ],
  },
  'a registry that answers a byte now and then, a ledger, index, Dockerfile or configuration of any size or depth': {
    'requests have a deadline, and input has limits;': [
      'lib/http: %s ends the exchange with a reason',
      'registry/manifest: an index of thousands of entries, and a manifest of thousands of layers, are no images',
    ],
    'anything beyond them is an error, or leads to a build': [
      'stories/hostile-registries.slow: whatever a registry does, each command ends in time, with a documented exit code and a reason',
      'stories/hostile-ledgers.slow: whatever a ledger holds, each command ends in time, with a documented exit code and a reason',
      'stories/hostile-input.slow: whatever a repository holds, a command ends in time, with a documented exit code and a reason',
    ],
  },
  'a run that is cancelled before it began': {
    'the post step can only clean up;': [
      'stories/action-cancel.lab: it is released or not, says which, and leaves nothing',
    ],
    "it can't release": ['stories/action-cancel.lab: it is released or not, says which, and leaves nothing'],
  },
  'a Kustomization that reaches out of the repository': {
    'it is built on a copy of the files that the edit concerns, without any token in its environment': [
      'deploy/proof/prove.lab: %s leads out of the repository and is refused',
      'deploy/proof/kustomize.lab: a tree is built and its folder removed',
      'deploy/proof/kustomize.lab: the child sees what it needs and no token',
    ],
  },
  'a hostile registry, or one that answers nonsense': {
    'digests are computed from the bytes;': [
      'registry/client.lab: a registry that sends no digest header is believed by the bytes alone',
      'registry/client.lab: a blob that is not what its digest says is garbage',
    ],
    'unreadable answers lead to a build or an error, never to a skipped build.': [
      'registry/baseline/find-baselines.lab: what can not be read leads to a build, and is reported:',
      'stories/hostile-registries.slow: whatever a registry does, each command ends in time, with a documented exit code and a reason',
    ],
    "A login goes only to the registry's own origin and to the token server that this origin names.": [
      'registry/connection: the login of a registry does not reach the realm that a redirect target names',
      'registry/client.lab: a redirect to a storage host is followed without the Authorization header',
    ],
    "A public registry can't redirect requests or send logins to addresses and local names of this machine or its network.":
      [
        'registry/connection: a public registry redirects nobody to %s',
        'registry/connection: a public registry names no realm on this machine or in its network',
        'lib/loopback: a server sends its clients nowhere nearer than it is itself',
      ],
    'A public name that resolves to such an address is not recognized': LIMIT,
  },
  'a run that was killed': {
    'the post step removes its logins, builders, pods and the temporary files of its build.': [
      'stories/action-own-builder.lab: keeps nothing of it after the run was killed: post removes builder, registry login and every file',
      'kubernetes/cluster-facts.lab: what a killed run left is removed with its secrets; what a living one has stays',
    ],
    'After a command line was killed, the next run removes its logins and the temporary files of its build.': [
      'stories/cli-killed.slow: the registry login of a command line that was killed is removed by the next one',
      'builders/docker-config-files: the next run removes the logins of runs that were killed, and leaves those of runs that live',
    ],
    'It also removes pods, if it builds in the same namespace.': [
      'kubernetes/cluster-facts.lab: what a killed run left is removed with its secrets; what a living one has stays',
      'builders/drivers-kubernetes.lab: what a killed run leaves is removed by its mark, or by the next run; what a living one has stays',
    ],
    "Pods of another machine are removed when they are certainly of no more use: Kaniko's after their deadline, BuildKit's after a day.":
      [
        'kubernetes/orphans: a pod is an orphan or not: %s',
        'kubernetes/orphans: BuildKit pods of another machine are left alone for a day',
      ],
    'A builder that the command line started in local Docker stays': LIMIT,
  },
};
