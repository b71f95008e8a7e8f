/** The address of a page of docs/, for whoever reads a message far from a checkout of this repository. */
export function documentPage(name: string): string {
  return `https://github.com/ardenone/image-release/blob/v1/docs/${name}.md`;
}
