/** A scanner of BuildKit's protocol, by its image's config. */
export interface ScannerImage {
  /** `name@digest` */
  reference: string;
  /** Entry point and command. Never empty. */
  command: readonly string[];
  folder: string;
  /** Empty: root. */
  user: string;
}

const SOURCE = '/run/src/core/sbom';
const DESTINATION = '/run/out';

/** Kaniko looks up the groups of a user that was set, also of root, and fails where there is no list of them. */
const BECOME_ROOT = ['USER 0:0', 'COPY <<END /etc/group', 'root:x:0:', 'END'];

/**
 * A Dockerfile that does with a scanner what BuildKit does: the root file system of the image is put before it, it runs
 * as root, and what it writes is all that is left. The image is named by its digest: builders that unpack over their
 * own root can't copy the whole of a stage.
 *
 * Folders are made by WORKDIR, since a scanner need not have a shell; it may write to `/tmp`.
 * @param image `name@digest`
 * @see https://github.com/moby/buildkit/blob/master/docs/attestations/sbom-protocol.md
 */
export function scanFile(image: string, { reference, command, folder, user }: ScannerImage): string {
  return [
    `FROM ${reference} AS scan`,
    ...(user === '' ? [] : BECOME_ROOT),
    'WORKDIR /tmp',
    `WORKDIR ${DESTINATION}`,
    `COPY --from=${image} / ${SOURCE}/`,
    `ENV BUILDKIT_SCAN_SOURCE=${SOURCE} BUILDKIT_SCAN_DESTINATION=${DESTINATION}/`,
    `WORKDIR ${escape(folder)}`,
    `RUN ${JSON.stringify(command)}`,
    'FROM scratch',
    `COPY --from=scan ${DESTINATION}/ /`,
    '',
  ].join('\n');
}

/** WORKDIR knows variables. */
function escape(path: string): string {
  return (path || '/').replace(/[\\$]/g, String.raw`\$&`);
}
