/** What a BuildKit says of its first worker. */
export interface BuildkitWorker {
  version?: string;
  platforms: string[];
  /** `overlayfs`, `native`, `fuse-overlayfs`; from its labels. */
  snapshotter?: string;
}

/**
 * Reads a `moby.buildkit.v1.ListWorkersResponse` out of a gRPC message.
 * Field numbers: https://github.com/moby/buildkit/blob/master/api/services/control/control.proto and
 * https://github.com/moby/buildkit/blob/master/api/types/worker.proto
 * @returns undefined for what is no such message
 */
export function readWorkers(message: Uint8Array): BuildkitWorker | undefined {
  try {
    // gRPC puts one byte (compressed or not) and four of length before each message.
    const records = readFields(message.subarray(5)).get(1) ?? [];
    const workers = records.map(readWorker);
    return {
      version: workers[0]?.version,
      snapshotter: workers[0]?.snapshotter,
      platforms: [...new Set(workers.flatMap(({ platforms }) => platforms))],
    };
  } catch {
    return undefined;
  }
}

function readWorker(record: Uint8Array): BuildkitWorker {
  const fields = readFields(record);
  const labels = (fields.get(2) ?? []).map((entry) => readFields(entry));
  const snapshotter = labels.find((entry) => textAt(entry, 1)?.endsWith('worker.snapshotter'));
  const [version] = fields.get(5) ?? [];
  return {
    version: version && textAt(readFields(version), 2),
    snapshotter: snapshotter && textAt(snapshotter, 2),
    platforms: (fields.get(3) ?? []).map((platform) => {
      const parts = readFields(platform);
      return [textAt(parts, 2), textAt(parts, 1), textAt(parts, 3)].filter(Boolean).join('/');
    }),
  };
}

function textAt(fields: Map<number, Uint8Array[]>, number: number): string | undefined {
  const [bytes] = fields.get(number) ?? [];
  return bytes && new TextDecoder().decode(bytes);
}

/** Length-delimited fields of a protobuf message by number. https://protobuf.dev/programming-guides/encoding/ */
function readFields(bytes: Uint8Array): Map<number, Uint8Array[]> {
  const fields = new Map<number, Uint8Array[]>();
  let at = 0;
  const varint = (): number => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('cut off');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        varint();
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (at + length > bytes.length) throw new RangeError('cut off');
        fields.set(number, [...(fields.get(number) ?? []), bytes.subarray(at, at + length)]);
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new RangeError('no protobuf');
    }
  }
  return fields;
}
