import type { Type } from 'protobufjs/light.js';

/** `name: [number, type]`; a type that starts with `*` is repeated. Fields that nobody reads are left out. */
export type Messages = Record<string, Record<string, readonly [number, string]>>;

/** One of the described messages. A field that was sent is there, also when it is zero. The library is loaded with the first use. */
export async function messageType(messages: Messages, name: string): Promise<Type> {
  const { default: protobuf } = await import('protobufjs/light.js');
  const nested = Object.fromEntries(
    Object.entries(messages).map(([message, fields]) => [
      message,
      {
        oneofs: Object.fromEntries(
          Object.entries(fields)
            .filter(([, [, type]]) => !type.startsWith('*'))
            .map(([field]) => [`_${field}`, { oneof: [field] }]),
        ),
        fields: Object.fromEntries(
          Object.entries(fields).map(([field, [id, type]]) => [
            field,
            type.startsWith('*') ? { id, type: type.slice(1), rule: 'repeated' } : { id, type },
          ]),
        ),
      },
    ]),
  );
  return protobuf.Root.fromJSON({ nested }).lookupType(name);
}
