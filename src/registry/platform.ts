export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

/** Variants that say nothing beyond the architecture (containerd's normalisation). */
const DEFAULT_VARIANTS = new Set(['amd64/v1', 'arm64/v8']);
const ARCHITECTURES: Record<string, string | undefined> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm/v7',
  armel: 'arm/v6',
  arm: 'arm/v7',
  i386: '386',
};

/** `os/architecture[/variant]`, without a variant that is the architecture's default. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return normalizePlatform([os, architecture, variant].filter(Boolean).join('/'));
}

/** Makes two spellings of one platform equal: `linux/arm64/v8` and `linux/aarch64` are `linux/arm64`. */
export function normalizePlatform(text: string): string {
  const [os = '', architecture = '', variant] = text.trim().toLowerCase().split('/');
  if (variant !== undefined) {
    const base = (ARCHITECTURES[architecture] ?? architecture).split('/')[0] ?? '';
    const full = `${base}/${variant}`;
    return `${os}/${DEFAULT_VARIANTS.has(full) ? base : full}`;
  }
  return `${os}/${ARCHITECTURES[architecture] ?? architecture}`;
}
