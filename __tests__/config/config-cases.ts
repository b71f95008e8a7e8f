/** Configurations that both the loader and the JSON Schema must accept. */
export const GOOD_CONFIGS: Record<string, string> = {
  'an API and a frontend that deploy to one Kustomization': `
registry: ghcr.io/ardenone
images:
  api:      { context: api, image: acme-api }
  frontend: { context: web, image: acme-frontend, args: { NEXT_PUBLIC_API_URL: https://api.example.org } }
deploy:
  kustomization: k8s/kustomization.yml`,
  'a minimal configuration': 'images: { api: }',
  'one image whose context is the root': 'images: { app: { context: . } }',
  'every key at once': `
registry: registry.example.org:5000/acme/
images:
  api:
    context: services/api
    dockerfile: ../../docker/api.Dockerfile
    target: runtime
    image: docker.io/acme/api
    args: { A: text, B: 1.10, C: true }
    secrets: { npm: { env: NPM_TOKEN }, npmrc: { file: .npmrc } }
    platforms: [linux/amd64, linux/arm/v7]
    contexts: { base: image:base, os: docker-image://busybox, shared: libs/shared, remote: https://example.org/a.git }
    labels: { org.opencontainers.image.title: API }
    annotations: { index:org.opencontainers.image.vendor: Acme }
    no-cache: true
    paths: [src, package*.json]
    tags: [type=sha]
  base:
bake: { file: [compose.yml, docker-bake.override.json], targets: [web] }
tags: [type=sha, 'type=semver,pattern={{version}}']
flavor: [latest=false]
cache: { type: registry, ref: ghcr.io/acme/cache, mounts: true, mounts-max-size: 500m }
attest: { provenance: max, sbom: best-effort, scanner: ghcr.io/acme/scanner:1, sign: github }
skip-unchanged: false
max-age: 7d
deploy:
  - { kustomization: k8s/staging, images: [api], branch: staging, pin: both, message: 'deploy {{images}}' }
  - k8s/production/*
  - kustomization: apps
    repository: acme/deploy
    branch: main
    channel: production
    mode: pull-request
    labels: deploy, automated
    auto-merge: true
    add-missing: true
  - { kustomization: b, repository: 'https://git.example.org/acme/deploy.git', branch: live }
builder: { type: buildx, name: mine }`,
  'the short forms of Docker': `
images:
  api:
    args: [A=1, B=, C=x=y]
    secrets: ['id=npm,env=NPM_TOKEN', 'id=npmrc,src=.npmrc', 'type=file,source=/run/x,id=x', id=HOME]
    platforms: linux/amd64, linux/arm64
    labels: ['a=b']
tags: |
  # by commit
  type=sha
  type=ref,event=branch
flavor: latest=false
deploy: k8s`,
  'booleans for `cache` and `attest`': `
images: { api: }
cache: false
attest: { provenance: false, sbom: false }`,
  '`attest: off`': 'images: { api: }\nattest: off',
  'a registry on this machine': 'registry: localhost:5001\nimages: { api: { image: localhost:5001/x/y } }',
  'a bake file without `images`': 'bake: docker-bake.hcl',
  'targets of a compose file': 'bake: { file: compose.yml, targets: "api, web" }',
  'an image built on a target of the bake file':
    'bake: docker-bake.hcl\nimages: { api: { contexts: { base: image:base } } }',
  'digits in image keys': 'images: { 1up: , a_b-c: }',
};

