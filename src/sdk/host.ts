import { mkdirSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { DatasetRef, ModelRef } from '../domains/pipelines/schema/refs.ts';
import type { BundleHost, ChildJob } from '../launchers/protocol.ts';
import { type AnyStep, inputPort } from './declared.ts';
import { type GraphDraft, isPipeline, type Pipeline } from './pipeline.ts';
import type { FileOutput, Port } from './ports.ts';
import { Rondo } from './rondo.ts';
import type { StepContext } from './step.ts';

/** What a bundle offers: the graphs of the file's pipelines, and a way to run one of their steps. */
export interface Host extends BundleHost {
  graphs(): GraphDraft[];
}

/** Made by the bundle's entry from everything a pipeline file exports. */
export function hostOf(exported: Record<string, unknown>): Host {
  const pipelines = [...new Set(Object.values(exported).filter(isPipeline))];
  return {
    graphs: () => pipelines.map((pipeline) => pipeline.graph()),
    async run(job, io) {
      const step = stepOf(pipelines, job);
      const outputFolder = join(job.workdir, 'outputs');
      mkdirSync(outputFolder, { recursive: true });
      const result = await step.options.run(contextOf(step, job, io, outputFolder) as never);
      return outputsOf(step, result, outputFolder);
    },
  };
}

class OutputError extends Error {
  readonly code = 'STEP_OUTPUT';
}

function stepOf(pipelines: Pipeline[], { spec }: ChildJob): AnyStep {
  const pipeline = pipelines.find((one) => one.name === spec.pipeline);
  const step = pipeline?.step(spec.step);
  if (!step) throw new Error(`The bundle has no step '${spec.step}' of pipeline '${spec.pipeline}'.`);
  return step;
}

function contextOf(
  step: AnyStep,
  job: ChildJob,
  io: Parameters<BundleHost['run']>[1],
  outputFolder: string,
): StepContext<Record<string, z.ZodType>> {
  const { spec } = job;
  return {
    inputs: inputsOf(step, job.inputs),
    params: spec.params,
    rondo: new Rondo({ url: job.url, token: job.token, project: spec.project }),
    log: (...parts) => console.log(...parts),
    progress: (part, text) => io.progress(Math.min(1, Math.max(0, part)), text ?? null),
    attempt: {
      number: spec.attempt,
      key: spec.key,
      pipeline: spec.pipeline,
      run: spec.run,
      runNumber: spec.run_number,
      step: spec.step,
      stepRun: spec.step_run,
    },
    signal: io.signal,
    workdir: job.workdir,
    output: (name) => join(outputFolder, name.replace(/[^\w.-]/g, '_')),
  };
}

function inputsOf(step: AnyStep, given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(step.options.in ?? {}).map(([name, spec]) => {
      const port = inputPort(spec);
      if (port.kind !== 'value') return [name, given[name]];
      const parsed = port.schema.safeParse(given[name]);
      if (parsed.success) return [name, parsed.data];
      throw new Error(
        `Input '${name}' of step '${step.stepName}' does not fit its schema: ${z.prettifyError(parsed.error)}`,
      );
    }),
  );
}

function outputsOf(step: AnyStep, result: unknown, folder: string): Record<string, unknown> {
  const ports = step.options.out ?? {};
  const given = (result ?? {}) as Record<string, unknown>;
  if (typeof given !== 'object' || Array.isArray(given))
    throw new OutputError(
      `Step '${step.stepName}' returned ${Array.isArray(given) ? 'an array' : typeof given}; it must return an object with its outputs.`,
    );
  const unknown = Object.keys(given).filter((name) => !(name in ports));
  if (unknown.length > 0)
    throw new OutputError(
      `Step '${step.stepName}' returned '${unknown.join("', '")}', which it does not declare in 'out'.`,
    );
  return Object.fromEntries(
    Object.entries(ports).map(([name, port]) => {
      if (given[name] === undefined)
        throw new OutputError(`Step '${step.stepName}' did not return its output '${name}'.`);
      return [name, outputOf(step.stepName, name, port, given[name], folder)];
    }),
  );
}

function outputOf(step: string, name: string, port: Port, given: unknown, folder: string): unknown {
  if (port.kind === 'file') return fileOf(name, given as FileOutput, folder);
  const schema = port.kind === 'value' ? port.schema : port.kind === 'dataset' ? DatasetRef : ModelRef;
  const parsed = schema.safeParse(given);
  if (!parsed.success)
    throw new OutputError(
      `Output '${name}' of step '${step}' does not fit: ${z.prettifyError(parsed.error)}`,
    );
  const text = JSON.stringify(parsed.data, (_, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new OutputError(`Output '${name}' of step '${step}' holds ${value}, which JSON cannot carry.`);
    return value;
  });
  return JSON.parse(text) as unknown;
}

function fileOf(name: string, given: FileOutput, folder: string): { path: string; name?: string } {
  if (typeof given === 'string') return { path: absolute(name, given) };
  if (given instanceof Uint8Array || 'bytes' in given) {
    const path = join(folder, `${name}.bytes`);
    const bytes = given instanceof Uint8Array ? given : given.bytes;
    writeFileSync(path, bytes);
    return { path, name: given instanceof Uint8Array ? name : (given.name ?? name) };
  }
  return { ...given, path: absolute(name, given.path) };
}

function absolute(name: string, path: string): string {
  if (typeof path !== 'string') throw new OutputError(`Output '${name}' is no file: return a path or bytes.`);
  return isAbsolute(path) ? path : join(process.cwd(), path);
}
