import type { ScaffoldFile } from '../write-files.js';
import { runnerManifests } from './manifests.js';
import { BUILD_SECRETS, GIT_SECRET, registrySecretOf, RUNNER, secretIdsOf, type Runner } from './runner.js';
import { BUILD_ALL, runnerScripts, scriptOf } from './scripts.js';

export function kanikoRunner(runner: Runner, folder: string): ScaffoldFile[] {
  const scripts = runnerScripts(runner);
  const manifests = runnerManifests(runner, Object.keys(scripts));
  return [
    ...Object.entries(manifests).map(([name, text]) => ({ path: `${folder}/${name}`, text })),
    ...Object.entries(scripts).map(([name, text]) => ({ path: `${folder}/scripts/${name}`, text, executable: true })),
    { path: `${folder}/README.md`, text: readme(runner, folder) },
  ];
}

function readme(runner: Runner, folder: string): string {
  const { images, settings, branch, repository, cache } = runner;
  const ns = settings.namespace === undefined ? '' : ` -n ${settings.namespace}`;
  const exec = `kubectl${ns} exec deployment/${RUNNER} --`;
  const ids = secretIdsOf(runner);
  return `# A runner that builds images in the cluster

A Deployment with one pod that waits. A build is started in it by \`kubectl exec\`: [Kaniko](https://github.com/osscontainertools/kaniko)
clones \`${repository}\`, builds, and pushes. Nothing is built until you start it, and no Job is left behind.

Written by \`image-release kaniko init\`. To change it, change \`image-release.yml\` and write it again.

## Set up

1. The registry's login, from the file that \`docker login\` writes. It must hold the login itself; a \`credsStore\`
   is a program of your machine and does not work in a pod.

   \`\`\`sh
   kubectl${ns} create secret generic ${registrySecretOf(runner)} --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson="$HOME/.docker/config.json"
   \`\`\`

2. For a private repository, a token that may read it. It is read from standard input, so that no shell keeps it.

   \`\`\`sh
   kubectl${ns} create secret generic ${GIT_SECRET} --from-file=token=/dev/stdin
   \`\`\`
${
  ids.length === 0
    ? ''
    : `
   And the build secrets that the Dockerfiles ask for:

   \`\`\`sh
   kubectl${ns} create secret generic ${BUILD_SECRETS} ${ids.map((id) => `--from-file=${id}=PATH`).join(' ')}
   \`\`\`
`
}
3. The runner:

   \`\`\`sh
   kubectl apply -k ${folder}/
   kubectl${ns} rollout status deployment/${RUNNER}
   \`\`\`

Anyone who can change a Dockerfile of this repository can read these secrets from a build step. Give the tokens no more than the
right to push these images and to read this repository.

Keep the secrets out of the repository, and out of this folder: an example applied over a real secret empties it.

## Build

\`\`\`sh
${exec} /scripts/${BUILD_ALL}
${exec} /scripts/${BUILD_ALL} "$(git rev-parse HEAD)"
${images.map((image) => `${exec} /scripts/${scriptOf(image)}`).join('\n')}
${exec} env BRANCH=next /scripts/${BUILD_ALL}
\`\`\`

With a commit, exactly that one is built, and the tag is \`${branch}-<first 7 digits>\`; it must be pushed. Without one it is the
tip of \`${branch}\`, and the tag holds the time. Prefer the commit: two images of one call can come from two commits when
somebody pushes in between.

The command ends when the build has ended, and its exit code is the build's: 0 when every image was pushed, else that of the
first that failed; 2 for a wrong argument; 75 when another build is going on. At the end it prints the digests, and the command
that rolls them out.

Ctrl-C ends \`kubectl\` alone: the build goes on in the pod. This stops it:

\`\`\`sh
${exec} killall -q build-all.sh executor
\`\`\`

| part | what it is |
|---|---|
| \`deployment.yml\` | the pod: Kaniko's debug image, which has a shell; it passes the *baseline* Pod Security Standard |
| \`rbac.yml\` | the pod's service account, which may do nothing, and the role \`${RUNNER}-operator\` for people who start builds |
${cache === 'pvc' ? `| \`cache.yml\` | 10 GiB for what \`RUN --mount=type=cache\` keeps between builds |\n` : ''}| \`scripts/\` | one script per image, and \`${BUILD_ALL}\`; mounted at \`/scripts\` |

Give the role to everyone who may start builds:

\`\`\`sh
kubectl${ns} create rolebinding ${RUNNER}-operator --role=${RUNNER}-operator --user=NAME
\`\`\`

Layers are kept in \`<image>/cache\` in the registry, so that a build does only what changed. ${
    cache === 'pvc'
      ? 'Cache mounts are kept on a volume.'
      : 'Cache mounts are kept as long as the pod lives; with `--cache pvc` longer.'
  }

## When it does not work

| what you see | what it is |
|---|---|
| pod stays in \`ContainerCreating\` | a secret is missing: \`kubectl${ns} describe pod -l app.kubernetes.io/name=${RUNNER}\` names it |
| \`checking push permission … UNAUTHORIZED\` or \`DENIED\` | the login in \`${registrySecretOf(runner)}\` is wrong, or may not push |
| \`authentication required\` while cloning | the repository is private: step 2, then \`kubectl${ns} rollout restart deployment/${RUNNER}\` |
| exit code 137 | the build needed more memory than the node or the limit gives: \`builder.limits\` in \`image-release.yml\` |
| exit code 75 | another build is going on in this pod |

These images have neither SBOM nor provenance, and are built for the platform of the node. \`image-release release\` does more,
from a pod too: it attests, verifies, and rolls out by itself.
`;
}