/** Rejected configurations: the YAML, then `line:column code` of each problem with words of its message and fix. */
export const BAD_CONFIGS: Record<string, [yaml: string, ...problems: [string, ...string[]][]]> = {
  'a configuration without images': ['registry: x', ['1:1 config/invalid', 'neither `images` nor `bake`']],
  'an empty mapping of images': ['images: {}', ['1:9 config/invalid', 'at least one image']],
  'a list instead of a mapping': ['- api', ['1:1 config/invalid', 'The file must be a mapping', 'a list']],
  'images as a list': ['images: [api]', ['1:9 config/invalid', 'mapping of image keys', 'a list']],
  'an unknown top-level key': [
    'images: { api: }\ndepoly: k8s',
    ['2:1 config/unknown-key', '`depoly`', 'Did you mean `deploy`?'],
  ],
  'a misspelt required key': ['imagse: { api: }', ['1:1 config/unknown-key', 'Did you mean `images`?']],
  'an unknown key of an image': [
    'images:\n  api:\n    docker-file: x',
    ['3:5 config/unknown-key', '`docker-file` in `images.api`', 'Did you mean `dockerfile`?'],
  ],
  'an unknown key that resembles no other': [
    'images: { api: { zzz: 1 } }',
    ['1:18 config/unknown-key', 'Use one of the keys context,'],
  ],
  'a capital letter in an image key': ['images:\n  API:', ['2:3 config/invalid', 'lower-case', 'Did you mean `api`?']],
  'a reserved image key': ['images:\n  all:', ['2:3 config/invalid', 'reserved words all or default']],
  'an absolute context': ['images: { api: { context: /srv } }', ['1:27 config/invalid', 'Did you mean `srv`?']],
  'a context that leaves the repository through `..`': [
    'images: { api: { context: a/../../b } }',
    ['1:27 config/invalid', '`..`'],
  ],
  'a Windows path': ['images: { api: { context: a\\b } }', ['1:27 config/invalid', 'Did you mean `a/b`?']],
  'a registry with a scheme': [
    'registry: https://ghcr.io/Acme\nimages: { api: }',
    ['1:11 config/invalid', 'Did you mean `ghcr.io/acme`?'],
  ],
  'a number for platforms': [
    'images: { api: { platforms: 3 } }',
    [
      '1:29 config/invalid',
      '`images.api.platforms` must be a list of strings or one comma-separated string, here it is the number 3.',
    ],
  ],
  'a platform without an operating system': [
    'images: { api: { platforms: [amd64] } }',
    ['1:30 config/invalid', 'Did you mean `linux/amd64`?'],
  ],
  'a build argument without a value': [
    'images:\n  api:\n    args: { A: }',
    ['3:13 config/invalid', '`images.api.args.A` is empty', 'Give it a value'],
  ],
  'a word in place of a boolean': ['images: { api: { no-cache: yes } }', ['1:28 config/invalid', 'true or false']],
  'a secret without a source': [
    'images: { api: { secrets: { npm: {} } } }',
    ['1:34 config/invalid', '`{env: NAME}` or `{file: PATH}`'],
  ],
  'a secret with two sources': [
    'images: { api: { secrets: ["id=a,env=B,src=c"] } }',
    ['1:28 config/invalid', '`id=ID,env=NAME`'],
  ],
  'a context that names a bake target': [
    'images: { api: { contexts: { base: "target:base" } } }',
    ['1:36 config/invalid', '`image:<key>`', '`docker-image://…`'],
  ],
  'a bake file outside the repository': ['bake: ../docker-bake.hcl', ['1:7 config/invalid', '`..`']],
  '`bake` without `file`': ['bake: { targets: [api] }', ['1:1 config/invalid', '`bake.file` is missing']],
  '`bake` with an empty list of files': ['bake: { file: [] }', ['1:15 config/invalid', 'a path, or a list of them']],
  'a size without a unit': [
    'images: { api: }\ncache: { mounts-max-size: 500 }',
    ['2:27 config/invalid', 'a size such as `500m`', 'the number 500'],
  ],
  'an age without a unit': ['images: { api: }\nmax-age: 7', ['2:10 config/invalid', '`12h` or `7d`']],
  'an unknown signer': [
    'images: { api: }\nattest: { sign: gitlab }',
    ['2:17 config/invalid', 'github, cosign or off', 'Did you mean `github`?'],
  ],
  'the provenance syntax of buildx': [
    'images: { api: }\nattest: { provenance: mode=max }',
    ['2:23 config/invalid', 'Did you mean `max`?'],
  ],
  'an unknown builder': [
    'images: { api: }\nbuilder: kanico',
    ['2:10 config/invalid', 'kaniko or dispatch', 'Did you mean `kaniko`?'],
  ],
  'an unknown builder type': [
    'images: { api: }\nbuilder: { type: podman }',
    ['2:18 config/invalid', '`builder.type` must be', 'dispatch'],
  ],
  'settings of another builder': [
    'images: { api: }\nbuilder: { type: kaniko, namespce: builds, endpoint: "tcp://a:1" }',
    ['2:26 config/unknown-key', 'Did you mean `namespace`?'],
    ['2:44 config/unknown-key', '`endpoint`', 'registry-secret'],
  ],
  'an invalid memory limit and zero replicas': [
    'images: { api: }\nbuilder: [buildx, { type: kubernetes, limits: { memory: 4GB }, replicas: 0 }]',
    ['2:57 config/invalid', '`builder.1.limits.memory`', 'a quantity such as `2Gi`'],
    ['2:74 config/invalid', '`builder.1.replicas`', 'a whole number from 1'],
  ],
  'a BuildKit endpoint without a scheme': [
    'images: { api: }\nbuilder: { type: remote, endpoint: buildkitd:1234 }',
    ['2:36 config/invalid', 'Did you mean `tcp://buildkitd:1234`?'],
  ],
  '`deploy` without a Kustomization': [
    'images: { api: }\ndeploy: { pin: tag }',
    ['2:1 config/invalid', '`deploy.kustomization` is missing'],
  ],
  'an empty `deploy`': ['images: { api: }\ndeploy:', ['2:1 config/invalid', '`deploy` is empty']],
  'an invalid deploy repository': [
    'images: { api: }\ndeploy: { kustomization: k8s, repository: deploy, branch: main }',
    ['2:43 config/invalid', '`owner/name`'],
  ],
  'a channel name with a slash': [
    'images: { api: }\ndeploy: { kustomization: k8s, channel: a/b }',
    ['2:40 config/invalid', 'a word of letters'],
  ],
  'a full ref in place of a branch name': [
    'images: { api: }\ndeploy: { kustomization: k8s, branch: refs/heads/main }',
    ['2:39 config/invalid', 'Did you mean `main`?'],
  ],
  'several mistakes, in file order': [
    'cache: x\nimages:\n  B:\n  a: { contxt: a, platforms: 1 }\ntag: [a]',
    ['1:8 config/invalid', 'gha'],
    ['3:3 config/invalid', '`b`'],
    ['4:8 config/unknown-key', '`context`'],
    ['4:30 config/invalid', 'platforms'],
    ['5:1 config/unknown-key', '`tags`'],
  ],
};

