import { LIMIT, type Section } from './proof.js';

export const THREATS: Section = {
  'a tag without an image gets deployed': {
    'before the commit, the registry must serve every image completely': [
      'deploy/deploy-checks: reports every missing tag and every different digest in the registry together with other problems',
      'registry/verify.lab: attestation, layer and config blobs that the registry lost',
    ],
  },
  'a late or re-run job brings old code back': {
    'a ledger moves with the branch in one update': [
      'deploy/targets/targets-github-ledger.slow: move together; the ledger names the deploy commit and has one parent and one file',
      'stories/action-late.lab: an older run, delayed while it moves `latest`, is superseded and changes nothing of the newer release',
    ],
  },
  'another image is pushed under a tag after the release': {
    'digests are recorded;': [
      'deploy/ledger/ledger-runs: records the deployed release with its source, run, and deploy commit',
    ],
    '`status`, `verify` and `rollback` compare them;': [
      'stories/cli-status.lab: %s reports both digests if a tag was moved in the registry',
      'deploy/status/rollback-runs: refuses a rollback if the registry serves another digest than the ledger records',
    ],
    'before a deploy commit, the tag must name the digest that was released': [
      'deploy/deploy-checks: reports every missing tag and every different digest in the registry together with other problems',
      'stories/action-two-jobs.lab: the second job refuses to deploy if a tag no longer has the digest that the first job reported',
    ],
  },
  'an incomplete build is taken for a release': {
    'images are pushed by digest;': [
      'builders/buildx.lab: one bake pushes two images by digest, with attestations and annotations, and creates no tag',
    ],
    'tags are created only when all images, platforms and attestations exist.': [
      'registry/publish.lab: reports all problems of all images and moves no tag',
      'registry/verify.lab: reports all faults of an image at once:',
    ],
    "Docker's default driver can't push by digest: a failed release may leave its release tag on an image, which is not deployed":
      [
        'stories/action-failing-build.lab: moves no existing tag, commits nothing, and reports the failing line, without a green mark',
      ],
  },
  'an image is reused though its inputs changed': {
    'the fingerprint covers everything that the build reads;': [
      'fingerprint/fingerprints: %s changes the fingerprint',
      'builders/context/real-builds.lab: the fingerprint covers the same paths as the packed context',
      'mutations/layers.lab: BuildKit changes only the expected layers: %s',
    ],
    'in doubt the image is built': [
      'fingerprint/unreadable-inputs: unreadable inputs leave an image without a fingerprint:',
      'registry/baseline/find-baselines.lab: an unreadable registry causes a warning and leaves no image to reuse:',
    ],
  },
  'a fingerprint is copied onto another image': {
    'it proves nothing: the ledger or a signature must confirm the digest': [
      'stories/action-registry-attack.lab: rebuilds an image instead of deploying a forged one that no ledger records',
      'registry/signing/baseline.lab: rejects a bundle that names the image but has a forged signature',
    ],
  },
  'input of strangers (branch names, titles, file names) becomes code': {
    'programs get lists of arguments, never a shell command;': [
      'repository/security-promises: image-release calls no program through a shell',
    ],
    'text in summaries, annotations and YAML is escaped': [
      'report/summary-markdown: keeps code spans and escapes other markup: %s',
      "report/annotations: foreign text in an annotation can't start another workflow command",
      'deploy/kustomization/style: %j needs quotes',
    ],
  },
  'a repository whose tree contains paths such as `../x` or `.git/x`': {
    'it is refused;': ['deploy/proof/unsafe-tree: refuses a tree with the unsafe path %j, and leaves no file behind'],
    'nothing is written outside of the temporary folder': [
      'deploy/proof/unsafe-tree: refuses a tree with the unsafe path %j, and leaves no file behind',
      'deploy/proof/unsafe-tree: refuses to build a folder outside of the tree',
    ],
  },
  'text of a build or a registry that looks like a workflow command or a terminal sequence': {
    'it is printed so that neither the runner nor a terminal acts on it': [
      'lib/foreign-text: removes terminal sequences from foreign text: %j',
      'lib/foreign-text: the runner would execute the first eight samples without escaping',
      "report/annotations: foreign text in an annotation can't start another workflow command",
    ],
  },
  'a Dockerfile, configuration, ignore file, bake file, lockfile, manifest or workflow that is a link out of the repository, a device, a pipe or far too large':
    {
      'it is not read: links are followed inside the repository only, and each kind of file has a size limit.': [
        "facts/special-files: %s: doesn't read, wait for or write to %s",
        'facts/special-files: follows a link to another file of the repository, and for a secret to any file',
      ],
      'A context that is such a link is not sent.': [
        'facts/special-files: rejects a context that links out of the repository, and computes no fingerprint for it',
      ],
      'A build secret may be anywhere outside of `/proc` and `/sys`, if it is a regular file of at most 500 KiB': [
        'facts/special-files: a secret read %s: rejects %s',
        'facts/build-files: a secret file of more than 500 KiB counts as missing',
      ],
    },
  'a pattern in an ignore file or a `COPY` that needs exponential time to match': {
    'matching takes time in proportion to pattern and path;': [
      'dockerfile/ignore/pieces: matches patterns with exponential backtracking in less than 5 seconds',
    ],
    'patterns of Kustomizations and expressions of tag rules are abandoned after two seconds': [
      'deploy/kustomization/location: reports a problem for patterns with too many wildcards',
      'stories/hostile-input.slow: a command in a hostile repository ends in time, with a documented exit code and a reason',
    ],
  },
  'a registry that answers a byte now and then, a ledger, index, Dockerfile or configuration of any size or depth': {
    'requests have a deadline, and input has limits;': [
      'lib/http: fails with an error code: %s',
      'registry/manifest: rejects an index with more than 256 entries and a manifest with more than 1024 layers',
    ],
    'anything beyond them is an error, or leads to a build': [
      'stories/hostile-registries.slow: a command that reads a hostile registry ends in time, with a documented exit code and a reason',
      'stories/hostile-ledgers.slow: a command that reads a hostile ledger ends in time, with a documented exit code and a reason',
      'stories/hostile-input.slow: a command in a hostile repository ends in time, with a documented exit code and a reason',
    ],
  },
  'a run that is cancelled before it began': {
    'the post step can only clean up;': [
      'stories/action-cancel.lab: releases everything or nothing, reports which, and leaves no process, file or container',
    ],
    "it can't release": [
      'stories/action-cancel.lab: releases everything or nothing, reports which, and leaves no process, file or container',
    ],
  },
  'a Kustomization that reaches out of the repository': {
    'it is built on a copy of the files that the edit concerns, without any token in its environment': [
      'deploy/proof/prove.lab: refuses the resource path %s, which leaves the repository',
      'deploy/proof/kustomize.lab: builds a tree and removes the temporary folder',
      'deploy/proof/kustomize.lab: passes HOME and proxy settings to the program, but no tokens or secrets',
    ],
  },
  'a hostile registry, or one that answers nonsense': {
    'digests are computed from the bytes;': [
      'registry/client.lab: computes the digest from the bytes if the registry sends no digest header',
      "registry/client.lab: rejects a blob whose bytes don't match its digest",
    ],
    'unreadable answers lead to a build or an error, never to a skipped build.': [
      'registry/baseline/find-baselines.lab: an unreadable registry causes a warning and leaves no image to reuse:',
      'stories/hostile-registries.slow: a command that reads a hostile registry ends in time, with a documented exit code and a reason',
    ],
    "A login goes only to the registry's own origin and to the token server that this origin names.": [
      "registry/connection: doesn't send the login of a registry to a token server that a redirect target names",
      'registry/client.lab: follows a redirect to a storage host without the Authorization header',
    ],
    "A public registry can't redirect requests or send logins to addresses and local names of this machine or its network.":
      [
        'registry/connection: rejects a redirect from a public registry to %s',
        'registry/connection: rejects a token server on this machine or in its network if a public registry names it',
        'lib/loopback: a server may not lead its clients to a network closer to them than its own',
      ],
    'A public name that resolves to such an address is not recognized': LIMIT,
  },
  'a run that was killed': {
    'the post step removes its logins, builders, pods and the temporary files of its build.': [
      'stories/action-own-builder.lab: after the run is killed, the post step removes the builder, the registry login, and all files',
      'kubernetes/cluster-facts.lab: removes pods and secrets of killed runs, and keeps those of live runs',
    ],
    'After a command line was killed, the next run removes its logins and the temporary files of its build.': [
      'stories/cli-killed.slow: the next command removes the registry login that a killed command left behind',
      'builders/docker-config-files: on creation, deletes folders of killed runs and week-old ones, and keeps the rest',
    ],
    'It also removes pods, if it builds in the same namespace.': [
      'kubernetes/cluster-facts.lab: removes pods and secrets of killed runs, and keeps those of live runs',
      'builders/drivers-kubernetes.lab: removes builders of dead runs but keeps those of living ones, and removes any builder by its mark',
    ],
    "Pods of another machine are removed when they are certainly of no more use: Kaniko's after their deadline, BuildKit's after a day.":
      [
        'kubernetes/orphans: is a pod an orphan? %s',
        'kubernetes/orphans: treats BuildKit pods of another machine as orphans only after a day',
      ],
    'A builder that the command line started in local Docker stays': LIMIT,
  },
};
