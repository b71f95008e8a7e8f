/** Where an annotation can stand: https://docs.docker.com/build/metadata/annotations/#specify-annotation-level */
const LEVEL = String.raw`(?:index|manifest)(?:-descriptor)?(?:\[[\w./-]+\])?`;
const LEVELLED = new RegExp(`^(${LEVEL}(?:,${LEVEL})*):(.+)$`);

/**
 * Annotations as buildx takes them, `<level>:<name>=<value>`. A name without a level stands on the manifests and,
 * where there is one, on the index; BuildKit refuses the level of an index that there is not.
 */
export function levelAnnotations(
  annotations: Readonly<Record<string, string>>,
  makes: 'index' | 'manifest',
): string[] {
  const standard = ['index', 'manifest'];
  return Object.entries(annotations).flatMap(([name, value]) => {
    const [, levels, bare = name] = LEVELLED.exec(name) ?? [];
    return (levels?.split(',') ?? standard)
      .filter((level) => makes === 'index' || !level.startsWith('index'))
      .map((level) => `${level}:${bare}=${value}`);
  });
}