/** Configurations that the JSON Schema rejects and the loader accepts. The plan rejects them. */
export const LEFT_TO_THE_PLAN: Record<string, string> = {
  'an image name with a tag': 'images: { api: { image: ghcr.io/acme/api:latest } }',
  'an image name with capital letters': 'images: { api: { image: Acme/API } }',
};

/** Configurations whose values contradict each other, which a schema can't detect. */
export const CONTRADICTORY_CONFIGS: typeof BAD_CONFIGS = {
  'an image built on itself': [
    'images: { api: { contexts: { base: image:api } } }',
    ['1:36 config/invalid', 'built on image:api, which is built on api in turn', 'Break the circle'],
  ],
  'images built on each other': [
    'images:\n  a: { contexts: { x: image:b } }\n  b: { contexts: { x: image:a } }',
    ['2:23 config/invalid', 'Image a is built on image:b'],
    ['3:23 config/invalid', 'Image b is built on image:a'],
  ],
  'an unknown image key as base': [
    'images: { api: { contexts: { base: image:bse } }, base: }',
    ['1:36 config/invalid', 'there is no image bse', 'image:base'],
  ],
  'another repository without a branch': [
    'images: { api: }\ndeploy: { kustomization: k8s, repository: acme/deploy }',
    ['2:43 config/invalid', '`deploy.branch` is missing', 'branch: main'],
  ],
  '`labels` and `auto-merge` without pull requests': [
    'images: { api: }\ndeploy: { kustomization: k8s, labels: [deploy], auto-merge: true }',
    ['2:39 config/invalid', '`deploy.labels` applies to pull requests', 'mode: pull-request'],
    ['2:61 config/invalid', '`deploy.auto-merge` applies to pull requests'],
  ],
  'one channel for two branches': [
    'images: { api: }\ndeploy:\n  - { kustomization: a, branch: x, channel: c }\n  - { kustomization: b, branch: y, channel: c }',
    ['4:5 config/invalid', 'share the channel c', 'channel'],
  ],
};
