/**
 * Names of a Dockerfile's stages in lower case, as BuildKit compares them; `uncertain` where a line-based
 * reading can't be trusted (here-documents, another escape character, a syntax that isn't Docker's own).
 */
export function stageNames(dockerfile: string): string[] | 'uncertain' {
  const foreign = /^#\s*(?:escape\s*=|syntax\s*=(?!\s*(?:docker\.io\/)?docker\/dockerfile\b))/im;
  if (dockerfile.includes('<<') || foreign.test(dockerfile)) return 'uncertain';
  const joined = dockerfile.replace(/\\[ \t]*\r?\n/g, ' ');
  return [...joined.matchAll(/^[ \t]*FROM[ \t]+.*?[ \t]AS[ \t]+(\S+)/gim)].map((match) =>
    match[1]!.toLowerCase(),
  );
}
