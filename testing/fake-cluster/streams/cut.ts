import type { ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import type { Channels } from './channels.js';

/** So many bytes of the answer go out, and then the connection breaks. */
export function cutResponse(response: ServerResponse, bytes: number): void {
  let left = bytes;
  const write = response.write.bind(response) as (chunk: Buffer, done?: () => void) => boolean;
  const limited = (chunk: string | Buffer): boolean => {
    const whole = Buffer.from(chunk);
    if (whole.length < left) {
      left -= whole.length;
      return write(whole);
    }
    response.write = () => false;
    return write(whole.subarray(0, left), () => response.destroy());
  };
  response.write = limited as typeof response.write;
}

/** So many bytes of the client's reach the container, or of the container's the client, and then the connection breaks. */
export function cutChannels(channels: Channels, bytes: number): Channels {
  let out = bytes;
  let into = bytes;
  const stdin = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const part = chunk.subarray(0, into);
      into -= part.length;
      if (into === 0) channels.destroy();
      done(null, part);
    },
  });
  channels.stdin.pipe(stdin);
  return {
    ...channels,
    stdin,
    write(stream, chunk) {
      if (out === 0) return;
      const part = chunk.subarray(0, out);
      out -= part.length;
      channels.write(stream, part);
      if (out === 0) channels.destroy();
    },
  };
}
