/** Architectures by node's name, where the OCI's differs. https://go.dev/doc/install/source#environment */
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'amd64',
  ia32: '386',
  arm: 'arm/v7',
  ppc64: 'ppc64le',
};

/** The platform of a builder on this machine: `linux/amd64`. @param architecture `process.arch` */
export function nativePlatform(architecture: NodeJS.Architecture): string {
  return `linux/${ARCHITECTURES[architecture] ?? architecture}`;
}
