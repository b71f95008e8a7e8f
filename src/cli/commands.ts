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
  REDEPLOYING,
  WAIT,
  WRITING,
  YES,
  CLEANUP_DEFAULTS,
  type Command,
  type Option,
} from './options.js';

export const COMMANDS = {
  plan: {
    group: 'daily',
    usage: '[KEY…]',
    help: 'Show what a release would do, and why.',
    options: {
      explain: {
        value: 'KEY',
        help: 'List every input of this image with its hash, and how it differs from the published image.',
      },
      offline: { help: 'Use no network: print fingerprints, compare nothing.' },
      ...PLANNING,
      deploy: { value: 'auto|true|false', help: INPUTS.deploy.description },
      ...LOGIN,
      ...PROJECT,
    },
    examples: {
      'image-release plan': 'Show what a release of this commit would build, tag, and deploy',
      'image-release plan --explain api': 'Show why api would be built, down to the changed files',
      'image-release plan api --json': 'Print the plan of one image as JSON',
      'image-release plan --offline --json': 'Print fingerprints without using the network',
    },
  },
  build: {
    group: 'daily',
    usage: '[KEY…]',
    help: 'Build, attest, and publish images. Deploy nothing.',
    options: { ...PLANNING, ...LOGIN, 'dry-run': DRY_RUN, ...PROJECT },
    examples: {
      'image-release build': 'Publish the images that changed',
      'image-release build api --platforms linux/amd64,linux/arm64': 'Build one image for two platforms',
      'image-release build --push false': 'Build without publishing',
    },
  },
  release: {
    group: 'daily',
    usage: '[KEY…]',
    help: 'Build, attest, publish, and deploy.',
    options: {
      ...PLANNING,
      deploy: { value: 'auto|true|false', help: INPUTS.deploy.description },
      channel: { value: 'NAME', help: INPUTS.channel.description },
      ...ORDER,
      ...LOGIN,
      'dry-run': DRY_RUN,
      ...WAIT,
      ...YES,
      ...PROJECT,
    },
    examples: {
      'image-release release': 'Build the images that changed, publish them, and deploy them',
      'image-release release frontend': 'Release one image',
      'image-release release --dry-run': 'Check permissions, registry, and deploy target; change nothing',
      'image-release release --deploy false': 'Publish without deploying',
    },
  },
  deploy: {
    group: 'daily',
    usage: '--image KEY=REF:TAG[@DIGEST]…',
    help: 'Deploy images that another tool or job published.',
    options: {
      image: {
        value: 'KEY=REF:TAG[@DIGEST]',
        repeated: true,
        help: 'Image to deploy; repeat for each image.',
      },
      source: {
        value: 'REVISION',
        help: 'Commit that the images were built from. Default: HEAD.',
      },
      run: { value: 'N', help: 'ID of the run that published them, for the trailers of the deploy commit.' },
      channel: { value: 'NAME', help: INPUTS.channel.description },
      ...ORDER,
      'no-registry-check': NO_REGISTRY_CHECK,
      ...LOGIN,
      'dry-run': { help: 'Check, but commit nothing.' },
      ...WAIT,
      ...YES,
      ...PROJECT,
    },
    examples: {
      'image-release deploy --image api=ghcr.io/acme/acme-api:main-1a2b3c4':
        'Deploy an image that another tool published',
      'image-release deploy --image api=ghcr.io/acme/acme-api:main-1a2b3c4 --dry-run':
        'Check whether the image could be deployed',
    },
  },
  promote: {
    group: 'daily',
    usage: '[KEY…] --from CHANNEL --to CHANNEL',
    help: 'Deploy to one channel exactly what another one runs.',
    options: {
      from: { value: 'CHANNEL', help: 'The channel whose images are deployed, by the same digests.' },
      to: { value: 'CHANNEL', help: 'The channel that they are deployed to.' },
      ...ORDER,
      ...REDEPLOYING,
    },
    examples: {
      'image-release promote --from staging --to production': 'Deploy to production what staging runs',
      'image-release promote api --from staging --to production --dry-run':
        'Show what promoting one image would change',
    },
  },
  status: {
    group: 'trouble',
    usage: '[KEY…]',
    help: 'Show what is deployed, since when, and any problem with it.',
    options: {
      watch: {
        help: 'Wait for the workflow run that releases this commit first; fail if it fails.',
      },
      live: { help: 'Also show what the cluster runs: by kubectl, else by commit statuses. Reads only.' },
      channel: CHANNEL,
      'no-registry-check': NO_REGISTRY_CHECK,
      ...LOGIN,
      ...PROJECT,
    },
    examples: {
      'image-release status': 'Show every image of every channel',
      'image-release status api --json': 'Print the status of one image as JSON',
      'image-release status --watch': 'After a push, wait for its run',
    },
  },
  rollback: {
    group: 'trouble',
    usage: '[KEY…] [--to TAG|SHA|-N]',
    help: 'Deploy an earlier release and block older runs.',
    options: {
      to: {
        value: 'TAG|SHA|-N',
        help: 'Release tag, source commit (at least 7 digits), or how many releases back. Default: -1.',
      },
      channel: { ...CHANNEL, help: 'Only this channel. Required, or --all-channels, if there are several.' },
      'all-channels': { help: 'Roll back every channel of the configuration.' },
      ...REDEPLOYING,
    },
    examples: {
      'image-release rollback': 'Roll back all images by one release',
      'image-release rollback frontend --to main-1a2b3c4': 'Roll back one image to a named release',
      'image-release rollback api --to -2 --dry-run': 'Show what going back two releases would change',
    },
  },
  verify: {
    group: 'trouble',
    usage: '[KEY…]',
    help: 'Verify digests, attestations, and signatures of the deployed images.',
    options: {
      'trusted-root': {
        value: 'FILE',
        help: 'Trusted root for signatures, as printed by `gh attestation trusted-root`. Default: fetched from sigstore.dev or GitHub.',
      },
      channel: CHANNEL,
      ...LOGIN,
      ...PROJECT,
    },
    examples: {
      'image-release verify': 'Verify every deployed image',
      'image-release verify api --channel production': 'Verify one image of one channel',
      'image-release verify --trusted-root trusted-root.jsonl': 'Verify against a local trusted root',
    },
  },
  cleanup: {
    group: 'parts',
    usage: '',
    help: 'List the published versions that nothing needs, and delete them after you confirm.',
    options: {
      keep: {
        value: 'N',
        help: `Earlier releases of each image and channel to keep. Default: ${CLEANUP_DEFAULTS.keep}.`,
      },
      'older-than': {
        value: 'AGE',
        help: `Delete only versions older than this, such as 12h or 8w. Default: ${CLEANUP_DEFAULTS.olderThan}.`,
      },
      yes: { short: 'y', help: 'Delete without asking. Required without a terminal.' },
      ...LOGIN,
      ...PROJECT,
    },
    examples: {
      'image-release cleanup': 'List every published version, and why it stays or could go',
      'image-release cleanup --keep 5 --older-than 90d': 'List with other limits',
      'image-release cleanup --yes': 'Delete the versions that nothing needs',
    },
  },
  set: {
    group: 'parts',
    usage: 'FILE|DIR NAME=[NEWNAME][:TAG][@DIGEST]…',
    help: 'Edit the images of a Kustomization without changing any other byte.',
    options: {
      add: { help: 'Add an entry if NAME has none.' },
      'dry-run': { help: 'Print the change as a diff; write nothing.' },
      ...OUTPUT,
    },
    examples: {
      'image-release set k8s acme-api=:main-1a2b3c4': 'Change the tag of one entry',
      'image-release set k8s/kustomization.yml acme-frontend=ghcr.io/acme/acme-frontend:1.4.0': 'Change name and tag',
      'image-release set k8s acme-api=:main-1a2b3c4 --dry-run': 'Print the change as a diff for `git apply`',
    },
  },
  init: {
    group: 'start',
    usage: '',
    help: 'Propose a configuration and a workflow, and write them after you confirm.',
    options: {
      ...YES,
      registry: {
        value: 'PREFIX',
        help: 'Registry for images whose registry no workflow or manifest names.',
      },
      scripts: { help: 'Also write wrapper scripts. If a configuration exists, write only these.' },
      ...WRITING,
      ...PROJECT,
    },
    examples: {
      'image-release init': 'Show the proposal, then ask',
      'image-release init --yes': 'Write the files without asking',
      'image-release init --registry ghcr.io/acme --dry-run': 'Show the proposal for a given registry',
      'image-release init --scripts': 'Write the wrapper scripts',
    },
  },
  kaniko: {
    group: 'parts',
    usage: 'init',
    help: 'Write manifests for a runner that builds in the cluster.',
    options: {
      output: { value: 'DIR', help: 'Folder for the manifests. Default: k8s/kaniko.' },
      repository: { value: 'URL', help: 'HTTPS URL that the runner clones. Default: the origin remote.' },
      cache: {
        value: 'emptyDir|pvc',
        help: 'Volume for cache mounts: emptyDir lasts as long as the pod, pvc longer.',
      },
      ...WRITING,
      ...PROJECT,
    },
    examples: {
      'image-release kaniko init': 'Write manifests and a README to k8s/kaniko',
      'image-release kaniko init --cache pvc --output deploy/kaniko':
        'Keep caches longer than the pod, in another folder',
    },
  },
  doctor: {
    group: 'start',
    usage: '',
    help: 'Show which builders work here and what the others lack.',
    options: { builder: PLANNING['builder']!, ...LOGIN, ...PROJECT },
    examples: {
      'image-release doctor': 'Show which builders work here',
      'image-release doctor --builder kaniko': 'Show what Kaniko needs here',
      'image-release doctor --json': 'Print all facts as JSON',
    },
  },
  completion: {
    group: 'parts',
    usage: 'bash|zsh|fish',
    help: 'Print a completion script for your shell.',
    options: {},
    examples: {
      'image-release completion bash > image-release.bash': 'Write a file to source in your profile',
      'image-release completion fish > image-release.fish': 'Write a file for ~/.config/fish/completions',
    },
  },
  schema: {
    group: 'parts',
    usage: '',
    help: 'Print the JSON Schema of image-release.yml.',
    options: {},
    examples: {
      'image-release schema > image-release.schema.json': 'Save the schema for an editor',
      'image-release schema | head -n 5': 'Show the first lines',
    },
  },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof COMMANDS;

export function optionsOf(name: CommandName): Record<string, Option> {
  return { ...COMMANDS[name].options, help: HELP };
}
