import { once } from 'node:events';
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';

// Both sides of SPDY/3 compress headers with one dictionary: the words below, each after its length, and a text.
// https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/#2.6.10.1
const WORDS = (
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age ' +
  'allow authorization cache-control connection content-base content-encoding content-language content-length ' +
  'content-location content-md5 content-range content-type date etag expect expires from host if-match ' +
  'if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma ' +
  'proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade ' +
  'user-agent vary via warning www-authenticate method get status'
).split(' ');
const MORE_WORDS = ['200 OK', 'version', 'HTTP/1.1', 'url', 'public', 'set-cookie', 'keep-alive', 'origin'];
const TEXT =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized' +
  '403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable' +
  'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT' +
  'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,' +
  'text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

function lengthOf(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(text));
  return length;
}

const withLength = (text: string): Buffer => Buffer.concat([lengthOf(text), Buffer.from(text)]);

export const SPDY_DICTIONARY = Buffer.concat([...[...WORDS, ...MORE_WORDS].map(withLength), Buffer.from(TEXT)]);

/** The headers of one connection: each direction is one compressed stream. */
export class SpdyHeaders {
  #inflate: Inflate = createInflate({ dictionary: SPDY_DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
  #deflate: Deflate = createDeflate({ dictionary: SPDY_DICTIONARY, flush: constants.Z_SYNC_FLUSH });

  async read(block: Buffer): Promise<Map<string, string>> {
    const bytes = await through(this.#inflate, block);
    const headers = new Map<string, string>();
    let at = 4;
    const next = () => {
      const length = bytes.readUInt32BE(at);
      const text = bytes.subarray(at + 4, at + 4 + length).toString();
      at += 4 + length;
      return text;
    };
    for (let left = bytes.readUInt32BE(0); left > 0; left--) headers.set(next().toLowerCase(), next());
    return headers;
  }

  /** A block without any header. */
  async writeNone(): Promise<Buffer> {
    return through(this.#deflate, Buffer.alloc(4));
  }

  close(): void {
    this.#inflate.close();
    this.#deflate.close();
  }
}

async function through(stream: Inflate | Deflate, bytes: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [];
  const collect = (part: Buffer) => parts.push(part);
  stream.on('data', collect);
  const flushed = new Promise<void>((resolve) =>
    stream.write(bytes, () => stream.flush(constants.Z_SYNC_FLUSH, () => resolve())),
  );
  await Promise.race([flushed, once(stream, 'error').then(([error]) => Promise.reject(error as Error))]);
  stream.off('data', collect);
  return Buffer.concat(parts);
}
