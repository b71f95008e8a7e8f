export const bytes = (document: unknown) => Buffer.from(JSON.stringify(document));
export const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
export const descriptor = (letter: string, more: object = {}) => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digest(letter),
  size: 10,
  ...more,
});
