import { parse } from 'yaml';
import type { ColumnType, Signature as Columns } from '../../runtimes/signature.ts';
import type { ColumnSpec, Signature } from './schema.ts';

interface WrittenSpec {
  name?: string;
  type?: string;
  required?: boolean;
  'tensor-spec'?: { dtype: string; shape: number[] };
}

/** The signature in an `MLmodel` file, or undefined when the model states none (or the file is not one). */
export function parseSignature(mlmodel: string): Signature | undefined {
  const document = readYaml(mlmodel);
  const signature = document?.signature as Record<string, unknown> | undefined;
  const inputs = readSpecs(signature?.inputs);
  if (!inputs) return undefined;
  return { inputs, outputs: readSpecs(signature?.outputs), params: readParams(signature?.params) };
}

const COLUMN_TYPES: readonly string[] = [
  'boolean',
  'integer',
  'long',
  'float',
  'double',
  'string',
  'datetime',
] satisfies ColumnType[];

/** The signature as named columns, or undefined when the model takes tensors, arrays or objects instead. */
export function columnsOf({ inputs, outputs }: Signature): Columns | undefined {
  const plain = [...inputs, ...(outputs ?? [])].every((spec) => COLUMN_TYPES.includes(spec.type));
  if (!plain || inputs.some((spec) => spec.name === undefined)) return undefined;
  return {
    inputs: inputs.map((spec) => ({
      name: spec.name ?? '',
      type: spec.type as ColumnType,
      required: spec.required,
    })),
    outputs: (outputs ?? []).map((spec) => ({
      type: spec.type as ColumnType,
      ...(spec.name === undefined ? {} : { name: spec.name }),
    })),
  };
}

/** Names of the flavors in an `MLmodel` file: `sklearn`, `onnx`, `python_function` … */
export function parseFlavors(mlmodel: string): string[] {
  const flavors = readYaml(mlmodel)?.flavors;
  return flavors && typeof flavors === 'object' ? Object.keys(flavors) : [];
}

function readYaml(text: string): Record<string, unknown> | undefined {
  try {
    const document = parse(text, { maxAliasCount: 10 }) as unknown;
    return document && typeof document === 'object' ? (document as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** MLflow writes each side as a JSON text. */
function readJson(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function readSpecs(text: unknown): ColumnSpec[] | undefined {
  const specs = readJson(text);
  if (!Array.isArray(specs)) return undefined;
  return (specs as WrittenSpec[]).map((spec) => ({
    name: spec.name,
    type: spec.type ?? 'tensor',
    required: spec.required ?? true,
    ...(spec['tensor-spec'] ? { tensor: spec['tensor-spec'] } : {}),
  }));
}

function readParams(text: unknown): Signature['params'] {
  const params = readJson(text);
  if (!Array.isArray(params)) return [];
  return (params as { name: string; type?: string; dtype?: string; default?: unknown }[]).map((param) => ({
    name: param.name,
    type: param.type ?? param.dtype ?? 'string',
    default: param.default,
  }));
}
