import type { Credentials } from '../../src/registry/credentials.js';

export const pair = (text: string) => ({ auth: Buffer.from(text).toString('base64') });

export function plain(credentials: Credentials | undefined) {
  if (credentials === undefined) return undefined;
  return 'username' in credentials
    ? `${credentials.username}:${credentials.password.reveal()}`
    : `<token>:${credentials.identityToken.reveal()}`;
}
