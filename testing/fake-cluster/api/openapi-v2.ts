import { RESOURCES } from './resources.js';

/** Field of a Protobuf message: text, or a message made of fields. */
function field(number: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) + 128);
  }
}

/**
 * The older OpenAPI document, which kubectl reads as Protobuf alone and only for kinds that have no PATCH: it looks for
 * unknown fields in those itself. Here every kind is said to hold anything; what is wrong the double's server finds.
 * Numbers as in https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto
 */
export function openApiV2(): Buffer {
  const definitions = RESOURCES.map(({ group, version, kind }) => {
    const kinds = JSON.stringify([{ group, version, kind }]);
    const extension = field(1, 'x-kubernetes-group-version-kind');
    const schema = field(31, Buffer.concat([extension, field(2, field(2, kinds))]));
    return field(1, Buffer.concat([field(1, `${group}.${version}.${kind}`), field(2, schema)]));
  });
  const info = Buffer.concat([field(1, 'Kubernetes'), field(2, 'v1')]);
  return Buffer.concat([field(1, '2.0'), field(2, info), field(9, Buffer.concat(definitions))]);
}

export const OPENAPI_V2_TYPE = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
