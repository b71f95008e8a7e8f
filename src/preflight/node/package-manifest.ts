/** What a package.json says, as far as the checks ask for it. */
export interface PackageManifest {
  name?: string;
  version?: string;
  /** `engines.node`. */
  node?: string;
  dependencies: string[];
  devDependencies: string[];
}

/** @returns undefined for what is no package.json */
export function readPackageManifest(text: string): PackageManifest | undefined {
  const data = parseJson(text);
  if (data === undefined) return undefined;
  const node = nodeEngine(data['engines']);
  const keys = (value: unknown) => (isRecord(value) ? Object.keys(value) : []);
  return {
    ...(typeof data['name'] === 'string' && { name: data['name'] }),
    ...(typeof data['version'] === 'string' && { version: data['version'] }),
    ...(node !== undefined && { node }),
    dependencies: keys(data['dependencies']),
    devDependencies: keys(data['devDependencies']),
  };
}

/** `engines.node`; old packages have a list there, which package managers pass over too. */
export function nodeEngine(engines: unknown): string | undefined {
  const node = isRecord(engines) ? engines['node'] : undefined;
  return typeof node === 'string' && node.trim() !== '' ? node : undefined;
}

export function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    const data: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isRecord(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
