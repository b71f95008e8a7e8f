import { DEPLOYMENT } from './protobuf-deployment.js';
import { map, message, messages, METADATA, number, text, type Field, type Fields } from './protobuf-fields.js';
import { apiError } from './status.js';

/**
 * Of what kubectl sends in Protobuf, where it makes an object itself (`create secret`, `auth can-i`): numbers of fields as in
 * the `generated.proto` files beside https://github.com/kubernetes/api/tree/master/core/v1
 */
const KINDS: Record<string, Fields> = {
  SelfSubjectAccessReview: {
    2: message('spec', {
      1: message('resourceAttributes', {
        1: text('namespace'),
        2: text('verb'),
        3: text('group'),
        4: text('version'),
        5: text('resource'),
        6: text('subresource'),
        7: text('name'),
      }),
    }),
  },
  SelfSubjectReview: {},
  Namespace: { 1: METADATA },
  ServiceAccount: { 1: METADATA },
  Secret: { 1: METADATA, 2: { name: 'data', type: 'bytes-by-name' }, 3: text('type'), 4: map('stringData') },
  ConfigMap: { 1: METADATA, 2: map('data'), 3: { name: 'binaryData', type: 'bytes-by-name' } },
  Deployment: DEPLOYMENT,
  DeleteOptions: { 1: number('gracePeriodSeconds'), 4: text('propagationPolicy') },
  RoleBinding: {
    1: METADATA,
    2: messages('subjects', { 1: text('kind'), 2: text('apiGroup'), 3: text('name'), 4: text('namespace') }),
    3: message('roleRef', { 1: text('apiGroup'), 2: text('kind'), 3: text('name') }),
  },
};

/** After these four bytes comes an envelope: the object's type, and its bytes. */
const MAGIC = Buffer.from('k8s\0');

/** The object that a Protobuf body stands for. @throws ApiError 415 for a kind that the double reads as JSON alone */
export function readProtobuf(body: Buffer): Record<string, unknown> {
  const envelope = [...wireFields(body.subarray(MAGIC.length))];
  const type = readMessage(bytesOf(envelope, 1), { 1: text('apiVersion'), 2: text('kind') });
  const fields = KINDS[String(type.kind)];
  if (!fields) throw apiError(415, `the fake cluster reads a ${String(type.kind)} as JSON or YAML alone`);
  return { ...type, metadata: {}, ...readMessage(bytesOf(envelope, 2), fields) };
}

function bytesOf(fields: readonly WireField[], number: number): Buffer {
  return fields.find((field) => field.number === number)?.bytes ?? Buffer.alloc(0);
}

/** Empty texts, and numbers and flags of no bytes, are what was not said. */
function readMessage(bytes: Buffer, fields: Fields): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const wire of wireFields(bytes)) {
    const field = fields[wire.number];
    if (!field || (wire.bytes.length === 0 && field.type === 'text')) continue;
    if (field.type === 'inline') Object.assign(result, readMessage(wire.bytes, field.fields));
    else result[field.name] = readField(field, wire, result[field.name]);
  }
  return result;
}

type Named = Exclude<Field, { type: 'inline' }>;

function readField(field: Named, { bytes, value }: WireField, before: unknown): unknown {
  switch (field.type) {
    case 'text':
      return bytes.toString();
    case 'bytes':
      return bytes.toString('base64');
    case 'number':
      return value;
    case 'flag':
      return value === 1;
    case 'texts':
      return [...((before as string[] | undefined) ?? []), bytes.toString()];
    case 'message':
      return readMessage(bytes, field.fields);
    case 'messages':
      return [...((before as object[] | undefined) ?? []), readMessage(bytes, field.fields)];
    case 'texts-by-name':
    case 'bytes-by-name':
    case 'quantities': {
      const entry = [...wireFields(bytes)];
      const content = bytesOf(entry, 2);
      const read = {
        'texts-by-name': () => content.toString(),
        'bytes-by-name': () => content.toString('base64'),
        quantities: () => bytesOf([...wireFields(content)], 1).toString(),
      }[field.type]();
      return { ...(before as object), [bytesOf(entry, 1).toString()]: read };
    }
  }
}

interface WireField {
  number: number;
  /** Of what has a length. */
  bytes: Buffer;
  /** Of a number. */
  value: number;
}

/** https://protobuf.dev/programming-guides/encoding/ Numbers of fixed width are passed over: no field above is one. */
function* wireFields(bytes: Buffer): Generator<WireField> {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  const nothing = Buffer.alloc(0);
  while (at < bytes.length) {
    const key = varint();
    const wire = key & 7;
    if (wire === 0) yield { number: key >>> 3, bytes: nothing, value: varint() };
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else {
      const length = varint();
      yield { number: key >>> 3, bytes: bytes.subarray(at, at + length), value: 0 };
      at += length;
    }
  }
}
