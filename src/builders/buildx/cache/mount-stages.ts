import type { CacheMounts, MountGroup } from './mounts.js';

/** The only file in the context of the Dockerfile that fills the mounts. */
export const ARCHIVE = 'mounts.tar';

/**
 * A Dockerfile that copies an archive's contents into empty cache mounts. Only a process in a container can write to a
 * mount, so each is mounted in the base image of a stage that uses it: it has a shell, and the build needs it anyway.
 * BuildKit unpacks the archive, with owners, modes and times.
 * @param nonce unique: BuildKit doesn't run the same RUN again
 */
export function fillingDockerfile({ globals, groups }: CacheMounts, nonce: string): string {
  return dockerfile(globals, [
    'FROM scratch AS image-release-kept',
    `ADD ${ARCHIVE} /`,
    ...numbered(groups).flatMap(({ group, first }, at) => [
      ...stage(group, at),
      run(group, first, `--mount=type=bind,from=image-release-kept,target=${ROOM}/kept`, [
        `: ${nonce}`,
        ...group.mounts.map((_, index) => {
          const [kept, mount] = [`${ROOM}/kept/${first + index}`, `${ROOM}/${first + index}`];
          return `if [ -d ${kept} ] && [ -z "$(ls -A ${mount})" ]; then cp -a ${kept}/. ${mount}/; fi`;
        }),
        `mkdir -p ${OUT}`,
      ]),
    ]),
    'FROM scratch',
    ...groups.map((_, at) => `COPY --from=image-release-${at} ${OUT} /`),
  ]);
}

/**
 * A Dockerfile whose file system is the contents of the cache mounts, each in a folder by its number. It prints their
 * size, see `readSizes`, and copies no more than `maxBytes`.
 */
export function emptyingDockerfile({ globals, groups }: CacheMounts, nonce: string, maxBytes: number): string {
  return dockerfile(globals, [
    ...numbered(groups).flatMap(({ group, first }, at) => {
      const mounts = group.mounts.map((_, index) => `${first + index}`);
      return [
        ...stage(group, at),
        run(group, first, '', [
          `: ${nonce}`,
          `mkdir -p ${OUT}`,
          'total=0',
          `for n in ${mounts.join(' ')}; do size=$(du -sk ${ROOM}/$n 2>/dev/null | cut -f1); total=$((total + \${size:-0})); done`,
          `echo "image-release-mounts $total"`,
          `[ $total -gt ${Math.floor(maxBytes / 1024)} ] || for n in ${mounts.join(' ')}; do if [ -n "$(ls -A ${ROOM}/$n)" ]; then echo image-release-kept; mkdir ${OUT}/$n && cp -a ${ROOM}/$n/. ${OUT}/$n/ || exit 1; fi; done`,
        ]),
      ];
    }),
    'FROM scratch',
    ...groups.map((_, at) => `COPY --from=image-release-${at} ${OUT}/ /`),
  ]);
}

/** @param log plain progress of a build of `emptyingDockerfile` @returns size on the builder's disk, bytes */
export function readSizes(log: string): { bytes: number; kept: boolean } {
  const sizes = [...log.matchAll(/^#\d+ [\d.]+ image-release-mounts (\d+)\s*$/gm)].map(([, size]) => Number(size));
  return {
    bytes: sizes.reduce((sum, size) => sum + size, 0) * 1024,
    kept: /^#\d+ [\d.]+ image-release-kept\s*$/m.test(log),
  };
}

const ROOM = '/image-release';
const OUT = '/image-release-out';

function dockerfile(globals: readonly string[], lines: readonly string[]): string {
  return `${[...globals, ...lines].join('\n')}\n`;
}

function stage({ from }: MountGroup, at: number): string[] {
  return [`FROM ${from} AS image-release-${at}`, 'USER 0:0'];
}

/** `locked`: two images may use one mount. `sharing` doesn't identify a mount. */
function run({ mounts }: MountGroup, first: number, flags: string, commands: readonly string[]): string {
  const caches = mounts.map(({ id, options }, index) =>
    ['--mount=type=cache', `id=${id}`, `target=${ROOM}/${first + index}`, 'sharing=locked', ...options].join(),
  );
  const script = JSON.stringify(['/bin/sh', '-ec', commands.join('\n')]);
  return ['RUN', ...caches, flags, script].filter(Boolean).join(' ');
}

/** Mounts are numbered through all groups. */
function numbered(groups: readonly MountGroup[]): { group: MountGroup; first: number }[] {
  let next = 0;
  return groups.map((group) => {
    const first = next;
    next += group.mounts.length;
    return { group, first };
  });
}
