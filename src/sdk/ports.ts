import { z } from 'zod';
import type { Binding, PortType } from '../domains/pipelines/schema/graph.ts';
import type { DatasetRef, FileRef, ModelRef } from '../domains/pipelines/schema/refs.ts';

export type { DatasetRef, FileRef, ModelRef };

/** JSON that a zod schema describes. */
export interface ValuePort<S extends z.ZodType = z.ZodType> {
  kind: 'value';
  schema: S;
}
export interface FilePort {
  kind: 'file';
}
export interface DatasetPort {
  kind: 'dataset';
}
export interface ModelPort {
  kind: 'model';
}
export type Port = ValuePort | FilePort | DatasetPort | ModelPort;

/** An output or input of JSON, checked with `schema` on both sides. */
export const value = <S extends z.ZodType>(schema: S): ValuePort<S> => ({ kind: 'value', schema });
/** The bytes of a file; kept by digest, so that the same bytes are the same input. */
export const file = (): FilePort => ({ kind: 'file' });
/** A reference to one version of a dataset: `{ name, version, digest }`. */
export const dataset = (): DatasetPort => ({ kind: 'dataset' });
/** A reference to a registered model version `{ name, version }` or to a logged model `{ model_id }`. */
export const model = (): ModelPort => ({ kind: 'model' });

/** A file input as `run` gets it: fetched to `path`. */
export interface FileInput extends FileRef {
  path: string;
}
/** A file output as `run` returns it: a path, bytes, or either with a name. */
export type FileOutput =
  | string
  | Uint8Array
  | { path: string; name?: string }
  | { bytes: Uint8Array; name?: string };

/** What travels along an edge, as the pipeline's author sees it. */
export type Carried<P> =
  P extends ValuePort<infer S>
    ? z.output<S>
    : P extends FilePort
      ? FileRef
      : P extends DatasetPort
        ? DatasetRef
        : P extends ModelPort
          ? ModelRef
          : never;
/** What `run` gets for an input. */
export type Received<P> = P extends FilePort ? FileInput : Carried<P>;
/** What `run` returns for an output. */
export type Returned<P> =
  P extends ValuePort<infer S>
    ? z.input<S>
    : P extends FilePort
      ? FileOutput
      : P extends DatasetPort
        ? { name: string; version: string | number; digest?: string | null }
        : Carried<P>;

/** Something that is known only when the pipeline runs: a parameter or an output. */
export interface Handle<T = unknown> {
  readonly binding: Binding;
  /** A part of it, by key. */
  get<K extends keyof T & string>(key: K): Handle<T[K]>;
  readonly __type?: T;
}

export function handle<T>(binding: Binding): Handle<T> {
  return {
    binding,
    get: (key) => {
      if (binding.from === 'literal' || binding.from === 'list')
        throw new Error(`'${key}' cannot be taken from a literal or a list.`);
      return handle({ ...binding, path: [...binding.path, key] });
    },
  };
}

export const isHandle = (thing: unknown): thing is Handle =>
  typeof thing === 'object' && thing !== null && 'binding' in thing && 'get' in thing;

/** What may be connected to an input: a handle, a value that is known now, or a list of either. */
export type Wire<T> = Handle<T> | T | (T extends readonly (infer E)[] ? readonly Wire<E>[] : never);

export function toBinding(wire: unknown): Binding {
  if (isHandle(wire)) return wire.binding;
  if (Array.isArray(wire) && wire.some(holdsHandle)) return { from: 'list', items: wire.map(toBinding) };
  if (holdsHandle(wire))
    throw new Error('A handle cannot sit inside an object; give it an input of its own.');
  return { from: 'literal', value: wire };
}

function holdsHandle(wire: unknown): boolean {
  if (isHandle(wire)) return true;
  if (Array.isArray(wire)) return wire.some(holdsHandle);
  return typeof wire === 'object' && wire !== null && Object.values(wire).some(holdsHandle);
}

export function portType(port: Port, io: 'input' | 'output'): PortType {
  if (port.kind !== 'value') return { kind: port.kind };
  return { kind: 'value', schema: jsonSchema(port.schema, io) };
}

export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
