/** Annotations as buildx takes them (build/buildx/bake/annotations.ts): `<level>[<platform>]:<name>=<value>`. */
export type LevelAnnotations = (
  annotations: Readonly<Record<string, string>>,
  makes: 'index' | 'manifest',
) => string[];

/** Where the planned annotations of an image go; those of manifests are the builder's business. */
export function indexAnnotations(
  annotations: Readonly<Record<string, string>>,
  level: LevelAnnotations,
): { index: Record<string, string>; descriptor(platform: string): Record<string, string> } {
  const parts = level(annotations, 'index').flatMap((text) => {
    const [, kind, platform, name, value] = /^([a-z-]+)(?:\[([^\]]*)\])?:([^=]*)=([^]*)$/.exec(text) ?? [];
    return name === undefined || value === undefined ? [] : [{ kind, platform, name, value }];
  });
  const pick = (kind: string, platform?: string) =>
    Object.fromEntries(
      parts
        .filter((part) => part.kind === kind && (part.platform ?? platform) === platform)
        .map(({ name, value }) => [name, value]),
    );
  return {
    index: pick('index'),
    descriptor: (platform) => pick('manifest-descriptor', platform),
  };
}
