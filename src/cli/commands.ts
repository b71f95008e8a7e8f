import { INPUTS } from '../config/inputs.generated.js';
import {
  HELP,
  OUTPUT,
  PROJECT,
  DRY_RUN,
  PLANNING,
  ORDER,
  LOGIN,
  CHANNEL,
  NO_REGISTRY_CHECK,
  WRITING,
  type Option,
} from './options.js';

export interface Command {
  /** When somebody needs it. */
  moment: Moment;
  /** Arguments as the usage line shows them. */
  usage: string;
  help: string;
  options: Record<string, Option>;
  /** Command lines, and what each is for. */
  examples: Record<string, string>;
}

/** Headings of the help, in its order. */
export const MOMENTS = {
  start: 'To start with',
  daily: 'Every day',
  trouble: 'The day it breaks',
  parts: 'Parts by themselves',
} as const;

export type Moment = keyof typeof MOMENTS;

export const COMMANDS = {
  plan: {
    moment: 'daily',
    usage: '[KEY…]',
    help: 'Show what a release would do, and why.',
    options: {
      explain: {
        value: 'KEY',
        help: 'List every input of this image with its hash, and what differs from the one that is published.',
      },
      offline: { help: 'Ask no registry and no forge: fingerprints alone, nothing is compared.' },
      ...PLANNING,
      deploy: { value: 'auto|true|false', help: INPUTS.deploy.description },
      ...LOGIN,
      ...PROJECT,
    },
    examples: {
      'image-release plan': 'What a release of this commit would build, tag and deploy',
      'image-release plan --explain api': 'Why api would be built, down to the files that changed',
      'image-release plan api --json': 'The same for one image, for machines',
      'image-release plan --offline --json': 'Without network: fingerprints alone',
    },
  },
  build: {
    moment: 'daily',
    usage: '[KEY…]',
    help: 'Build, attest and publish images; do not roll out.',
    options: { ...PLANNING, ...LOGIN, 'dry-run': DRY_RUN, ...PROJECT },
    examples: {
      'image-release build': 'Publish what changed; deploy nothing',
      'image-release build api --platforms linux/amd64,linux/arm64': 'One image for two platforms',
      'image-release build --push false': 'Only see whether it builds',
    },
  },
  release: {
    moment: 'daily',
    usage: '[KEY…]',
    help: 'Build, attest, publish and roll out.',
    options: {
      ...PLANNING,
      deploy: { value: 'auto|true|false', help: INPUTS.deploy.description },
      ...ORDER,
      ...LOGIN,
      'dry-run': DRY_RUN,
      ...PROJECT,
    },
    examples: {
      'image-release release': 'What a push to main does: build what changed, publish, deploy',
      'image-release release frontend': 'One image alone',
      'image-release release --dry-run': 'Check rights, registry and target; change nothing',
      'image-release release --deploy false': 'Publish, and leave what is deployed as it is',
    },
  },
  deploy: {
    moment: 'daily',
    usage: '--image KEY=REF:TAG[@DIGEST]…',
    help: 'Roll out images that were published elsewhere, just as safely.',
    options: {
      image: { value: 'KEY=REF:TAG[@DIGEST]', repeated: true, help: 'Image to roll out; once per image.' },
      source: {
        value: 'SHA',
        help: 'Commit that the images were built from; default: HEAD of the checkout.',
      },
      run: { value: 'N', help: 'Number of the run that published them, for the commit’s trailers.' },
      ...ORDER,
      'no-registry-check': NO_REGISTRY_CHECK,
      ...LOGIN,
      'dry-run': DRY_RUN,
      ...PROJECT,
    },
    examples: {
      'image-release deploy --image api=ghcr.io/acme/acme-api:main-1a2b3c4':
        'Deploy an image that another tool has published',
      'image-release deploy --image api=ghcr.io/acme/acme-api:main-1a2b3c4 --dry-run':
        'Only see whether it could be deployed',
    },
  },
  status: {
    moment: 'trouble',
    usage: '[KEY…]',
    help: 'Show what is deployed, since when, and what is wrong with it.',
    options: {
      watch: {
        help: 'First wait until the workflow run that releases this commit has ended; fail when it fails.',
      },
      channel: CHANNEL,
      'no-registry-check': NO_REGISTRY_CHECK,
      ...LOGIN,
      ...PROJECT,
    },
    examples: {
      'image-release status': 'Every image of every channel, and what is wrong with it',
      'image-release status api --json': 'One image, for machines',
      'image-release status --watch': 'After a push: wait for its run, then look',
    },
  },
  rollback: {
    moment: 'trouble',
    usage: '[KEY…] [--to TAG|SHA|-N]',
    help: 'Put an earlier release back; only newer commits undo that.',
    options: {
      to: {
        value: 'TAG|SHA|-N',
        help: 'Tag, source commit (7 digits or more) or number of releases back; default: -1.',
      },
      channel: CHANNEL,
      'no-registry-check': NO_REGISTRY_CHECK,
      ...LOGIN,
      'dry-run': DRY_RUN,
      ...PROJECT,
    },
    examples: {
      'image-release rollback': 'All images one release back',
      'image-release rollback frontend --to main-1a2b3c4': 'One image to the release that you name',
      'image-release rollback api --to -2 --dry-run': 'See what two releases back would be; change nothing',
    },
  },
  verify: {
    moment: 'trouble',
    usage: '[KEY…]',
    help: 'Check digests, attestations and signatures of what is deployed.',
    options: {
      'trusted-root': {
        value: 'FILE',
        help: 'What signatures are verified against, as `gh attestation trusted-root` prints it; default: fetched from sigstore.dev or GitHub.',
      },
      channel: CHANNEL,
      ...LOGIN,
      ...PROJECT,
    },
    examples: {
      'image-release verify': 'Digests, SBOMs, provenance and signatures of all that is deployed',
      'image-release verify api --channel production': 'One image of one channel',
      'image-release verify --trusted-root trusted-root.jsonl':
        'Without asking sigstore.dev or GitHub what to trust',
    },
  },
  set: {
    moment: 'parts',
    usage: 'FILE|DIR NAME=[NEWNAME][:TAG][@DIGEST]…',
    help: 'Edit the images of a Kustomization; no other byte changes.',
    options: {
      add: { help: 'Append an entry for a NAME that has none.' },
      'dry-run': { help: 'Print the change as a diff; write nothing.' },
      ...OUTPUT,
    },
    examples: {
      'image-release set k8s acme-api=:main-1a2b3c4': 'Another tag for one entry',
      'image-release set k8s/kustomization.yml acme-frontend=ghcr.io/acme/acme-frontend:1.4.0':
        'Another name and tag',
      'image-release set k8s acme-api=:main-1a2b3c4 --dry-run': 'The change as a diff, for `git apply`',
    },
  },
  init: {
    moment: 'start',
    usage: '',
    help: 'Propose configuration and workflow, and write them if you agree.',
    options: {
      yes: { help: 'Write the files without asking.' },
      registry: { value: 'PREFIX', help: 'For images that no workflow and no manifest gives a registry.' },
      scripts: { help: 'Write wrapper scripts, too; these alone where there is a configuration.' },
      ...WRITING,
      ...PROJECT,
    },
    examples: {
      'image-release init': 'Look at what is proposed, then agree',
      'image-release init --yes': 'Write it without asking',
      'image-release init --registry ghcr.io/acme --dry-run': 'Only look, with a registry that nothing names',
      'image-release init --scripts': 'Write the scripts',
    },
  },
  kaniko: {
    moment: 'parts',
    usage: 'init',
    help: 'Write a runner that builds in the cluster, started by kubectl exec.',
    options: {
      output: { value: 'DIR', help: 'Folder for it in the repository; default: k8s/kaniko.' },
      repository: { value: 'URL', help: 'Where the runner clones from, by https; default: the origin.' },
      cache: {
        value: 'emptyDir|pvc',
        help: 'What keeps cache mounts: emptyDir as long as the pod lives, pvc longer.',
      },
      ...WRITING,
      ...PROJECT,
    },
    examples: {
      'image-release kaniko init': 'Manifests in k8s/kaniko, with a README that says how to go on',
      'image-release kaniko init --cache pvc --output deploy/kaniko':
        'Caches that outlive the pod, another folder',
    },
  },
  doctor: {
    moment: 'start',
    usage: '',
    help: 'Show what can build here, what each builder lacks, what is taken.',
    options: { builder: PLANNING['builder']!, ...LOGIN, ...PROJECT },
    examples: {
      'image-release doctor': 'What can build here, and what the others lack',
      'image-release doctor --builder kaniko': 'What would be taken if it had to be Kaniko',
      'image-release doctor --json': 'All facts, for machines',
    },
  },
  schema: {
    moment: 'parts',
    usage: '',
    help: 'Print the JSON Schema of image-release.yml.',
    options: {},
    examples: {
      'image-release schema > image-release.schema.json': 'For an editor without network',
      'image-release schema | head -n 5': 'Only have a look',
    },
  },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof COMMANDS;

/** All options of a command by name. */
export function optionsOf(name: CommandName): Record<string, Option> {
  return { ...COMMANDS[name].options, help: HELP };
}

/** Options that work without a command. */
export const TOP_LEVEL: Record<string, Option> = {
  ...PROJECT,
  help: HELP,
  version: { help: 'Print the version.' },
};
